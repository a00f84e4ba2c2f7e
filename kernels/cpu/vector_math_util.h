#ifndef WEIR_KERNELS_CPU_VECTOR_MATH_UTIL_H_
#define WEIR_KERNELS_CPU_VECTOR_MATH_UTIL_H_

// Elementary functions of float without branches or calls, so that the compiler vectorises the
// loops around them. Errors are at most 3 units in the last place unless said otherwise. NaN gives
// NaN.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace weir {

// `if_true` or `if_false` without a branch.
inline float SelectF(bool condition, float if_true, float if_false) {
  const uint32_t mask = 0u - static_cast<uint32_t>(condition);
  return std::bit_cast<float>((std::bit_cast<uint32_t>(if_true) & mask) |
                              (std::bit_cast<uint32_t>(if_false) & ~mask));
}

// e^x. Below -104: 0; above 88.73: infinity. Results below the smallest normal number are rounded
// to the subnormals.
inline float ExpF(float x) {
  // Bounds beyond which the result is 0 or infinity anyway; written so that NaN passes.
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  // x = n ln 2 + r with |r| <= ln(2) / 2. Adding 1.5 * 2^23 rounds to a whole number, which then
  // stands in the low bits.
  const float shifted = x * 1.44269504088896341f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f;  // The upper bits of ln 2: the product is exact.
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // Times 2^n, in two factors that are normal numbers each: n is within [-151, 129].
  const int32_t whole = static_cast<int32_t>(std::bit_cast<uint32_t>(shifted) - 0x4b400000u);
  const int32_t half = whole >> 1;
  const float scale1 = std::bit_cast<float>(static_cast<uint32_t>(half + 127) << 23);
  const float scale2 = std::bit_cast<float>(static_cast<uint32_t>(whole - half + 127) << 23);
  return p * scale1 * scale2;
}

// ln x; -infinity at 0, NaN below.
inline float LogF(float x) {
  // Subnormal numbers are brought into the normal range first.
  const bool tiny = x < std::numeric_limits<float>::min();
  const float scaled = SelectF(tiny, x * 8388608.0f, x);
  const uint32_t bits = std::bit_cast<uint32_t>(scaled);
  // x = 2^e m with m in [sqrt(1/2), sqrt(2)).
  const uint32_t offset = bits - 0x3f3504f3u;
  const int32_t exponent = static_cast<int32_t>(offset) >> 23;
  const float m = std::bit_cast<float>((offset & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  const float e = static_cast<float>(exponent) - SelectF(tiny, 23.0f, 0.0f);
  const float z = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * z;
  p = p + e * -2.12194440e-4f;
  p = p - 0.5f * z;
  float result = m + p;
  result = result + e * 0.693359375f;
  result = SelectF(x == 0.0f, -std::numeric_limits<float>::infinity(), result);
  result = SelectF(x < 0.0f, std::numeric_limits<float>::quiet_NaN(), result);
  // Infinity and NaN give themselves.
  return SelectF(x <= std::numeric_limits<float>::max(), result, x);
}

inline float TanhF(float x) {
  const float magnitude = std::fabs(x);
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float small = p * z * x + x;
  const float large = 1.0f - 2.0f / (ExpF(2.0f * magnitude) + 1.0f);
  return SelectF(magnitude < 0.625f, small, std::copysign(large, x));
}

// 1 / (1 + e^-x); 0 below -88.73.
inline float SigmoidF(float x) { return 1.0f / (1.0f + ExpF(-x)); }

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_VECTOR_MATH_UTIL_H_
