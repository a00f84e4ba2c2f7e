#ifndef WEIR_KERNELS_COMMON_CHECKS_H_
#define WEIR_KERNELS_COMMON_CHECKS_H_

#include "weir/runtime/kernel.h"

namespace weir {

// InvalidArgument, naming the input, unless input i has input 0's shape.
absl::Status CheckShapeOfInput0(const KernelPrepare& k, int i);

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_CHECKS_H_
