#ifndef WEIR_KERNELS_CPU_SIMD_UTIL_H_
#define WEIR_KERNELS_CPU_SIMD_UTIL_H_

// Loops that exist twice: for any processor of the platform, and for those with 256-bit vectors.
// The loop is written once, as an always-inline function; a plain function and one marked
// WEIR_TARGET_AVX2 call it, and the caller picks one by HasAvx2(). Without fused multiply-add both
// give the same bits.

#define WEIR_ALWAYS_INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define WEIR_TARGET_AVX2 __attribute__((target("avx2")))
#else
#define WEIR_TARGET_AVX2
#endif

namespace weir {

// Of this processor, by Highway's detection.
bool HasAvx2();

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_SIMD_UTIL_H_
