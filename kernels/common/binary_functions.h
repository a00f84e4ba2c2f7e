#ifndef WEIR_KERNELS_COMMON_BINARY_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_BINARY_FUNCTIONS_H_

// Element-wise functions of two tensors, and the table of the ops that they compute: every device
// makes its kernels from it. They are constexpr, which lets a compiler for a device take them as
// they are.

#include <cmath>
#include <complex>
#include <limits>

#include "weir/kernels/common/numbers.h"

namespace weir {

// An unsigned type in which arithmetic on T wraps around without promotion to a signed int.
template <typename T>
using Wrapping = std::conditional_t<(sizeof(T) > 4), uint64_t, uint32_t>;

struct AddOp {
  template <typename T>
  static constexpr T Of(const T& a, const T& b) {
    if constexpr (kIsInteger<T>) {
      return static_cast<T>(Wrapping<T>(a) + Wrapping<T>(b));
    } else {
      return a + b;
    }
  }
};
struct SubOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return static_cast<T>(Wrapping<T>(a) - Wrapping<T>(b));
    } else {
      return a - b;
    }
  }
};
struct MulOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return static_cast<T>(Wrapping<T>(a) * Wrapping<T>(b));
    } else {
      return a * b;
    }
  }
};

// a b - c d.
template <typename T>
constexpr T MinorOf(T a, T b, T c, T d) {
  return SubOp::Of(MulOp::Of(a, b), MulOp::Of(c, d));
}

// Integer quotients and remainders: b = 0 has no result (any is given), and b = -1 is spelled out
// because the quotient of the smallest number wraps around.
template <typename T>
struct Quotient {
  T quotient;
  T remainder;
};
template <typename T>
constexpr Quotient<T> TruncatedQuotient(T a, T b) {
  if (b == 0) return {T(0), T(0)};
  if constexpr (std::is_signed_v<T>) {
    if (b == T(-1)) return {SubOp::Of(T(0), a), T(0)};
  }
  return {static_cast<T>(a / b), static_cast<T>(a % b)};
}

// Division of floating-point numbers, and of integers where 0 has an inverse.
struct DivisionOp {
  template <typename T>
  static constexpr bool Valid(const T&, const T& b)
    requires kIsInteger<T>
  {
    return b != 0;
  }
};
struct RealDivOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return a / b;
  }
};
struct DivOp : DivisionOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return TruncatedQuotient(a, b).quotient;
    } else {
      return a / b;
    }
  }
};
struct TruncateDivOp : DivisionOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return TruncatedQuotient(a, b).quotient;
    } else {
      return std::trunc(a / b);
    }
  }
};
struct FloorDivOp : DivisionOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      const Quotient<T> q = TruncatedQuotient(a, b);
      return static_cast<T>(q.quotient - (q.remainder != 0 && (a < 0) != (b < 0)));
    } else {
      return std::floor(a / b);
    }
  }
};
struct TruncateModOp : DivisionOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return TruncatedQuotient(a, b).remainder;
    } else {
      return std::fmod(a, b);
    }
  }
};
struct FloorModOp : DivisionOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    const T r = TruncateModOp::Of(a, b);
    return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
  }
};

struct DivNoNanOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return b == T(0) ? T(0) : a / b;
  }
};
struct MulNoNanOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return b == T(0) ? T(0) : a * b;
  }
};
struct XdivyOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return a == T(0) ? T(0) : a / b;
  }
};
struct XlogyOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if (a == T(0)) return T(0);
    return a * std::log(b);
  }
};

struct PowOp {
  template <typename T>
  static constexpr bool Valid(const T&, const T& b)
    requires kIsInteger<T>
  {
    return b >= 0;
  }
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      T result = 1;
      for (T power = a; b > 0; b = static_cast<T>(b >> 1), power = MulOp::Of(power, power)) {
        if (b & 1) result = MulOp::Of(result, power);
      }
      return result;
    } else if constexpr (kIsComplex<T>) {
      return b == T(0) ? T(1) : std::pow(a, b);
    } else {
      return std::pow(a, b);
    }
  }
};
// The larger (smaller) number; NaN if one is NaN.
struct MaximumOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return a > b ? a : b;
    } else {
      return a > b || a != a ? a : b;
    }
  }
};
struct MinimumOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return a < b ? a : b;
    } else {
      return a < b || a != a ? a : b;
    }
  }
};
struct SquaredDifferenceOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    const T d = SubOp::Of(a, b);
    if constexpr (kIsComplex<T>) {
      return T(std::norm(d));
    } else {
      return MulOp::Of(d, d);
    }
  }
};
struct Atan2Op {
  template <typename T>
  static constexpr T Of(T y, T x) {
    return std::atan2(y, x);
  }
};
struct NextAfterOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return std::nextafter(a, b);
  }
};
struct ComplexOp {
  template <typename T>
  static constexpr std::complex<T> Of(T re, T im) {
    return {re, im};
  }
};

#define WEIR_COMPARISON(name, op)                      \
  struct name##Op {                                    \
    template <typename T>                              \
    static constexpr bool Of(const T& a, const T& b) { \
      return a op b;                                   \
    }                                                  \
  };
