#ifndef WEIR_KERNELS_COMMON_CAST_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_CAST_FUNCTIONS_H_

// Conversions between element types, as Cast makes them.

#include <bit>
#include <limits>

#include "weir/kernels/common/numbers.h"

namespace weir {

// Towards zero. What int32 (int64 for the wider types) cannot hold becomes its smallest number, and
// narrower types take the lower bits.
template <typename To, typename From>
constexpr To IntegerFromFloat(From x) {
  if constexpr (std::is_same_v<To, uint64_t>) {
    if (x >= From(0x1p63) && x < From(0x1p64)) return static_cast<uint64_t>(x);
  }
  constexpr bool kWide = sizeof(To) == 8 || std::is_same_v<To, uint32_t>;
  using Int = std::conditional_t<kWide, int64_t, int32_t>;
  constexpr From kBound = From(kWide ? 0x1p63 : 0x1p31);  // Exact; what lies below it fits.
  return static_cast<To>(x >= -kBound && x < kBound ? static_cast<Int>(x)
                                                    : std::numeric_limits<Int>::min());
}

struct PlainCast {
  template <typename To, typename From>
  static constexpr To Of(From x) {
    if constexpr (kIsHalfType<From>) {
      return Of<To>(static_cast<float>(x));
    } else if constexpr (kIsComplex<From> && kIsComplex<To>) {
      return To(x);
    } else if constexpr (kIsComplex<From>) {
      if constexpr (std::is_same_v<To, bool>) {
        return x != From(0);
      } else {
        return Of<To>(x.real());
      }
    } else if constexpr (kIsComplex<To>) {
      return To(Of<typename To::value_type>(x), 0);
    } else if constexpr (std::is_same_v<To, bool>) {
      return x != From(0);
    } else if constexpr (kIsHalfType<To>) {
      return To(static_cast<float>(x));
    } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
      return IntegerFromFloat<To>(x);
    } else {
      return static_cast<To>(x);
    }
  }
};

// Explicit bits of the mantissa.
template <typename T>
inline constexpr int kMantissaBits = 0;
template <>
inline constexpr int kMantissaBits<double> = 52;
template <>
inline constexpr int kMantissaBits<float> = 23;
template <>
inline constexpr int kMantissaBits<Half> = 10;
template <>
inline constexpr int kMantissaBits<BFloat16> = 7;

// Whether TruncatingCast differs from PlainCast.
template <typename From, typename To>
inline constexpr bool kIsTruncation =
    kMantissaBits<To> != 0 && (kMantissaBits<From> > kMantissaBits<To>);

// With the bits that To lacks set to zero first, so that nothing is left to round. NaN keeps a bit.
struct TruncatingCast {
  template <typename To, typename From>
  static constexpr To Of(From x) {
    using Bits = std::conditional_t<sizeof(From) == 8, uint64_t,
                                    std::conditional_t<sizeof(From) == 4, uint32_t, uint16_t>>;
    constexpr Bits kMantissa = static_cast<Bits>((Bits(1) << kMantissaBits<From>)-1);
    constexpr Bits kQuiet = static_cast<Bits>(Bits(1) << (kMantissaBits<From> - 1));
    constexpr Bits kInfinity = static_cast<Bits>((static_cast<Bits>(~Bits(0)) >> 1) & ~kMantissa);
    constexpr int kDropped = kMantissaBits<From> - kMantissaBits<To>;
    constexpr Bits kMask = static_cast<Bits>(~((Bits(1) << kDropped) - 1));
    // NaN is told by its bits: GCC 12 takes `v != v ? v : masked` for v.
    const Bits bits = std::bit_cast<Bits>(x);
    const bool is_nan = (bits & static_cast<Bits>(kInfinity | kMantissa)) > kInfinity;
    const Bits kept = static_cast<Bits>((bits & kMask) | (is_nan ? kQuiet : Bits(0)));
    return PlainCast::Of<To>(std::bit_cast<From>(kept));
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_CAST_FUNCTIONS_H_
