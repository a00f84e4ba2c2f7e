#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "weir/kernels/common/segment_functions.h"
#include "weir/kernels/cpu/index_util.h"
#include "weir/kernels/cpu/segment_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// All segment ops bring their rows into groups, each of which gives one row of the output, and then
// reduce group by group: the order of summation does not depend on threads.

// Group g takes data rows rows[begins[g]], ..., rows[begins[g + 1] - 1] to output row ids[g].
struct Groups {
  int64_t count = 0;
  const int64_t* begins = nullptr;  // count + 1 entries.
  const int64_t* ids = nullptr;     // Increasing; nullptr: group g is output row g.
  const int64_t* rows = nullptr;    // nullptr: entry i is data row i.
  const double* weights = nullptr;  // Factor of entry i; nullptr: 1.
};

template <typename T>
using Accumulator =
    std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;

template <typename A>
A Divide(const A& sum, int64_t n, SegmentNorm norm) {
  if (norm == SegmentNorm::kNone) return sum;
  if constexpr (std::is_integral_v<A>) {
    if constexpr (std::is_signed_v<A>) return static_cast<A>(static_cast<int64_t>(sum) / n);
    return static_cast<A>(static_cast<uint64_t>(sum) / static_cast<uint64_t>(n));
  } else {
    const double count = static_cast<double>(n);
    const double divisor = norm == SegmentNorm::kCount ? count : std::sqrt(count);
    if constexpr (std::is_floating_point_v<A>) {
      return sum / static_cast<A>(divisor);
    } else {
      return sum / static_cast<typename A::value_type>(divisor);
    }
  }
}

// Reduces the rows of one group, a few columns at a time so that the sums stay in the cache.
template <typename T, typename R>
void ReduceGroup(const Groups& groups, int64_t g, int64_t width, SegmentNorm norm, const T* data,
                 T* out) {
  using A = Accumulator<T>;
  constexpr int64_t kColumns = 256;
  A sums[kColumns];
  const int64_t begin = groups.begins[g], end = groups.begins[g + 1];
  for (int64_t from = 0; from < width; from += kColumns) {
    const int64_t n = std::min(kColumns, width - from);
    for (int64_t i = begin; i < end; ++i) {
      const T* row = data + (groups.rows ? groups.rows[i] : i) * width + from;
      if (groups.weights != nullptr) {
        if constexpr (std::is_floating_point_v<T>) {
          const T weight = static_cast<T>(groups.weights[i]);
          if (i == begin) std::fill_n(sums, n, A(0));
          for (int64_t j = 0; j < n; ++j) sums[j] += row[j] * weight;
        }
      } else if (i == begin) {
        for (int64_t j = 0; j < n; ++j) sums[j] = static_cast<A>(row[j]);
      } else {
        for (int64_t j = 0; j < n; ++j) sums[j] = R::Combine(sums[j], static_cast<A>(row[j]));
      }
    }
    for (int64_t j = 0; j < n; ++j)
      out[from + j] = static_cast<T>(Divide(sums[j], end - begin, norm));
  }
}

// Writes all `num_rows` rows of the output; those without entries become `empty`.
template <typename T, typename R>
void ReduceGroups(const KernelRun& r, const Groups& groups, int64_t width, int64_t num_rows,
                  const T& empty, SegmentNorm norm, const T* data, T* out) {
  if (num_rows == 0 || width == 0) return;
  const auto fill = [&](int64_t from, int64_t to) {
    std::fill(out + from * width, out + to * width, empty);
  };
  const auto row_of = [&](int64_t g) { return groups.ids ? groups.ids[g] : g; };
  const int64_t entries = groups.begins[groups.count];
  const double cost = static_cast<double>(width) *
                      (1.0 + static_cast<double>(entries) /
                                 static_cast<double>(std::max<int64_t>(groups.count, 1)));
  r.ParallelFor(groups.count, cost, [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) {
      const int64_t row = row_of(g);
      fill(g == 0 ? 0 : row_of(g - 1) + 1, row);
      if (groups.begins[g] == groups.begins[g + 1]) {
        fill(row, row + 1);
      } else {
        ReduceGroup<T, R>(groups, g, width, norm, data, out + row * width);
      }
    }
  });
  fill(groups.count == 0 ? 0 : row_of(groups.count - 1) + 1, num_rows);
}

