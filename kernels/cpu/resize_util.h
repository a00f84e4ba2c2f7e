#ifndef WEIR_KERNELS_CPU_RESIZE_UTIL_H_
#define WEIR_KERNELS_CPU_RESIZE_UTIL_H_

// The checks of the ops that resize images, which set the output's shape.

#include "weir/kernels/common/resize_taps.h"
#include "weir/runtime/kernel.h"

namespace weir {

struct ResizeShapes {
  Shape image, resized;
  Sampling sampling;
};
absl::StatusOr<ResizeShapes> PrepareResize(KernelPrepare& k);
// The gradient's input 1 is the image's size, or for others the image.
absl::StatusOr<ResizeShapes> PrepareNearestGrad(KernelPrepare& k);
absl::StatusOr<ResizeShapes> PrepareResizeGrad(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_RESIZE_UTIL_H_
