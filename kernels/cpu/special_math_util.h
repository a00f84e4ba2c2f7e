#ifndef WEIR_KERNELS_CPU_SPECIAL_MATH_UTIL_H_
#define WEIR_KERNELS_CPU_SPECIAL_MATH_UTIL_H_

#include <math.h>  // lgamma_r

#include "weir/kernels/common/special_functions.h"

namespace weir {

// What special functions take from the host's library.
struct HostMath {
  static double LogGamma(double x) {
    int sign;
    return ::lgamma_r(x, &sign);
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_SPECIAL_MATH_UTIL_H_
