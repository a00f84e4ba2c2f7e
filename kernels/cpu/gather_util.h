#ifndef WEIR_KERNELS_CPU_GATHER_UTIL_H_
#define WEIR_KERNELS_CPU_GATHER_UTIL_H_

// Picking slices of an array by index, from tensors and from variables.

#include <functional>

#include "weir/kernels/cpu/index_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

// params seen as [batches, outer, length, slice], indices as [batches, picks], and the output as
// [batches, outer, picks, slice].
struct GatherPlan {
  int64_t batches = 1;
  int64_t outer = 1;
  int64_t length = 1;
  int64_t slice = 1;
  int64_t picks = 1;
  Shape output;
};

// `axis` and `batch_dims` may count from the end, of params and indices. InvalidArgument unless
// 0 <= batch_dims <= axis < rank of params and the batch dimensions agree.
absl::StatusOr<GatherPlan> MakeGatherPlan(const Shape& params, const Shape& indices, int64_t axis,
                                          int64_t batch_dims);

// Picks from `params` by input 1 into output 0.
using RunGatherFn =
    std::function<absl::Status(const KernelRun& r, const GatherPlan& plan, const Tensor& params)>;
// Prepares ResourceGather: from input 0's variable.
absl::Status PrepareResourceGather(KernelPrepare& k, RunGatherFn gather);

// The same by index vectors.
using RunGatherNdFn =
    std::function<absl::Status(const KernelRun& r, const NdIndexing& nd, const Tensor& params)>;
absl::Status PrepareResourceGatherNd(KernelPrepare& k, RunGatherNdFn gather);
// The output's shape, for tensors and variables.
absl::StatusOr<Shape> GatherNdShape(const NdIndexing& nd, const Shape& params);

// REQUIRES: every pick is in [0, plan.length); `out` has the plan's output shape.
absl::Status RunGatherPlan(const KernelRun& r, const GatherPlan& plan, DataType dtype,
                           const Tensor& params, const int64_t* picks, Tensor& out);

// out[i, :] = the `slice` elements of `params` from starts[i] on, for 0 <= i < count.
absl::Status CopySlices(const KernelRun& r, DataType dtype, int64_t count, int64_t slice,
                        const int64_t* starts, const Tensor& params, Tensor& out);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_GATHER_UTIL_H_
