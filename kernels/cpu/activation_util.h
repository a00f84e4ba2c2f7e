#ifndef WEIR_KERNELS_CPU_ACTIVATION_UTIL_H_
#define WEIR_KERNELS_CPU_ACTIVATION_UTIL_H_

#include "weir/runtime/kernel.h"

namespace weir {

// Gradients do not broadcast, unlike the arithmetic that shares their loops.
inline absl::Status CheckActivationGrad(const KernelPrepare& k) {
  if (k.In(0).shape() == k.In(1).shape()) return absl::OkStatus();
  return k.InvalidInput(
      1, absl::StrCat("must have the gradients' shape ", k.In(0).shape().ToString()));
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_ACTIVATION_UTIL_H_
