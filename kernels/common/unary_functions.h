#ifndef WEIR_KERNELS_COMMON_UNARY_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_UNARY_FUNCTIONS_H_

// Element-wise functions of one tensor, and the table of the ops that they compute: every device
// makes its kernels from it. They are constexpr, which lets a compiler for a device take them as
// they are.

#include <cmath>
#include <complex>
#include <limits>

#include "weir/kernels/common/numbers.h"

namespace weir {

// Signed arithmetic that wraps around instead of being undefined.
template <typename T>
constexpr T WrappingNegate(T x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
  } else {
    return -x;
  }
}
template <typename T>
constexpr T WrappingSquare(T x) {
  if constexpr (std::is_integral_v<T>) {
    const auto u = static_cast<std::make_unsigned_t<T>>(x);
    return static_cast<T>(u * u);
  } else {
    return x * x;
  }
}

struct AbsOp {
  template <typename T>
  static constexpr T Of(T x) {
    if constexpr (std::is_integral_v<T>) {
      return x < 0 ? WrappingNegate(x) : x;
    } else {
      return std::abs(x);
    }
  }
};
struct NegOp {
  template <typename T>
  static constexpr T Of(T x) {
    return WrappingNegate(x);
  }
};
struct SignOp {
  template <typename T>
  static constexpr T Of(T x) {
    if constexpr (kIsComplex<T>) {
      return x == T(0) ? T(0) : x / std::abs(x);
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<T>((x > 0) - (x < 0));
    } else {
      return x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x;
    }
  }
};
struct SquareOp {
  template <typename T>
  static constexpr T Of(T x) {
    return WrappingSquare(x);
  }
};
struct SqrtOp {
  template <typename T>
  static constexpr T Of(T x) {
    return std::sqrt(x);
  }
};
struct RsqrtOp {
  template <typename T>
  static constexpr T Of(T x) {
    return T(1) / std::sqrt(x);
  }
};
struct ReciprocalOp {
  template <typename T>
  static constexpr T Of(T x) {
    if constexpr (std::is_integral_v<T>) {
      return x == 1 || x == -1 ? x : T(0);
    } else {
      return T(1) / x;
    }
  }
};
struct Expm1Op {
  template <typename T>
  static constexpr T Of(T x) {
    if constexpr (kIsComplex<T>) {  // e^(a + ib) - 1, with cos b = 1 - 2 sin(b/2)^2
      using R = typename T::value_type;
      const R ea = std::exp(x.real()), s = std::sin(x.imag() / 2);
      return T(std::expm1(x.real()) * std::cos(x.imag()) - 2 * s * s, ea * std::sin(x.imag()));
    } else {
      return std::expm1(x);
    }
  }
};
struct Log1pOp {
  template <typename T>
  static constexpr T Of(T x) {
    if constexpr (kIsComplex<T>) {  // |1 + z|^2 = 1 + a (2 + a) + b^2
      const auto a = x.real(), b = x.imag();
      return T(std::log1p(a * (2 + a) + b * b) / 2, std::atan2(b, 1 + a));
    } else {
      return std::log1p(x);
    }
  }
};
struct SigmoidOp {
  template <typename T>
  static constexpr T Of(T x) {
    return T(1) / (T(1) + std::exp(-x));
  }
};

// Functions of the C++ library.
#define WEIR_LIBRARY_OP(name, function) \
  struct name##Op {                     \
    template <typename T>               \
    static constexpr T Of(T x) {        \
      return std::function(x);          \
    }                                   \
  };
WEIR_LIBRARY_OP(Exp, exp)
WEIR_LIBRARY_OP(Log, log)
WEIR_LIBRARY_OP(Tanh, tanh)
WEIR_LIBRARY_OP(Sin, sin)
WEIR_LIBRARY_OP(Cos, cos)
WEIR_LIBRARY_OP(Tan, tan)
WEIR_LIBRARY_OP(Asin, asin)
WEIR_LIBRARY_OP(Acos, acos)
WEIR_LIBRARY_OP(Atan, atan)
WEIR_LIBRARY_OP(Sinh, sinh)
WEIR_LIBRARY_OP(Cosh, cosh)
WEIR_LIBRARY_OP(Asinh, asinh)
WEIR_LIBRARY_OP(Acosh, acosh)
WEIR_LIBRARY_OP(Atanh, atanh)
WEIR_LIBRARY_OP(Erf, erf)
WEIR_LIBRARY_OP(Erfc, erfc)
WEIR_LIBRARY_OP(Floor, floor)
WEIR_LIBRARY_OP(Ceil, ceil)
WEIR_LIBRARY_OP(Rint, rint)
#undef WEIR_LIBRARY_OP

struct RoundOp {
  template <typename T>
  static constexpr T Of(T x) {
    if constexpr (std::is_integral_v<T>) {
      return x;
    } else {
      return std::rint(x);
    }
  }
};
struct InvertOp {
  template <typename T>
  static constexpr T Of(T x) {
    return static_cast<T>(~x);
  }
};

struct IsNanOp {
  template <typename T>
  static constexpr bool Of(T x) {
    return x != x;
  }
};
struct IsInfOp {
  template <typename T>
  static constexpr bool Of(T x) {
    return std::fabs(x) > std::numeric_limits<T>::max();
  }
};
struct IsFiniteOp {
  template <typename T>
  static constexpr bool Of(T x) {
    return std::fabs(x) <= std::numeric_limits<T>::max();
  }
};
struct LogicalNotOp {
  static constexpr bool Of(bool x) { return !x; }
};

