// Reductions of rows by segments whose ids do not decrease, and of rows that indices pick. The rows
// of a segment are combined in an order that depends on their number alone. Indices outside of the
// data, which a kernel of the GPU cannot report, pick zeros; the rows of ids that decrease are
// those that a binary search finds.

#include <bit>

#include "weir/kernels/common/segment_functions.h"
#include "weir/kernels/cpu/segment_util.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/indices_util.h"
#include "weir/kernels/cuda/sort_util.h"

namespace weir {
namespace {

// ---- What is reduced: entries in the order of their segments ----

// Entry i is data row i, or row rows[i].
struct RowsByIds {
  DeviceIndices ids, rows;
  bool picks_rows;
  int64_t data_rows;

  __device__ int64_t Segment(int64_t i) const { return ids[i]; }
  // -1: zeros.
  __device__ int64_t Row(int64_t i) const {
    if (!picks_rows) return i;
    const int64_t row = rows[i];
    return row < 0 || row >= data_rows ? -1 : row;
  }
  template <typename A>
  __device__ A Scaled(A value, int64_t /*row*/) const {
    return value;
  }
};

// Entries sorted by the row of the output that they belong to; each is the row of the gradient of
// its segment, divided by (the root of) how often the segment occurs.
struct GradientsByRows {
  const SortedIndex* entries;
  DeviceIndices segment_ids;
  const int64_t* counts;
  int64_t segments;
  SegmentNorm norm;

