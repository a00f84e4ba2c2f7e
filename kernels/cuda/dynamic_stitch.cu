// DynamicStitch and ParallelDynamicStitch (ops/dynamic_stitch.cc). Of several rows for one place
// the last stays, whatever the order in which threads arrive.

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/dynamic_util.h"
#include "weir/kernels/cuda/rows_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// Rows are counted through all pieces, from 1 on. What a piece's indices have of interest:
struct Found {
  uint32_t rows;      // 1 + the largest index.
  uint32_t negative;  // The complement of the first row with a negative index.
};

__global__ void FindLargestKernel(const int32_t* indices, int64_t n, uint32_t first, Found* found) {
  uint32_t rows = 0;
  for (int64_t i = ThreadNumber(); i < n; i += ThreadCount()) {
    if (indices[i] < 0) {
      atomicMax(&found->negative, ~(first + static_cast<uint32_t>(i)));
    } else if (static_cast<uint32_t>(indices[i]) >= rows) {
      rows = static_cast<uint32_t>(indices[i]) + 1;
    }
  }
  for (int d = 16; d > 0; d /= 2) {
    const uint32_t other = __shfl_xor_sync(0xffffffffu, rows, d);
    if (other > rows) rows = other;
  }
  if (threadIdx.x % 32 == 0 && rows > 0) atomicMax(&found->rows, rows);
}

// last[place] = the last row for it.
struct FindLast {
  const int32_t* indices;
  uint32_t first;
  uint32_t* last;

  __device__ void operator()(int64_t i) const {
    atomicMax(last + indices[i], first + static_cast<uint32_t>(i));
  }
};

template <typename W>
struct CopyLast {
  struct Row {
    const W* from;
    W* to;  // nullptr: another row goes there.
  };

  const int32_t* indices;
  uint32_t first;
  const uint32_t* last;
  const W* data;
  W* out;
  int64_t width;

  __device__ Row RowAt(int64_t i) const {
    const bool stays = last[indices[i]] == first + static_cast<uint32_t>(i);
    return {data + i * width, stays ? out + indices[i] * width : nullptr};
  }
  __device__ void operator()(const Row& row, int64_t i) const {
    if (row.to != nullptr) row.to[i] = row.from[i];
  }
};

// Zeros where no row goes.
template <typename W>
struct FillGaps {
  const uint32_t* last;
  W* out;
  int64_t width;

  __device__ W* RowAt(int64_t place) const {
    return last[place] == 0 ? out + place * width : nullptr;
  }
  __device__ void operator()(W* row, int64_t i) const {
    if (row != nullptr) row[i] = W{};
  }
};

// One run: the pieces are inputs [0, n), with their data behind.
class Stitch {
 public:
  Stitch(KernelRun& r, int n, const Shape& row) : r_(r), n_(n), row_(row) {}

  absl::Status Run(Found* found) {
    RETURN_IF_ERROR(ForEach(r_, 1, SetTo<Found>{found, {0, 0}}));
    RETURN_IF_ERROR(ForEachPiece([&](int i, int64_t count, uint32_t first) {
      return Launch(r_, FindLargestKernel, BlocksFor(count), kBlockThreads, Indices(i), count,
                    first, found);
    }));
    ASSIGN_OR_RETURN(const Found here, ReadBack(r_, found));
    if (here.negative != 0) return NegativeError(~here.negative);
    ASSIGN_OR_RETURN(const Shape shape, ShapeOfRows(here.rows, row_.dims()));
    RETURN_IF_ERROR(r_.AllocateOutput(0, r_.In(n_).dtype(), shape));
    return r_.Out(0).bytes() == 0 ? absl::OkStatus() : CopyRows(here.rows);
  }

 private:
  const int32_t* Indices(int piece) const { return r_.In<int32_t>(piece); }

  template <typename F>
  absl::Status ForEachPiece(const F& f) const {
    uint32_t first = 1;
    for (int i = 0; i < n_; ++i) {
      const int64_t count = r_.In(i).num_elements();
      if (count > 0) RETURN_IF_ERROR(f(i, count, first));
      first += static_cast<uint32_t>(count);
    }
    return absl::OkStatus();
  }

  absl::Status NegativeError(uint32_t row) const {
    return ForEachPiece([&](int i, int64_t count, uint32_t first) -> absl::Status {
      const int64_t at = int64_t{row} - first;
      if (at < 0 || at >= count) return absl::OkStatus();
      ASSIGN_OR_RETURN(const int32_t index, ReadBack(r_, Indices(i) + at));
      return InvalidArgument(ElementName(absl::StrCat("indices[", i, "]"), r_.In(i).shape(), at),
                             " = ", index, " is not in [0, ", int64_t{1} << 31, ")");
    });
  }

  absl::Status CopyRows(int64_t rows) const {
    ASSIGN_OR_RETURN(Tensor last_of, Tensor::Make(DT_UINT32, {rows}, r_.allocator()));
    uint32_t* const last = last_of.mutable_data<uint32_t>();
    RETURN_IF_ERROR(ForEach(r_, rows, SetTo<uint32_t>{last, 0}));
    RETURN_IF_ERROR(ForEachPiece([&](int i, int64_t count, uint32_t first) {
      return ForEach(r_, count, FindLast{Indices(i), first, last});
    }));
    Tensor& out = r_.Out(0);
    const int64_t bytes = row_.num_elements() * static_cast<int64_t>(DataTypeSize(out.dtype()));
    int64_t all_bytes = bytes | Address(out.raw_data());
    for (int i = 0; i < n_; ++i) all_bytes |= Address(r_.In(n_ + i).raw_data());
    const int64_t word = WidestWord(all_bytes), width = bytes / word;
    return DispatchWord(word, [&]<typename W>(TypeTag<W>) -> absl::Status {
      W* const to = out.mutable_data<W>();
      RETURN_IF_ERROR(ForEachInRows(r_, rows, width, FillGaps<W>{last, to, width}));
      return ForEachPiece([&](int i, int64_t count, uint32_t first) {
        return ForEachInRows(
            r_, count, width,
            CopyLast<W>{Indices(i), first, last, r_.In(n_ + i).data<W>(), to, width});
      });
    });
  }

  KernelRun& r_;
  const int n_;
  const Shape& row_;
};

absl::Status PrepareDynamicStitch(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const StitchPlan plan, PlanDynamicStitch(k));
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  if ((plan.count + 1) >> 32 != 0) return absl::UnimplementedError("so many rows");
  const size_t found = k.Workspace(sizeof(Found));
  return k.Run([n = k.num_inputs() / 2, row = plan.row, found](KernelRun& r) {
    return Stitch(r, n, row).Run(r.Workspace<Found>(found));
  });
}

}  // namespace

void RegisterDynamicStitchCudaKernels(KernelRegistry& registry) {
  registry.Add("DynamicStitch", "GPU", PrepareDynamicStitch);
  registry.Add("ParallelDynamicStitch", "GPU", PrepareDynamicStitch);
}

}  // namespace weir
