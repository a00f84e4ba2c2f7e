#ifndef WEIR_KERNELS_CPU_CHECKS_UTIL_H_
#define WEIR_KERNELS_CPU_CHECKS_UTIL_H_

// What preparations of an op have in common on every device: they check the inputs and set the
// output's shape. Each is defined in the file of its op.

#include "weir/kernels/cpu/index_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

absl::Status CheckAddN(KernelPrepare& k);
absl::Status CheckClip(KernelPrepare& k);
absl::Status CheckBitpack(KernelPrepare& k);

// Of Select: about how many elements one of the condition decides.
absl::StatusOr<int64_t> CheckSelect(KernelPrepare& k);
absl::Status CheckSelectV2(KernelPrepare& k);
// Element strides of `in` along the dimensions of `out`; 0 where it is stretched.
Dims BroadcastStrides(const Shape& in, const Shape& out);

// The output seen as [before, depth, after] and the indices as [before, after].
struct OneHotPlan {
  int64_t before;
  int64_t depth;
  int64_t after;
};
absl::StatusOr<OneHotPlan> PlanOneHot(KernelPrepare& k);

absl::StatusOr<NdIndexing> PlanGatherNd(KernelPrepare& k);

// Of SparseToDense: `count` index vectors into the output.
struct SparseToDensePlan {
  Shape shape;
  int64_t count = 0;
  bool one_value = false;  // One value stands for all.
};
absl::StatusOr<SparseToDensePlan> PlanSparseToDense(KernelPrepare& k);

// The array without its mirrored edges and with them, and how wide the first edge of each dimension
// is. Edges of an array with elements are narrow enough.
struct MirrorPlan {
  Shape small;
  Shape padded;
  Dims before;
  bool reflect = false;  // The outermost elements are not repeated.
};
absl::StatusOr<MirrorPlan> PlanMirrorPad(KernelPrepare& k);
absl::StatusOr<MirrorPlan> PlanMirrorPadGrad(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_CHECKS_UTIL_H_
