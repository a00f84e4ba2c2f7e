// Cast between element types (ops/cast.cc).

#include <bit>
#include <complex>
#include <limits>

#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

template <typename T>
struct IsComplexT : std::false_type {};
template <typename T>
struct IsComplexT<std::complex<T>> : std::true_type {};

// Towards zero. What int32 (int64 for the wider types) cannot hold becomes its smallest number, and
// narrower types take the lower bits.
template <typename To, typename From>
To IntegerFromFloat(From x) {
  if constexpr (std::is_same_v<To, uint64_t>) {
    if (x >= From(0x1p63) && x < From(0x1p64)) return static_cast<uint64_t>(x);
  }
  constexpr bool kWide = sizeof(To) == 8 || std::is_same_v<To, uint32_t>;
  using Int = std::conditional_t<kWide, int64_t, int32_t>;
  constexpr From kBound = From(kWide ? 0x1p63 : 0x1p31);  // Exact; what lies below it fits.
  return static_cast<To>(x >= -kBound && x < kBound ? static_cast<Int>(x)
                                                    : std::numeric_limits<Int>::min());
}

template <typename To, typename From>
To CastOne(From x) {
  if constexpr (kIsHalfType<From>) {
    return CastOne<To>(static_cast<float>(x));
  } else if constexpr (IsComplexT<From>::value && IsComplexT<To>::value) {
    return To(x);
  } else if constexpr (IsComplexT<From>::value) {
    if constexpr (std::is_same_v<To, bool>) {
      return x != From(0);
    } else {
      return CastOne<To>(x.real());
    }
  } else if constexpr (IsComplexT<To>::value) {
    return To(CastOne<typename To::value_type>(x), 0);
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

template <typename From, typename To>
void CastLoop(const void* in, void* out, int64_t n) {
  const From* x = static_cast<const From*>(in);
  To* y = static_cast<To*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = CastOne<To>(x[i]);
}

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

// With the bits that To lacks set to zero first, so that nothing is left to round. NaN keeps a bit.
template <typename From, typename To>
void TruncatingLoop(const void* in, void* out, int64_t n) {
  using Bits = std::conditional_t<sizeof(From) == 8, uint64_t,
                                  std::conditional_t<sizeof(From) == 4, uint32_t, uint16_t>>;
  constexpr Bits kMantissa = static_cast<Bits>((Bits(1) << kMantissaBits<From>)-1);
  constexpr Bits kQuiet = static_cast<Bits>(Bits(1) << (kMantissaBits<From> - 1));
  constexpr Bits kInfinity = static_cast<Bits>((static_cast<Bits>(~Bits(0)) >> 1) & ~kMantissa);
  constexpr int kDropped = kMantissaBits<From> - kMantissaBits<To>;
  constexpr Bits kMask = static_cast<Bits>(~((Bits(1) << kDropped) - 1));
  const From* x = static_cast<const From*>(in);
  To* y = static_cast<To*>(out);
  for (int64_t i = 0; i < n; ++i) {
    // NaN is told by its bits: GCC 12 takes `v != v ? v : masked` for v.
    const Bits bits = std::bit_cast<Bits>(x[i]);
    const bool is_nan = (bits & static_cast<Bits>(kInfinity | kMantissa)) > kInfinity;
    const Bits kept = static_cast<Bits>((bits & kMask) | (is_nan ? kQuiet : Bits(0)));
    y[i] = CastOne<To>(std::bit_cast<From>(kept));
  }
}

template <typename F>
absl::Status DispatchCastable(DataType type, F&& f) {
  return DispatchType<bool, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t,
                      uint8_t, uint16_t, uint32_t, uint64_t, Complex64, Complex128>(type, f);
}

absl::Status PrepareCast(KernelPrepare& k) {
  const DataType from = k.In(0).dtype(), to = k.OutType(0);
  if (from == to) {
    k.Out(0).SetShape(k.In(0).shape()).Alias(0);
    return k.NothingToRun();
  }
  const bool truncate = k.Attr<bool>("Truncate");
  return DispatchCastable(from, [&]<typename From>(TypeTag<From>) {
    return DispatchCastable(to, [&]<typename To>(TypeTag<To>) {
      if constexpr (kMantissaBits<To> != 0 && (kMantissaBits < From >> kMantissaBits<To>)) {
        if (truncate) return PrepareUnaryLoop(k, TruncatingLoop<From, To>, 2);
      }
      return PrepareUnaryLoop(k, CastLoop<From, To>, 1);
    });
  });
}

}  // namespace

void RegisterCastKernels(KernelRegistry& registry) { registry.Add("Cast", "CPU", PrepareCast); }

}  // namespace weir