  __device__ int64_t Segment(int64_t i) const { return entries[i].value; }
  __device__ int64_t Row(int64_t i) const {
    const int64_t row = segment_ids[entries[i].at];
    return row < 0 || row >= segments ? -1 : row;
  }
  template <typename A>
  __device__ A Scaled(A value, int64_t row) const {
    const A count = static_cast<A>(counts[row]);
    return value * (A(1) / (norm == SegmentNorm::kCount ? count : std::sqrt(count)));
  }
};

// ---- How ----

template <typename T>
struct SegmentArguments {
  const T* data;
  T* out;
  int64_t entries, segments, width;
  ComputeType<T> empty;  // Elements of segments without entries.
  SegmentNorm norm;
};

// How many entries belong to segments below `segment`.
template <typename Source>
__device__ int64_t CountBelow(const Source& source, int64_t entries, int64_t segment) {
  int64_t begin = 0;
  while (entries > 0) {
    const int64_t half = entries / 2;
    if (source.Segment(begin + half) < segment) {
      begin += half + 1;
      entries -= half + 1;
    } else {
      entries = half;
    }
  }
  return begin;
}

template <typename A>
__device__ A Normalized(A sum, int64_t count, SegmentNorm norm) {
  if (norm == SegmentNorm::kNone) return sum;
  if constexpr (std::is_integral_v<A>) {
    return sum / count;
  } else {
    const A n = static_cast<A>(count);
    return sum / (norm == SegmentNorm::kCount ? n : std::sqrt(n));
  }
}

// What a thread makes of every step-th entry of [begin, end) in column j. REQUIRES: begin < end.
template <typename R, typename T, typename Source>
__device__ ComputeType<T> ReduceEntries(const SegmentArguments<T>& a, const Source& source,
                                        int64_t begin, int64_t end, int64_t step, int64_t j) {
  using A = ComputeType<T>;
  A result = A(0);
  for (int64_t i = begin; i < end; i += step) {
    const int64_t row = source.Row(i);
    const A value = row < 0 ? A(0) : source.Scaled(static_cast<A>(a.data[row * a.width + j]), row);
    result = i == begin ? value : R::Combine(result, value);
  }
  return result;
}

// The threads of a block are along columns, entries and segments.
template <typename R, typename T, typename Source>
__global__ void ReduceSegmentsKernel(SegmentArguments<T> a, Source source) {
  using A = ComputeType<T>;
  __shared__ A results[kBlockThreads];
  const unsigned first_thread = threadIdx.z * blockDim.y * blockDim.x + threadIdx.x;
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.z;
  for (int64_t block = static_cast<int64_t>(blockIdx.x) * blockDim.z; block < a.segments;
       block += step) {
    const int64_t segment = block + threadIdx.z;
    const bool exists = segment < a.segments;
    const int64_t begin = exists ? CountBelow(source, a.entries, segment) : 0;
    const int64_t end = exists ? CountBelow(source, a.entries, segment + 1) : 0;
    for (int64_t left = static_cast<int64_t>(blockIdx.y) * blockDim.x; left < a.width;
         left += static_cast<int64_t>(gridDim.y) * blockDim.x) {
      const int64_t j = left + threadIdx.x;
      if (j < a.width && begin + threadIdx.y < end) {
        results[first_thread + threadIdx.y * blockDim.x] =
            ReduceEntries<R>(a, source, begin + threadIdx.y, end, blockDim.y, j);
      }
      __syncthreads();
      if (exists && j < a.width && threadIdx.y == 0) {
        A result = a.empty;
        if (begin < end) {
          result = results[first_thread];
          for (unsigned y = 1; y < blockDim.y && begin + y < end; ++y) {
            result = R::Combine(result, results[first_thread + y * blockDim.x]);
          }
          result = Normalized(result, end - begin, a.norm);
        }
        a.out[segment * a.width + j] = T(result);
      }
      __syncthreads();  // The results have been read.
    }
  }
}

template <typename R, typename T, typename Source>
absl::Status ReduceSegments(const KernelRun& r, const SegmentArguments<T>& a,
                            const Source& source) {
  if (a.segments == 0 || a.width == 0) return absl::OkStatus();
  const auto columns = static_cast<unsigned>(
      std::bit_ceil(static_cast<uint64_t>(std::min<int64_t>(a.width, kBlockThreads))));
  // Segments may be of very different lengths: a few threads more than the mean needs.
  const auto mean = static_cast<uint64_t>(a.entries / a.segments);
  const auto down = static_cast<unsigned>(
      std::min<uint64_t>(kBlockThreads / columns, std::bit_ceil(std::max<uint64_t>(mean, 8))));
  const unsigned deep = kBlockThreads / (columns * down);
  const int64_t blocks = std::min((a.segments + deep - 1) / deep, kMostBlocks);
  const int64_t parts = std::clamp<int64_t>((a.width + columns - 1) / columns, 1,
                                            std::max<int64_t>(1, kMostBlocks / blocks));
  return Launch(r, ReduceSegmentsKernel<R, T, Source>,
                dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(parts)),
                dim3(columns, down, deep), a, source);
}

// ---- The ops ----

// One more than the last of the ids, which the host waits for.
absl::StatusOr<int64_t> ReadNumSegments(const KernelRun& r, const Tensor& ids) {
  if (ids.num_elements() == 0) return 0;
  int64_t last = 0;
  const auto read = [&]<typename I>(TypeTag<I>) -> absl::Status {
    I id = 0;
    RETURN_IF_ERROR(r.allocator().device_memory()->CopyOut(
        &id, ids.data<I>() + ids.num_elements() - 1, sizeof(id)));
    last = id;
    return absl::OkStatus();
  };
  RETURN_IF_ERROR((DispatchType<int32_t, int64_t>(ids.dtype(), read)));
  if (last < 0) return InvalidArgument("segment ids must be >= 0");
  if (last == std::numeric_limits<int64_t>::max()) {
    return InvalidArgument("segment id ", last, " is too large");
  }
  return last + 1;
}

// The segments of input 0 by the ids, of rows that `rows`, if any, picks. Without `given_rows` the
// output is as long as the last id says.
struct SegmentsPlan {
  int ids = 1, rows = -1;
  int64_t given_rows = -1;
  SegmentNorm norm = SegmentNorm::kNone;
};

template <typename R, typename T>
absl::Status RunByIds(KernelRun& r, const SegmentsPlan& plan) {
  const Tensor &data = r.In(0), &ids = r.In(plan.ids);
  int64_t segments = plan.given_rows;
  if (segments < 0) {
    ASSIGN_OR_RETURN(segments, ReadNumSegments(r, ids));
    ASSIGN_OR_RETURN(const Shape output, ShapeWithRows(segments, data.shape(), 1));
    RETURN_IF_ERROR(r.AllocateOutput(0, data.dtype(), output));
  }
  // Segments without rows are ones in a product, and otherwise zeros.
  const SegmentArguments<T> arguments{data.data<T>(),
                                      r.Out<T>(0),
                                      ids.num_elements(),
                                      segments,
                                      data.shape().Count(1, data.rank()),
                                      std::is_same_v<R, ProdReduction> ? 1 : 0,
                                      plan.norm};
  return ReduceSegments<R>(
      r, arguments,
      RowsByIds{DeviceIndices(ids), DeviceIndices(r.In(plan.rows < 0 ? plan.ids : plan.rows)),
                plan.rows >= 0, data.shape().dim(0)});
}

template <typename R>
absl::Status RunForTypes(KernelPrepare& k, const SegmentsPlan& plan) {
  if (plan.given_rows < 0) k.Out(0).Unsized();
  return ForCudaType<Half, BFloat16, float, double, int64_t>(k, [&]<typename T>() {
    return k.Run([plan](KernelRun& r) { return RunByIds<R, T>(r, plan); });
  });
}

template <typename R>
void AddSorted(KernelRegistry& registry, const char* op, SegmentNorm norm) {
  registry.Add(op, "GPU", [norm](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(CheckSortedSegments(k));
    return RunForTypes<R>(k, {.norm = norm});
  });
}

PrepareFn SparseSegment(SegmentNorm norm) {
  return [norm](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(CheckSparseSegments(k));
    SegmentsPlan plan{.ids = 2, .rows = 1, .norm = norm};
    if (k.num_inputs() == 4) {
      ASSIGN_OR_RETURN(plan.given_rows, PrepareGivenRows(k));
    }
    return RunForTypes<SumReduction>(k, plan);
  };
}

struct Clear {
  int64_t* counts;