// Groups entries 0 <= i < n by keys[i] in [0, num_keys), keeping their order; negative keys are
// left out. `begins` has room for num_keys + 1 entries, `order` for n.
void SortByKey(const int64_t* keys, int64_t n, int64_t num_keys, int64_t* begins, int64_t* order) {
  std::fill_n(begins, num_keys + 1, 0);
  for (int64_t i = 0; i < n; ++i) {
    if (keys[i] >= 0) ++begins[keys[i]];
  }
  int64_t sum = 0;
  for (int64_t key = 0; key <= num_keys; ++key) {
    sum += begins[key];
    begins[key] = sum;  // The end of the key's entries, from which they are filled backwards.
  }
  for (int64_t i = n - 1; i >= 0; --i) {
    if (keys[i] >= 0) order[--begins[keys[i]]] = i;
  }
}

// Groups n entries by ids that do not decrease. `begins` has room for n + 1 entries; the ids of the
// groups are written over `ids`.
absl::StatusOr<Groups> GroupSorted(int64_t* ids, int64_t n, int64_t* begins) {
  Groups groups;
  for (int64_t i = 0; i < n; ++i) {
    if (ids[i] < 0) return InvalidArgument("segment ids must be >= 0");
    if (ids[i] == std::numeric_limits<int64_t>::max()) {
      return InvalidArgument("segment id ", ids[i], " is too large");
    }
    if (groups.count > 0 && ids[i] < ids[groups.count - 1]) {
      return InvalidArgument("segment ids are not increasing");
    }
    if (groups.count > 0 && ids[i] == ids[groups.count - 1]) continue;
    begins[groups.count] = i;
    ids[groups.count++] = ids[i];
  }
  begins[groups.count] = n;
  groups.begins = begins;
  groups.ids = ids;
  return groups;
}

size_t IntWorkspace(KernelPrepare& k, int64_t n) {
  return k.Workspace(sizeof(int64_t) * static_cast<size_t>(n));
}

template <typename R, typename F>
absl::Status DispatchFor(DataType dtype, F&& f) {
  constexpr bool kOrders = std::is_same_v<R, MaxReduction> || std::is_same_v<R, MinReduction>;
  if constexpr (kOrders) {
    return DispatchReal(dtype, f);
  } else {
    return DispatchNumbers(dtype, f);
  }
}

template <typename R>
absl::Status PrepareUnsorted(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const UnsortedSegments shape, PrepareUnsortedSegments(k));
  const int64_t n = shape.n, width = shape.width, segments = shape.segments;
  // Without columns there may be any number of segments, and nothing to sort.
  const int64_t keys = width == 0 ? 0 : segments;
  const size_t ids_at = IntWorkspace(k, n), order_at = IntWorkspace(k, n);
  const size_t begins_at = IntWorkspace(k, keys + 1);
  return DispatchFor<R>(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      int64_t* segment = r.Workspace<int64_t>(ids_at);
      ReadIndices(r.In(1), segment);
      for (int64_t i = 0; i < n; ++i) {
        if (segment[i] >= segments) {
          return InvalidArgument(ElementName("segment_ids", r.In(1).shape(), i), " = ", segment[i],
                                 " is out of range [0, ", segments, ")");
        }
      }
      if (width == 0) return absl::OkStatus();
      int64_t* begins = r.Workspace<int64_t>(begins_at);
      int64_t* order = r.Workspace<int64_t>(order_at);
      SortByKey(segment, n, keys, begins, order);
      ReduceGroups<T, R>(r, {.count = keys, .begins = begins, .rows = order}, width, segments,
                         R::template Empty<T>(), SegmentNorm::kNone, r.In<T>(0), r.Out<T>(0));
      return absl::OkStatus();
    });
  });
}

