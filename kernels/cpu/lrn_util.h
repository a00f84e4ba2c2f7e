#ifndef WEIR_KERNELS_CPU_LRN_UTIL_H_
#define WEIR_KERNELS_CPU_LRN_UTIL_H_

#include "weir/kernels/common/lrn_functions.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Checks the inputs, of LRN or its gradient, and sets the output's shape.
absl::StatusOr<LrnAttrs> PrepareLrn(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_LRN_UTIL_H_
