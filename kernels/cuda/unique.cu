// Unique, UniqueWithCounts, their second versions (ops/unique.cc), and ListDiff (ops/where.cc): the
// distinct slices of an array are found through a hash table. Which entry a slice gets depends on
// the order in which threads arrive, but not which slices share one, nor the first of them.

#include <bit>

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/dynamic_util.h"
#include "weir/kernels/cuda/rows_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// Slice i of an array is x[:, i, :].
template <typename W>
struct Slices {
  const W* x;
  SliceView view;
  NumberBits<W> numbers;

  __device__ const W* Row(int64_t o, int64_t slice) const {
    return x + (o * view.length + slice) * view.inner;
  }
  __device__ uint32_t Hash(int64_t slice) const {
    uint64_t hash = 0;
    for (int64_t o = 0; o < view.outer; ++o) {
      const W* const row = Row(o, slice);
      for (int64_t i = 0; i < view.inner; ++i) {
        // The finalizer of MurmurHash3.
        hash = (hash ^ numbers.KeyOf(row[i])) + 0x9e3779b97f4a7c15u;
        hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
        hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
        hash ^= hash >> 33;
      }
    }
    return static_cast<uint32_t>(hash);
  }
  __device__ bool Equal(int64_t slice, const Slices& other, int64_t of_other) const {
    for (int64_t o = 0; o < view.outer; ++o) {
      const W* const a = Row(o, slice);
      const W* const b = other.Row(o, of_other);
      for (int64_t i = 0; i < view.inner; ++i) {
        if (numbers.IsNan(a[i]) || numbers.KeyOf(a[i]) != numbers.KeyOf(b[i])) return false;
      }
    }
    return true;
  }
  // A slice with a NaN equals nothing, not even itself.
  __device__ bool EqualsItself(int64_t slice) const { return Equal(slice, *this, slice); }
};

// A table of slices, with linear probing. An entry is 0, or 1 + the number of a slice in it; `last`
// has the complement of the first slice equal to that.
struct SliceTable {
  static constexpr uint32_t kNowhere = ~uint32_t{0};

  uint32_t* entries;
  uint32_t* last;
  uint32_t mask;

  // The entry of the slice. REQUIRES: it equals itself.
  template <typename W>
  __device__ uint32_t Insert(const Slices<W>& slices, uint32_t slice) const {
    for (uint32_t at = slices.Hash(slice) & mask;; at = (at + 1) & mask) {
      uint32_t there = entries[at];
      if (there == 0) there = atomicCAS(entries + at, 0u, slice + 1);
      if (there != 0 && !slices.Equal(slice, slices, there - 1)) continue;
      if (last[at] < ~slice) atomicMax(last + at, ~slice);
      return at;
    }
  }
  // Whether one of the table's slices equals a slice of another array.
  template <typename W>
  __device__ bool Has(const Slices<W>& slices, const Slices<W>& other, int64_t of_other) const {
    for (uint32_t at = other.Hash(of_other) & mask; entries[at] != 0; at = (at + 1) & mask) {
      if (other.Equal(of_other, slices, entries[at] - 1)) return true;
    }
    return false;
  }
};

// The workspace of a table.
class TablePlan {
 public:
  static constexpr int64_t kMostSlices = int64_t{1} << 30;

  TablePlan(KernelPrepare& k, int64_t slices)
      : size_(static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * slices + 1)))),
        at_(k.Workspace(static_cast<size_t>(2 * size_) * sizeof(uint32_t))) {}

  absl::StatusOr<SliceTable> MakeEmpty(const KernelRun& r) const {
    uint32_t* const entries = r.Workspace<uint32_t>(at_);
    RETURN_IF_ERROR(ForEach(r, 2 * size_, SetTo<uint32_t>{entries, 0}));
    return SliceTable{entries, entries + size_, static_cast<uint32_t>(size_ - 1)};
  }

 private:
  int64_t size_;
  size_t at_;
};