// Rows that nobody names: 0, but 1 in a product.
template <typename R, typename T>
T EmptyOfSorted() {
  return std::is_same_v<R, ProdReduction> ? T(1.0f) : T(0.0f);
}

template <typename R>
PrepareFn Sorted(SegmentNorm norm) {
  return [norm](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(CheckSortedSegments(k));
    const Shape data = k.In(0).shape();
    const int64_t n = data.dim(0);
    k.Out(0).Unsized();
    const size_t ids_at = IntWorkspace(k, n), begins_at = IntWorkspace(k, n + 1);
    return DispatchFor<R>(k.OutType(0), [&]<typename T>(TypeTag<T>) {
      return k.Run([=](KernelRun& r) -> absl::Status {
        int64_t* segment = r.Workspace<int64_t>(ids_at);
        ReadIndices(r.In(1), segment);
        ASSIGN_OR_RETURN(const Groups groups,
                         GroupSorted(segment, n, r.Workspace<int64_t>(begins_at)));
        const int64_t rows = groups.count == 0 ? 0 : groups.ids[groups.count - 1] + 1;
        ASSIGN_OR_RETURN(const Shape output, ShapeWithRows(rows, data, 1));
        RETURN_IF_ERROR(r.AllocateOutput(0, kDTypeOf<T>, output));
        ReduceGroups<T, R>(r, groups, data.Count(1, data.rank()), rows, EmptyOfSorted<R, T>(), norm,
                           r.In<T>(0), r.Out<T>(0));
        return absl::OkStatus();
      });
    });
  };
}

// Rows data[indices[i]], grouped by ids that do not decrease.
PrepareFn SparseSegment(SegmentNorm norm) {
  return [norm](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(CheckSparseSegments(k));
    const Shape data = k.In(0).shape();
    const int64_t n = k.In(1).shape().dim(0);
    int64_t given_rows = -1;
    if (k.num_inputs() == 4) {
      ASSIGN_OR_RETURN(given_rows, PrepareGivenRows(k));
    } else {
      k.Out(0).Unsized();
    }
    const size_t rows_at = IntWorkspace(k, n), ids_at = IntWorkspace(k, n);
    const size_t begins_at = IntWorkspace(k, n + 1);
    return DispatchReal(k.OutType(0), [&]<typename T>(TypeTag<T>) {
      return k.Run([=](KernelRun& r) -> absl::Status {
        int64_t* rows = r.Workspace<int64_t>(rows_at);
        int64_t* segment = r.Workspace<int64_t>(ids_at);
        RETURN_IF_ERROR(ReadIndices(r.In(1), "indices", data.dim(0), rows));
        ReadIndices(r.In(2), segment);
        ASSIGN_OR_RETURN(Groups groups, GroupSorted(segment, n, r.Workspace<int64_t>(begins_at)));
        groups.rows = rows;
        int64_t num_rows = groups.count == 0 ? 0 : groups.ids[groups.count - 1] + 1;
        if (given_rows < 0) {
          ASSIGN_OR_RETURN(const Shape output, ShapeWithRows(num_rows, data, 1));
          RETURN_IF_ERROR(r.AllocateOutput(0, kDTypeOf<T>, output));
        } else if (num_rows > given_rows) {
          return InvalidArgument("segment ids must be < num_segments");
        } else {
          num_rows = given_rows;
        }
        ReduceGroups<T, SumReduction>(r, groups, data.Count(1, data.rank()), num_rows, T(0.0f),
                                      norm, r.In<T>(0), r.Out<T>(0));
        return absl::OkStatus();
      });
    });
  };
}

// The weights of the entries: one over (the root of) how often their segment occurs.
absl::Status SegmentWeights(const int64_t* segment, int64_t n, int64_t num_segments,
                            SegmentNorm norm, int64_t* counts, double* weights) {
  std::fill_n(counts, num_segments, 0);
  for (int64_t i = 0; i < n; ++i) {
    if (segment[i] < 0 || segment[i] >= num_segments) {
      return InvalidArgument("Segment id ", segment[i], " out of range [0, ", num_segments, ").");
    }
    ++counts[segment[i]];
  }
  for (int64_t i = 0; i < n; ++i) {
    const double count = static_cast<double>(counts[segment[i]]);
    weights[i] = 1.0 / (norm == SegmentNorm::kCount ? count : std::sqrt(count));
  }
  return absl::OkStatus();
}