WEIR_COMPARISON(Less, <)
WEIR_COMPARISON(LessEqual, <=)
WEIR_COMPARISON(Greater, >)
WEIR_COMPARISON(GreaterEqual, >=)
WEIR_COMPARISON(Equal, ==)
WEIR_COMPARISON(NotEqual, !=)
#undef WEIR_COMPARISON

// Whether two numbers are less than `tolerance` apart.
struct ApproximateEqualOp {
  template <typename T>
  static constexpr bool Of(T a, T b, double tolerance) {
    if constexpr (kIsInteger<T>) {
      const T d = a > b ? SubOp::Of(a, b) : SubOp::Of(b, a);
      return static_cast<double>(static_cast<std::make_unsigned_t<T>>(d)) < tolerance;
    } else if constexpr (kIsComplex<T>) {
      return static_cast<double>(std::abs(a - b)) < tolerance;
    } else {
      return static_cast<double>(std::fabs(a - b)) < tolerance;
    }
  }
};

struct AndOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct OrOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct XorOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

// Shifts by an amount that is held to [0, width - 1].
template <typename T>
constexpr int ShiftAmount(T b) {
  constexpr T kMost = static_cast<T>(8 * sizeof(T) - 1);
  if constexpr (std::is_signed_v<T>) {
    if (b < 0) return 0;
  }
  return static_cast<int>(b > kMost ? kMost : b);
}
struct LeftShiftOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) << ShiftAmount(b));
  }
};
struct RightShiftOp {
  template <typename T>
  static constexpr T Of(T a, T b) {
    return static_cast<T>(a >> ShiftAmount(b));
  }
};

// Calls table.Add<Op>(name, cost, Types<...>()) for each op of two tensors. `cost`: operations per
// element, roughly.
template <typename Table>
void FillBinaryTable(Table& table) {
  constexpr Types<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                  uint16_t>
      kNumbers;
  constexpr Types<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                  uint16_t, Complex64, Complex128>
      kNumbersAndComplex;
  constexpr Types<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                  uint16_t, Complex64, Complex128, std::string>
      kNumbersAndStrings;
  constexpr Types<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                  uint16_t, uint32_t, uint64_t>
      kOrdered;
  constexpr Types<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t> kInts;
  constexpr Types<Half, BFloat16, float, double, int32_t, int64_t, Complex64, Complex128>
      kRealAndComplex;
  constexpr Types<Half, float, double, Complex64, Complex128> kNoNan;
  constexpr FloatAndComplexTypes kFloatAndComplex;
  constexpr FloatTypes kFloat;
  constexpr RealTypes kReal;

  table.template Add<AddOp>("Add", 1, kNumbersAndStrings);
  table.template Add<AddOp>("AddV2", 1, kNumbersAndComplex);
  table.template Add<SubOp>("Sub", 1, kNumbersAndComplex);
  table.template Add<MulOp>("Mul", 1, kNumbersAndComplex);
  table.template Add<DivOp>("Div", 4, kNumbersAndComplex);
  table.template Add<RealDivOp>("RealDiv", 4, kFloatAndComplex);
  table.template Add<FloorDivOp>("FloorDiv", 5, kNumbers);
  table.template Add<TruncateDivOp>("TruncateDiv", 5, kNumbers);
  table.template Add<FloorModOp>("FloorMod", 20, kReal);
  table.template Add<TruncateModOp>("Mod", 20, kReal);
  table.template Add<TruncateModOp>("TruncateMod", 20, kReal);
  table.template Add<DivNoNanOp>("DivNoNan", 4, kNoNan);
  table.template Add<MulNoNanOp>("MulNoNan", 2, kNoNan);
  table.template Add<XdivyOp>("Xdivy", 4, kNoNan);
  table.template Add<XlogyOp>("Xlogy", 30, kNoNan);
  table.template Add<PowOp>("Pow", 60, kRealAndComplex);
  table.template Add<MaximumOp>("Maximum", 1, kReal);
  table.template Add<MinimumOp>("Minimum", 1, kReal);
  table.template Add<SquaredDifferenceOp>("SquaredDifference", 2, kRealAndComplex);
  table.template Add<Atan2Op>("Atan2", 40, kFloat);
  table.template Add<NextAfterOp>("NextAfter", 10, Types<float, double>());
  table.template Add<LessOp>("Less", 1, kOrdered);
  table.template Add<LessEqualOp>("LessEqual", 1, kOrdered);
  table.template Add<GreaterOp>("Greater", 1, kOrdered);
  table.template Add<GreaterEqualOp>("GreaterEqual", 1, kOrdered);
  table.template Add<AndOp>("LogicalAnd", 1, Types<bool>());
  table.template Add<OrOp>("LogicalOr", 1, Types<bool>());
  table.template Add<AndOp>("BitwiseAnd", 1, kInts);
  table.template Add<OrOp>("BitwiseOr", 1, kInts);
  table.template Add<XorOp>("BitwiseXor", 1, kInts);
  table.template Add<LeftShiftOp>("LeftShift", 1, kInts);
  table.template Add<RightShiftOp>("RightShift", 1, kInts);
}

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_BINARY_FUNCTIONS_H_