// entry_of[i] = the entry of slice i.
template <typename W>
struct InsertSlice {
  Slices<W> slices;
  SliceTable table;
  uint32_t* entry_of;

  __device__ void operator()(int64_t i) const {
    entry_of[i] = slices.EqualsItself(i) ? table.Insert(slices, static_cast<uint32_t>(i))
                                         : SliceTable::kNowhere;
  }
};

// The first slice that equals slice i.
struct FirstEqual {
  const uint32_t* entry_of;
  const uint32_t* last;

  __device__ int64_t Of(int64_t i) const {
    return entry_of[i] == SliceTable::kNowhere ? i : ~last[entry_of[i]];
  }
  __device__ bool operator()(int64_t i) const { return Of(i) == i; }
};

struct NumberFirst {
  uint32_t* number_of;  // By the slice.
  uint32_t* firsts;     // By the number.

  __device__ void operator()(int64_t i, int64_t number) const {
    number_of[i] = static_cast<uint32_t>(number);
    firsts[number] = static_cast<uint32_t>(i);
  }
};

template <typename I>
struct WriteNumber {
  FirstEqual first;
  const uint32_t* number_of;
  I* numbers;
  I* counts;  // nullptr: not wanted.

  __device__ void operator()(int64_t i) const {
    const uint32_t number = number_of[first.Of(i)];
    numbers[i] = static_cast<I>(number);
    if (counts != nullptr) AtomicAdd(counts + number, I{1});
  }
};

// Rows of the output [outer, count, inner] are those of the input's first slices.
template <typename E>
struct CopyFirst {
  struct Row {
    const E* from;
    E* to;
  };

  const E* x;
  E* y;
  const uint32_t* firsts;
  int64_t length, count, width;

  __device__ Row RowAt(int64_t row) const {
    const int64_t o = row / count, number = row - o * count;
    return {x + (o * length + firsts[number]) * width, y + row * width};
  }
  __device__ void operator()(const Row& row, int64_t i) const { row.to[i] = row.from[i]; }
};

absl::Status CopyDistinct(const KernelRun& r, const SliceView& view, int64_t count,
                          const uint32_t* firsts) {
  const Tensor& x = r.In(0);
  Tensor& y = r.Out(0);
  if (y.bytes() == 0) return absl::OkStatus();
  const int64_t bytes = view.inner * static_cast<int64_t>(DataTypeSize(x.dtype()));
  const int64_t word = WidestWord(bytes, Address(x.raw_data()), Address(y.raw_data()));
  return DispatchWord(word, [&]<typename E>(TypeTag<E>) {
    return ForEachInRows(
        r, view.outer * count, bytes / word,
        CopyFirst<E>{x.data<E>(), y.mutable_data<E>(), firsts, view.length, count, bytes / word});
  });
}

template <typename I>
absl::Status WriteNumbers(KernelRun& r, int64_t length, int64_t count, const FirstEqual& first,
                          const uint32_t* number_of, bool with_counts) {
  I* counts = nullptr;
  if (with_counts) {
    RETURN_IF_ERROR(r.AllocateOutput(2, kDTypeOf<I>, Shape({count})));
    counts = r.Out<I>(2);
    RETURN_IF_ERROR(ForEach(r, count, SetTo<I>{counts, 0}));
  }
  return ForEach(r, length, WriteNumber<I>{first, number_of, r.Out<I>(1), counts});
}

