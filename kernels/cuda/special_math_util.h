#ifndef WEIR_KERNELS_CUDA_SPECIAL_MATH_UTIL_H_
#define WEIR_KERNELS_CUDA_SPECIAL_MATH_UTIL_H_

#include <cuda_runtime.h>

#include <cmath>

#include "weir/kernels/common/special_functions.h"

namespace weir {

// What special functions take from the device's library. For both sides, as their functions are
// compiled for both.
struct DeviceMath {
  static __host__ __device__ double LogGamma(double x) { return std::lgamma(x); }
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_SPECIAL_MATH_UTIL_H_