  __device__ void operator()(int64_t i) const { counts[i] = 0; }
};

struct CountSegments {
  DeviceIndices segment_ids;
  int64_t* counts;
  int64_t segments;

  __device__ void operator()(int64_t i) const {
    const int64_t id = segment_ids[i];
    if (id >= 0 && id < segments) AtomicAdd(counts + id, int64_t{1});
  }
};

struct GradientPlan {
  int64_t rows;  // Of the output.
  SegmentNorm norm;
  size_t sorted, counts;  // In the workspace.
};

template <typename T>
absl::Status RunGradient(const KernelRun& r, const GradientPlan& plan) {
  const Tensor &gradient = r.In(0), &indices = r.In(1);
  const int64_t n = indices.num_elements(), segments = gradient.shape().dim(0);
  const DeviceIndices ids(r.In(2));
  int64_t* const counts = r.Workspace<int64_t>(plan.counts);
  RETURN_IF_ERROR(ForEach(r, segments, Clear{counts}));
  RETURN_IF_ERROR(ForEach(r, n, CountSegments{ids, counts, segments}));
  ASSIGN_OR_RETURN(const SortedIndex* const sorted,
                   SortIndices(r, indices, plan.rows, r.Workspace<SortedIndex>(plan.sorted)));
  const int64_t width = gradient.shape().Count(1, gradient.rank());
  return ReduceSegments<SumReduction>(r,
                                      SegmentArguments<T>{gradient.data<T>(), r.Out<T>(0), n,
                                                          plan.rows, width, 0, SegmentNorm::kNone},
                                      GradientsByRows{sorted, ids, counts, segments, plan.norm});
}

PrepareFn SparseSegmentGrad(SegmentNorm norm) {
  return [norm](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(CheckSparseSegments(k));
    GradientPlan plan{.rows = 0, .norm = norm, .sorted = 0, .counts = 0};
    ASSIGN_OR_RETURN(plan.rows, PrepareGivenRows(k));
    const auto n = static_cast<size_t>(k.In(1).shape().num_elements());
    plan.sorted = k.Workspace(2 * n * sizeof(SortedIndex));
    plan.counts = k.Workspace(static_cast<size_t>(k.In(0).shape().dim(0)) * sizeof(int64_t));
    return k.ForType<float, double>("T", [&]<typename T>() {
      return k.Run([plan](KernelRun& r) { return RunGradient<T>(r, plan); });
    });
  };
}

}  // namespace

void RegisterSortedSegmentCudaKernels(KernelRegistry& registry) {
  AddSorted<SumReduction>(registry, "SegmentSum", SegmentNorm::kNone);
  AddSorted<SumReduction>(registry, "SegmentMean", SegmentNorm::kCount);
  AddSorted<ProdReduction>(registry, "SegmentProd", SegmentNorm::kNone);
  AddSorted<MaxReduction>(registry, "SegmentMax", SegmentNorm::kNone);
  AddSorted<MinReduction>(registry, "SegmentMin", SegmentNorm::kNone);
  for (const SparseSegmentOp& op : kSparseSegmentOps) {
    registry.Add(op.name, "GPU", SparseSegment(op.norm));
    registry.Add(absl::StrCat(op.name, "WithNumSegments"), "GPU", SparseSegment(op.norm));
    if (op.norm == SegmentNorm::kNone) continue;
    registry.Add(absl::StrCat(op.name, "Grad"), "GPU", SparseSegmentGrad(op.norm));
  }
}

}  // namespace weir
