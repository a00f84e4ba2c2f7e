#ifndef WEIR_KERNELS_CPU_CROSS_ENTROPY_UTIL_H_
#define WEIR_KERNELS_CPU_CROSS_ENTROPY_UTIL_H_

#include "weir/runtime/kernel.h"

namespace weir {

// Checks the inputs of SoftmaxCrossEntropyWithLogits, sets the outputs' shapes, and returns the
// shape to which the inputs broadcast, [batch, classes].
inline absl::StatusOr<Shape> PrepareCrossEntropyShapes(KernelPrepare& k) {
  for (int i = 0; i < 2; ++i) {
    if (k.In(i).shape().rank() != 2) return k.InvalidInput(i, "must have rank 2");
  }
  ASSIGN_OR_RETURN(const Shape both, BroadcastShapes(k.In(0).shape(), k.In(1).shape()));
  k.Out(0).SetShape(Shape({both.dim(0)}));
  k.Out(1).SetShape(both);
  return both;
}

// The same for SparseSoftmaxCrossEntropyWithLogits, whose logits are not stretched.
inline absl::Status PrepareSparseCrossEntropyShapes(KernelPrepare& k) {
  const Shape &x = k.In(0).shape(), &labels = k.In(1).shape();
  if (x.rank() != 2) return k.InvalidInput(0, "must have rank 2");
  if (labels.rank() != 1 || labels.dim(0) != x.dim(0)) {
    return k.InvalidInput(1, absl::StrCat("must be a vector of ", x.dim(0), " labels"));
  }
  k.Out(0).SetShape(labels);
  k.Out(1).SetShape(x);
  return absl::OkStatus();
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_CROSS_ENTROPY_UTIL_H_
