// Reductions of rows by unsorted segments. Segment ids outside the output, which a kernel of the
// GPU cannot report, are left out.

#include "weir/kernels/common/segment_functions.h"
#include "weir/kernels/cpu/segment_util.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/indices_util.h"
#include "weir/kernels/cuda/rows_util.h"

namespace weir {
namespace {

// out[ids[i], j] = R::Combine(out[ids[i], j], data[i, j]), in any order.
template <typename R, typename T>
struct CombineRows {
  using A = ComputeType<T>;
  struct Row {
    A* to;  // nullptr: there is no such segment.
    const T* from;
  };

  const T* data;
  DeviceIndices ids;
  A* out;
  int64_t segments, width;

  __device__ Row RowAt(int64_t i) const {
    const int64_t id = ids[i];
    return {id < 0 || id >= segments ? nullptr : out + id * width, data + i * width};
  }
  __device__ void operator()(const Row& row, int64_t j) const {
    if (row.to == nullptr) return;
    const A v = A(row.from[j]);
    if constexpr (std::is_same_v<R, SumReduction> && kHasAtomicAdd<A>) {
      AtomicAdd(row.to + j, v);
    } else {
      AtomicCombine<R>(row.to + j, v);
    }
  }
};

template <typename T>
struct Narrow {
  const float* sums;
  T* out;

  __device__ void operator()(int64_t i) const { out[i] = T(sums[i]); }
};

template <typename R, typename T>
absl::Status RunUnsorted(const KernelRun& r, const UnsortedSegments& shape, ComputeType<T>* out) {
  using A = ComputeType<T>;
  const int64_t n = shape.segments * shape.width;
  RETURN_IF_ERROR(ForEach(r, n, SetTo<A>{out, A(R::template Empty<T>())}));
  const CombineRows<R, T> combine{reinterpret_cast<const T*>(r.In(0).raw_data()),
                                  DeviceIndices(r.In(1)), out, shape.segments, shape.width};
  return ForEachInRows(r, shape.n, shape.width, combine);
}

template <typename R, typename T>
absl::Status PrepareUnsorted(KernelPrepare& k) {
  using A = ComputeType<T>;
  ASSIGN_OR_RETURN(const UnsortedSegments shape, PrepareUnsortedSegments(k));
  if constexpr (std::is_same_v<A, T>) {
    return k.Run([shape](KernelRun& r) {
      return RunUnsorted<R, T>(r, shape, reinterpret_cast<T*>(r.Out(0).mutable_raw_data()));
    });
  } else {
    // 16-bit results are made in float, in the workspace.
    const int64_t n = k.Out(0).shape.num_elements();
    const size_t wide = k.Workspace(static_cast<size_t>(n) * sizeof(A));
    return k.Run([shape, n, wide](KernelRun& r) -> absl::Status {
      A* const out = r.Workspace<A>(wide);
      RETURN_IF_ERROR((RunUnsorted<R, T>(r, shape, out)));
      return ForEach(r, n, Narrow<T>{out, reinterpret_cast<T*>(r.Out(0).mutable_raw_data())});
    });
  }
}

template <typename R>
void Add(KernelRegistry& registry, const char* op) {
  registry.Add(op, "GPU", [](KernelPrepare& k) {
    return DispatchReal(k.In(0).dtype(),
                        [&]<typename T>(TypeTag<T>) { return PrepareUnsorted<R, T>(k); });
  });
}

}  // namespace

void RegisterSegmentCudaKernels(KernelRegistry& registry) {
  Add<SumReduction>(registry, "UnsortedSegmentSum");
  Add<ProdReduction>(registry, "UnsortedSegmentProd");
  Add<MaxReduction>(registry, "UnsortedSegmentMax");
  Add<MinReduction>(registry, "UnsortedSegmentMin");
}

}  // namespace weir
