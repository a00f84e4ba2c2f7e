#ifndef WEIR_KERNELS_CPU_REDUCTION_UTIL_H_
#define WEIR_KERNELS_CPU_REDUCTION_UTIL_H_

#include <vector>

#include "weir/runtime/kernel.h"

namespace weir {

// For ops that reduce input 0 along the axes in input 1: reads the axes, sets the output's shape,
// and tells which dimensions are reduced.
absl::StatusOr<std::vector<bool>> PrepareReducedAxes(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_REDUCTION_UTIL_H_
