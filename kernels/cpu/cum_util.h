#ifndef WEIR_KERNELS_CPU_CUM_UTIL_H_
#define WEIR_KERNELS_CPU_CUM_UTIL_H_

#include "weir/runtime/kernel.h"

namespace weir {

// The input of a running sum or product, seen as [outer, n, inner].
struct CumPlan {
  int64_t outer, n, inner;
  bool exclusive, reverse;
};

// Checks the inputs and sets the output's shape.
absl::StatusOr<CumPlan> PrepareCumPlan(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_CUM_UTIL_H_
