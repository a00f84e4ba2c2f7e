#ifndef WEIR_CORE_HALF_H_
#define WEIR_CORE_HALF_H_

// The two 16-bit floating-point types. Both are storage types: arithmetic converts to float and
// rounds the result to nearest, ties to even, once per operation.

#include <bit>
#include <cstdint>
#include <limits>

namespace weir {

// IEEE 754 binary16.
struct Half {
  uint16_t bits = 0;

  constexpr Half() = default;
  constexpr Half(float value)
      : bits(FromFloat(value)) {}  // NOLINT: implicit on purpose, like a builtin.
  constexpr operator float() const { return ToFloat(bits); }
  static constexpr Half FromBits(uint16_t bits) {
    Half h;
    h.bits = bits;
    return h;
  }
  constexpr Half& operator+=(float v) { return *this = Half(float(*this) + v); }
  constexpr Half& operator-=(float v) { return *this = Half(float(*this) - v); }
  constexpr Half& operator*=(float v) { return *this = Half(float(*this) * v); }
  constexpr Half& operator/=(float v) { return *this = Half(float(*this) / v); }

 private:
  static constexpr uint16_t FromFloat(float value) {
    const uint32_t f = std::bit_cast<uint32_t>(value);
    const uint32_t sign = (f >> 16) & 0x8000u;
    const uint32_t magnitude = f & 0x7fffffffu;
    if (magnitude >= 0x7f800000u) {  // Inf keeps its class; NaN stays quiet.
      return static_cast<uint16_t>(sign | 0x7c00u | (magnitude > 0x7f800000u ? 0x200u : 0u));
    }
    if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // >= 65520
    if (magnitude < 0x38800000u) {  // Below the smallest normal: let the FPU round at 2^-24.
      const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
      return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
    }
    const uint32_t odd = (magnitude >> 13) & 1u;
    return static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + odd) >> 13));
  }
  static constexpr float ToFloat(uint16_t h) {
    const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
    const uint32_t exponent = (h >> 10) & 0x1fu;
    const uint32_t mantissa = h & 0x3ffu;
    if (exponent == 0x1fu) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
    if (exponent == 0) {  // Zero or subnormal: mantissa * 2^-24 is exact in float.
      const float value = static_cast<float>(mantissa) * 0x1p-24f;
      return sign ? -value : value;
    }
    return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
  }
};

// The upper half of an IEEE 754 binary32.
struct BFloat16 {
  uint16_t bits = 0;

  constexpr BFloat16() = default;
  constexpr BFloat16(float value) : bits(FromFloat(value)) {}  // NOLINT: implicit on purpose.
  constexpr operator float() const {
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  }
  static constexpr BFloat16 FromBits(uint16_t bits) {
    BFloat16 b;
    b.bits = bits;
    return b;
  }
  constexpr BFloat16& operator+=(float v) { return *this = BFloat16(float(*this) + v); }
  constexpr BFloat16& operator-=(float v) { return *this = BFloat16(float(*this) - v); }
  constexpr BFloat16& operator*=(float v) { return *this = BFloat16(float(*this) * v); }
  constexpr BFloat16& operator/=(float v) { return *this = BFloat16(float(*this) / v); }

 private:
  static constexpr uint16_t FromFloat(float value) {
    const uint32_t f = std::bit_cast<uint32_t>(value);
    if (value != value) return static_cast<uint16_t>((f >> 16) | 0x40u);
    return static_cast<uint16_t>((f + 0x7fffu + ((f >> 16) & 1u)) >> 16);
  }
};

}  // namespace weir

template <>
class std::numeric_limits<weir::Half> {
 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_integer = false;
  static constexpr bool has_infinity = true;
  static constexpr weir::Half lowest() { return weir::Half::FromBits(0xfbff); }
  static constexpr weir::Half max() { return weir::Half::FromBits(0x7bff); }
  static constexpr weir::Half infinity() { return weir::Half::FromBits(0x7c00); }
  static constexpr weir::Half quiet_NaN() { return weir::Half::FromBits(0x7e00); }
};

template <>
class std::numeric_limits<weir::BFloat16> {
 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_integer = false;
  static constexpr bool has_infinity = true;
  static constexpr weir::BFloat16 lowest() { return weir::BFloat16::FromBits(0xff7f); }
  static constexpr weir::BFloat16 max() { return weir::BFloat16::FromBits(0x7f7f); }
  static constexpr weir::BFloat16 infinity() { return weir::BFloat16::FromBits(0x7f80); }
  static constexpr weir::BFloat16 quiet_NaN() { return weir::BFloat16::FromBits(0x7fc0); }
};

#endif  // WEIR_CORE_HALF_H_