absl::Status PrepareUnique(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const UniquePlan plan, PlanUnique(k));
  const SliceView view = plan.view;
  if (view.length > TablePlan::kMostSlices) return absl::UnimplementedError("so many slices");
  const Shape x = k.In(0).shape();
  const TablePlan table_plan(k, view.length);
  const Compaction compaction(k, view.length);
  const size_t slices_at = k.Workspace(static_cast<size_t>(3 * view.length) * sizeof(uint32_t));
  const DataType index_type = k.OutType(1);
  const bool with_counts = k.num_outputs() == 3;
  return DispatchNumberBits(
      k.In(0).dtype(), [&]<typename W>(const NumberBits<W>& numbers) -> absl::Status {
        return k.Run([=](KernelRun& r) -> absl::Status {
          uint32_t* const entry_of = r.Workspace<uint32_t>(slices_at);
          uint32_t* const number_of = entry_of + view.length;
          uint32_t* const firsts = number_of + view.length;
          ASSIGN_OR_RETURN(const SliceTable table, table_plan.MakeEmpty(r));
          const Slices<W> slices{r.In<W>(0), view, numbers};
          RETURN_IF_ERROR(ForEach(r, view.length, InsertSlice<W>{slices, table, entry_of}));
          const FirstEqual first{entry_of, table.last};
          ASSIGN_OR_RETURN(const int64_t count, compaction.Count(r, first));
          RETURN_IF_ERROR(compaction.ForEachKept(r, first, NumberFirst{number_of, firsts}));
          RETURN_IF_ERROR(r.AllocateOutput(0, r.In(0).dtype(), x.WithDim(plan.axis, count)));
          RETURN_IF_ERROR(CopyDistinct(r, view, count, firsts));
          return DispatchType<int32_t, int64_t>(index_type, [&]<typename I>(TypeTag<I>) {
            return WriteNumbers<I>(r, view.length, count, first, number_of, with_counts);
          });
        });
      });
}

// ---- ListDiff ----

template <typename W>
struct InsertElement {
  Slices<W> elements;
  SliceTable table;

  __device__ void operator()(int64_t i) const {
    if (elements.EqualsItself(i)) table.Insert(elements, static_cast<uint32_t>(i));
  }
};

template <typename W>
struct IsMissing {
  Slices<W> x, y;
  SliceTable of_y;

  __device__ bool operator()(int64_t i) const { return !of_y.Has(y, x, i); }
};

template <typename W, typename I>
struct WriteMissing {
  const W* x;
  W* out;
  I* positions;

  __device__ void operator()(int64_t i, int64_t rank) const {
    out[rank] = x[i];
    positions[rank] = static_cast<I>(i);
  }
};

absl::Status PrepareListDiff(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckListDiff(k));
  const int64_t n = k.In(0).shape().dim(0), known = k.In(1).shape().dim(0);
  if (known > TablePlan::kMostSlices) return absl::UnimplementedError("so many elements");
  const TablePlan table_plan(k, known);
  const Compaction compaction(k, n);
  const DataType type = k.In(0).dtype(), index_type = k.OutType(1);
  return DispatchNumberBits(type, [&]<typename W>(const NumberBits<W>& numbers) -> absl::Status {
    return k.Run([=](KernelRun& r) -> absl::Status {
      const Slices<W> x{r.In<W>(0), {1, n, 1}, numbers}, y{r.In<W>(1), {1, known, 1}, numbers};
      ASSIGN_OR_RETURN(const SliceTable table, table_plan.MakeEmpty(r));
      RETURN_IF_ERROR(ForEach(r, known, InsertElement<W>{y, table}));
      const IsMissing<W> is_missing{x, y, table};
      ASSIGN_OR_RETURN(const int64_t count, compaction.Count(r, is_missing));
      RETURN_IF_ERROR(r.AllocateOutput(0, type, Shape({count})));
      RETURN_IF_ERROR(r.AllocateOutput(1, index_type, Shape({count})));
      return DispatchType<int32_t, int64_t>(index_type, [&]<typename I>(TypeTag<I>) {
        return compaction.ForEachKept(r, is_missing,
                                      WriteMissing<W, I>{x.x, r.Out<W>(0), r.Out<I>(1)});
      });
    });
  });
}

}  // namespace

void RegisterUniqueCudaKernels(KernelRegistry& registry) {
  for (const char* op : {"Unique", "UniqueWithCounts", "UniqueV2", "UniqueWithCountsV2"}) {
    registry.Add(op, "GPU", PrepareUnique);
  }
  registry.Add("ListDiff", "GPU", PrepareListDiff);
}

}  // namespace weir
