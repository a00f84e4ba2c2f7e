#include "weir/kernels/cpu/simd_util.h"

#include <hwy/targets.h>

namespace weir {

bool HasAvx2() {
#if defined(__x86_64__)
  static const bool has_avx2 = (hwy::SupportedTargets() & HWY_AVX2) != 0;
  return has_avx2;
#else
  return false;
#endif
}

}  // namespace weir