struct ConjOp {
  template <typename T>
  static constexpr T Of(T x) {
    return T(x.real(), -x.imag());
  }
};
struct RealOp {
  template <typename T>
  static constexpr auto Of(T x) {
    return x.real();
  }
};
struct ImagOp {
  template <typename T>
  static constexpr auto Of(T x) {
    return x.imag();
  }
};
struct ComplexAbsOp {
  template <typename T>
  static constexpr auto Of(T x) {
    return std::hypot(x.real(), x.imag());
  }
};
struct AngleOp {
  template <typename T>
  static constexpr auto Of(T x) {
    return std::atan2(x.imag(), x.real());
  }
};

// z = f(y, dy), where y = forward(x).
template <typename T>
constexpr T ConjOf(T x) {
  if constexpr (kIsComplex<T>) {
    return std::conj(x);
  } else {
    return x;
  }
}
struct SqrtGradOp {
  template <typename T>
  static constexpr T Of(T y, T dy) {
    return T(0.5) * dy / ConjOf(y);
  }
};
struct RsqrtGradOp {
  template <typename T>
  static constexpr T Of(T y, T dy) {
    const T c = ConjOf(y);
    return T(-0.5) * (dy * c) * (c * c);
  }
};
struct ReciprocalGradOp {
  template <typename T>
  static constexpr T Of(T y, T dy) {
    const T c = ConjOf(y);
    return -c * dy * c;
  }
};
struct TanhGradOp {
  template <typename T>
  static constexpr T Of(T y, T dy) {
    return dy * (T(1) - y * y);
  }
};
struct SigmoidGradOp {
  template <typename T>
  static constexpr T Of(T y, T dy) {
    return dy * y * (T(1) - y);
  }
};

// Calls table.Add<Op>(name, cost, Types<...>()) for each op of one tensor, and table.AddGrad<Op>
// for those of a result and its gradient. `cost`: operations per element, roughly.
template <typename Table>
void FillUnaryTable(Table& table) {
  constexpr Types<Half, BFloat16, float, double, int32_t, int64_t, Complex64, Complex128> kAll;
  constexpr FloatAndComplexTypes kFloatAndComplex;
  constexpr FloatTypes kFloat;
  constexpr RealTypes kReal;
  constexpr Types<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t> kInts;

  table.template Add<NegOp>("Neg", 1, kAll);
  table.template Add<SignOp>("Sign", 2, kAll);
  table.template Add<SquareOp>("Square", 1, kAll);
  table.template Add<ReciprocalOp>("Reciprocal", 3, kAll);
  table.template Add<ReciprocalOp>("Inv", 3, kAll);
  table.template Add<AbsOp>("Abs", 1, kReal);
  table.template Add<RoundOp>("Round", 3, kReal);
  table.template Add<SqrtOp>("Sqrt", 5, kFloatAndComplex);
  table.template Add<RsqrtOp>("Rsqrt", 8, kFloatAndComplex);
  table.template Add<ExpOp>("Exp", 10, kFloatAndComplex);
  table.template Add<Expm1Op>("Expm1", 40, kFloatAndComplex);
  table.template Add<LogOp>("Log", 12, kFloatAndComplex);
  table.template Add<Log1pOp>("Log1p", 40, kFloatAndComplex);
  table.template Add<SinOp>("Sin", 30, kFloatAndComplex);
  table.template Add<CosOp>("Cos", 30, kFloatAndComplex);
  table.template Add<TanOp>("Tan", 40, kFloatAndComplex);
  table.template Add<AsinOp>("Asin", 40, kFloatAndComplex);
  table.template Add<AcosOp>("Acos", 40, kFloatAndComplex);
  table.template Add<AtanOp>("Atan", 40, kFloatAndComplex);
  table.template Add<SinhOp>("Sinh", 40, kFloatAndComplex);
  table.template Add<CoshOp>("Cosh", 40, kFloatAndComplex);
  table.template Add<TanhOp>("Tanh", 20, kFloatAndComplex);
  table.template Add<AsinhOp>("Asinh", 60, kFloatAndComplex);
  table.template Add<AcoshOp>("Acosh", 60, kFloatAndComplex);
  table.template Add<AtanhOp>("Atanh", 60, kFloatAndComplex);
  table.template Add<SigmoidOp>("Sigmoid", 15, kFloatAndComplex);
  table.template Add<ErfOp>("Erf", 30, kFloat);
  table.template Add<ErfcOp>("Erfc", 30, kFloat);
  table.template Add<FloorOp>("Floor", 2, kFloat);
  table.template Add<CeilOp>("Ceil", 2, kFloat);
  table.template Add<RintOp>("Rint", 2, kFloat);
  table.template Add<IsNanOp>("IsNan", 1, kFloat);
  table.template Add<IsInfOp>("IsInf", 1, kFloat);
  table.template Add<IsFiniteOp>("IsFinite", 1, kFloat);
  table.template Add<LogicalNotOp>("LogicalNot", 1, Types<bool>());
  table.template Add<InvertOp>("Invert", 1, kInts);
  table.template AddGrad<SqrtGradOp>("SqrtGrad", 3, kFloatAndComplex);
  table.template AddGrad<RsqrtGradOp>("RsqrtGrad", 3, kFloatAndComplex);
  table.template AddGrad<ReciprocalGradOp>("ReciprocalGrad", 3, kFloatAndComplex);
  table.template AddGrad<ReciprocalGradOp>("InvGrad", 3, kFloatAndComplex);
  table.template AddGrad<TanhGradOp>("TanhGrad", 3, kFloatAndComplex);
  table.template AddGrad<SigmoidGradOp>("SigmoidGrad", 3, kFloatAndComplex);
}

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_UNARY_FUNCTIONS_H_