// Rows grad[segment_ids[i]], weighted, grouped by indices[i].
PrepareFn SparseSegmentGrad(SegmentNorm norm) {
  return [norm](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(CheckSparseSegments(k));
    const Shape& grad = k.In(0).shape();
    ASSIGN_OR_RETURN(const int64_t num_rows, PrepareGivenRows(k));
    const int64_t n = k.In(1).shape().dim(0), segments = grad.dim(0);
    const int64_t width = grad.Count(1, grad.rank());
    if (width == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
    const size_t keys_at = IntWorkspace(k, n), segment_at = IntWorkspace(k, n);
    const size_t order_at = IntWorkspace(k, n), begins_at = IntWorkspace(k, num_rows + 1);
    const size_t counts_at = IntWorkspace(k, segments), entry_weights_at = IntWorkspace(k, n);
    const size_t weights_at = IntWorkspace(k, n);
    return k.ForType<float, double>("T", [&]<typename T>() {
      return k.Run([=](KernelRun& r) -> absl::Status {
        int64_t* keys = r.Workspace<int64_t>(keys_at);
        int64_t* segment = r.Workspace<int64_t>(segment_at);
        int64_t* order = r.Workspace<int64_t>(order_at);
        int64_t* begins = r.Workspace<int64_t>(begins_at);
        double* entry_weights = r.Workspace<double>(entry_weights_at);
        double* weights = r.Workspace<double>(weights_at);
        RETURN_IF_ERROR(ReadIndices(r.In(1), "indices", num_rows, keys));
        ReadIndices(r.In(2), segment);
        RETURN_IF_ERROR(SegmentWeights(segment, n, segments, norm, r.Workspace<int64_t>(counts_at),
                                       entry_weights));
        SortByKey(keys, n, num_rows, begins, order);
        for (int64_t i = 0; i < n; ++i) {
          weights[i] = entry_weights[order[i]];
          order[i] = segment[order[i]];
        }
        ReduceGroups<T, SumReduction>(
            r, {.count = num_rows, .begins = begins, .rows = order, .weights = weights}, width,
            num_rows, T(0), SegmentNorm::kNone, r.In<T>(0), r.Out<T>(0));
        return absl::OkStatus();
      });
    });
  };
}

}  // namespace

void RegisterSegmentKernels(KernelRegistry& kernels) {
  kernels.Add("UnsortedSegmentSum", "CPU", PrepareUnsorted<SumReduction>);
  kernels.Add("UnsortedSegmentProd", "CPU", PrepareUnsorted<ProdReduction>);
  kernels.Add("UnsortedSegmentMax", "CPU", PrepareUnsorted<MaxReduction>);
  kernels.Add("UnsortedSegmentMin", "CPU", PrepareUnsorted<MinReduction>);
  kernels.Add("SegmentSum", "CPU", Sorted<SumReduction>(SegmentNorm::kNone));
  kernels.Add("SegmentMean", "CPU", Sorted<SumReduction>(SegmentNorm::kCount));
  kernels.Add("SegmentProd", "CPU", Sorted<ProdReduction>(SegmentNorm::kNone));
  kernels.Add("SegmentMax", "CPU", Sorted<MaxReduction>(SegmentNorm::kNone));
  kernels.Add("SegmentMin", "CPU", Sorted<MinReduction>(SegmentNorm::kNone));
  for (const SparseSegmentOp& op : kSparseSegmentOps) {
    kernels.Add(op.name, "CPU", SparseSegment(op.norm));
    kernels.Add(absl::StrCat(op.name, "WithNumSegments"), "CPU", SparseSegment(op.norm));
    if (op.norm == SegmentNorm::kNone) continue;
    kernels.Add(absl::StrCat(op.name, "Grad"), "CPU", SparseSegmentGrad(op.norm));
  }
}

}  // namespace weir
