// Element-wise functions of one tensor (ops/unary.cc).

#include <cmath>
#include <complex>
#include <limits>

#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/special_math_util.h"
#include "weir/kernels/cpu/vector_math_util.h"

namespace weir {
namespace {

template <typename T>
struct IsComplexT : std::false_type {};
template <typename T>
struct IsComplexT<std::complex<T>> : std::true_type {};
template <typename T>
inline constexpr bool kIsComplex = IsComplexT<T>::value;
template <typename T>
inline constexpr bool kIsFloat = std::is_same_v<T, float>;

// Signed arithmetic that wraps around instead of being undefined.
template <typename T>
T WrappingNegate(T x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
  } else {
    return -x;
  }
}
template <typename T>
T WrappingSquare(T x) {
  if constexpr (std::is_integral_v<T>) {
    const auto u = static_cast<std::make_unsigned_t<T>>(x);
    return static_cast<T>(u * u);
  } else {
    return x * x;
  }
}

struct AbsOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (std::is_integral_v<T>) {
      return x < 0 ? WrappingNegate(x) : x;
    } else {
      return std::abs(x);
    }
  }
};
struct NegOp {
  template <typename T>
  static T Of(T x) {
    return WrappingNegate(x);
  }
};
struct SignOp {
  template <typename T>
  static T Of(T x) {
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
  static T Of(T x) {
    return WrappingSquare(x);
  }
};
struct SqrtOp {
  template <typename T>
  static T Of(T x) {
    return std::sqrt(x);
  }
};
struct RsqrtOp {
  template <typename T>
  static T Of(T x) {
    return T(1) / std::sqrt(x);
  }
};
struct ReciprocalOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (std::is_integral_v<T>) {
      return x == 1 || x == -1 ? x : T(0);
    } else {
      return T(1) / x;
    }
  }
};
struct ExpOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (kIsFloat<T>) {
      return ExpF(x);
    } else {
      return std::exp(x);
    }
  }
};
struct Expm1Op {
  template <typename T>
  static T Of(T x) {
    if constexpr (kIsComplex<T>) {  // e^(a + ib) - 1, with cos b = 1 - 2 sin(b/2)^2
      using R = typename T::value_type;
      const R ea = std::exp(x.real()), s = std::sin(x.imag() / 2);
      return T(std::expm1(x.real()) * std::cos(x.imag()) - 2 * s * s, ea * std::sin(x.imag()));
    } else {
      return std::expm1(x);
    }
  }
};
struct LogOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (kIsFloat<T>) {
      return LogF(x);
    } else {
      return std::log(x);
    }
  }
};
struct Log1pOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (kIsComplex<T>) {  // |1 + z|^2 = 1 + a (2 + a) + b^2
      const auto a = x.real(), b = x.imag();
      return T(std::log1p(a * (2 + a) + b * b) / 2, std::atan2(b, 1 + a));
    } else {
      return std::log1p(x);
    }
  }
};
struct TanhOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (kIsFloat<T>) {
      return TanhF(x);
    } else {
      return std::tanh(x);
    }
  }
};
struct SigmoidOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (kIsFloat<T>) {
      return SigmoidF(x);
    } else {
      return T(1) / (T(1) + std::exp(-x));
    }
  }
};

// Functions of the C++ library.
#define WEIR_LIBRARY_OP(name, function) \
  struct name##Op {                     \
    template <typename T>               \
    static T Of(T x) {                  \
      return std::function(x);          \
    }                                   \
  };
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

struct LgammaOp {
  template <typename T>
  static T Of(T x) {
    return static_cast<T>(LogGamma(x));
  }
};
struct DigammaOp {
  template <typename T>
  static T Of(T x) {
    return static_cast<T>(Digamma(x));
  }
};
struct BesselI0eOp {
  template <typename T>
  static T Of(T x) {
    return static_cast<T>(BesselI0e(x));
  }
};
struct BesselI1eOp {
  template <typename T>
  static T Of(T x) {
    return static_cast<T>(BesselI1e(x));
  }
};
struct RoundOp {
  template <typename T>
  static T Of(T x) {
    if constexpr (std::is_integral_v<T>) {
      return x;
    } else {
      return std::rint(x);
    }
  }
};
struct InvertOp {
  template <typename T>
  static T Of(T x) {
    return static_cast<T>(~x);
  }
};

struct IsNanOp {
  template <typename T>
  static bool Of(T x) {
    return x != x;
  }
};
struct IsInfOp {
  template <typename T>
  static bool Of(T x) {
    return std::fabs(x) > std::numeric_limits<T>::max();
  }
};
struct IsFiniteOp {
  template <typename T>
  static bool Of(T x) {
    return std::fabs(x) <= std::numeric_limits<T>::max();
  }
};
struct LogicalNotOp {
  static bool Of(bool x) { return !x; }
};

struct ConjOp {
  template <typename T>
  static T Of(T x) {
    return std::conj(x);
  }
};
struct RealOp {
  template <typename T>
  static auto Of(T x) {
    return x.real();
  }
};
struct ImagOp {
  template <typename T>
  static auto Of(T x) {
    return x.imag();
  }
};
struct ComplexAbsOp {
  template <typename T>
  static auto Of(T x) {
    return std::abs(x);
  }
};
struct AngleOp {
  template <typename T>
  static auto Of(T x) {
    return std::arg(x);
  }
};

// z = f(y, dy), where y = forward(x).
template <typename T>
T ConjOf(T x) {
  if constexpr (kIsComplex<T>) {
    return std::conj(x);
  } else {
    return x;
  }
}
struct SqrtGradOp {
  template <typename T>
  static T Of(T y, T dy) {
    return T(0.5) * dy / ConjOf(y);
  }
};
struct RsqrtGradOp {
  template <typename T>
  static T Of(T y, T dy) {
    const T c = ConjOf(y);
    return T(-0.5) * (dy * c) * (c * c);
  }
};
struct ReciprocalGradOp {
  template <typename T>
  static T Of(T y, T dy) {
    const T c = ConjOf(y);
    return -c * dy * c;
  }
};
struct TanhGradOp {
  template <typename T>
  static T Of(T y, T dy) {
    return dy * (T(1) - y * y);
  }
};
struct SigmoidGradOp {
  template <typename T>
  static T Of(T y, T dy) {
    return dy * y * (T(1) - y);
  }
};

// `cost`: operations per element, roughly.
template <typename Op, typename... Ts>
void AddUnary(KernelRegistry& registry, absl::string_view op, double cost) {
  registry.Add(op, "CPU", [cost](KernelPrepare& k) {
    return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
      return PrepareUnaryLoop(k, UnaryLoopOf<Op, T>(), cost);
    });
  });
}
template <typename Op>
void AddFloating(KernelRegistry& registry, absl::string_view op, double cost) {
  AddUnary<Op, Half, BFloat16, float, double>(registry, op, cost);
}
template <typename Op>
void AddFloatingComplex(KernelRegistry& registry, absl::string_view op, double cost) {
  AddUnary<Op, Half, BFloat16, float, double, Complex64, Complex128>(registry, op, cost);
}
template <typename Op>
void AddAll(KernelRegistry& registry, absl::string_view op, double cost) {
  AddUnary<Op, Half, BFloat16, float, double, int32_t, int64_t, Complex64, Complex128>(registry, op,
                                                                                       cost);
}

// Real results of complex numbers: T and Tout must belong together.
template <typename Op>
void AddComplexPart(KernelRegistry& registry, absl::string_view op, double cost) {
  registry.Add(op, "CPU", [cost](KernelPrepare& k) {
    return DispatchType<Complex64, Complex128>(
        k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
          if (k.OutType(0) != kDTypeOf<typename T::value_type>) {
            return InvalidArgument("Tout must be the type of the parts of ",
                                   DataTypeName(k.In(0).dtype()), ", but is ",
                                   DataTypeName(k.OutType(0)));
          }
          return PrepareUnaryLoop(k, UnaryLoopOf<Op, T>(), cost);
        });
  });
}

template <typename Op>
void AddGradOp(KernelRegistry& registry, absl::string_view op) {
  registry.Add(op, "CPU", [](KernelPrepare& k) {
    return DispatchType<Half, BFloat16, float, double, Complex64, Complex128>(
        k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
          if (k.In(0).shape() != k.In(1).shape()) {
            return k.InvalidInput(
                1, absl::StrCat("must have input 0's shape ", k.In(0).shape().ToString()));
          }
          return PrepareBinaryLoop(k, BinaryLoopOf<Op, T>(), 3);
        });
  });
}

}  // namespace

void RegisterUnaryKernels(KernelRegistry& registry) {
  AddAll<NegOp>(registry, "Neg", 1);
  AddAll<SignOp>(registry, "Sign", 2);
  AddAll<SquareOp>(registry, "Square", 1);
  AddAll<ReciprocalOp>(registry, "Reciprocal", 3);
  AddAll<ReciprocalOp>(registry, "Inv", 3);
  AddUnary<AbsOp, Half, BFloat16, float, double, int32_t, int64_t>(registry, "Abs", 1);
  AddUnary<RoundOp, Half, BFloat16, float, double, int32_t, int64_t>(registry, "Round", 3);

  AddFloatingComplex<SqrtOp>(registry, "Sqrt", 5);
  AddFloatingComplex<RsqrtOp>(registry, "Rsqrt", 8);
  AddFloatingComplex<ExpOp>(registry, "Exp", 10);
  AddFloatingComplex<Expm1Op>(registry, "Expm1", 40);
  AddFloatingComplex<LogOp>(registry, "Log", 12);
  AddFloatingComplex<Log1pOp>(registry, "Log1p", 40);
  AddFloatingComplex<SinOp>(registry, "Sin", 30);
  AddFloatingComplex<CosOp>(registry, "Cos", 30);
  AddFloatingComplex<TanOp>(registry, "Tan", 40);
  AddFloatingComplex<AsinOp>(registry, "Asin", 40);
  AddFloatingComplex<AcosOp>(registry, "Acos", 40);
  AddFloatingComplex<AtanOp>(registry, "Atan", 40);
  AddFloatingComplex<SinhOp>(registry, "Sinh", 40);
  AddFloatingComplex<CoshOp>(registry, "Cosh", 40);
  AddFloatingComplex<TanhOp>(registry, "Tanh", 20);
  AddFloatingComplex<AsinhOp>(registry, "Asinh", 60);
  AddFloatingComplex<AcoshOp>(registry, "Acosh", 60);
  AddFloatingComplex<AtanhOp>(registry, "Atanh", 60);
  AddFloatingComplex<SigmoidOp>(registry, "Sigmoid", 15);

  AddFloating<ErfOp>(registry, "Erf", 30);
  AddFloating<ErfcOp>(registry, "Erfc", 30);
  AddFloating<LgammaOp>(registry, "Lgamma", 60);
  AddFloating<DigammaOp>(registry, "Digamma", 60);
  AddFloating<BesselI0eOp>(registry, "BesselI0e", 100);
  AddFloating<BesselI1eOp>(registry, "BesselI1e", 100);
  AddFloating<FloorOp>(registry, "Floor", 2);
  AddFloating<CeilOp>(registry, "Ceil", 2);
  AddFloating<RintOp>(registry, "Rint", 2);
  AddFloating<IsNanOp>(registry, "IsNan", 1);
  AddFloating<IsInfOp>(registry, "IsInf", 1);
  AddFloating<IsFiniteOp>(registry, "IsFinite", 1);

  AddUnary<LogicalNotOp, bool>(registry, "LogicalNot", 1);
  AddUnary<InvertOp, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      registry, "Invert", 1);
  AddUnary<ConjOp, Complex64, Complex128>(registry, "Conj", 1);
  AddComplexPart<RealOp>(registry, "Real", 1);
  AddComplexPart<ImagOp>(registry, "Imag", 1);
  AddComplexPart<ComplexAbsOp>(registry, "ComplexAbs", 10);
  AddComplexPart<AngleOp>(registry, "Angle", 30);

  AddGradOp<SqrtGradOp>(registry, "SqrtGrad");
  AddGradOp<RsqrtGradOp>(registry, "RsqrtGrad");
  AddGradOp<ReciprocalGradOp>(registry, "ReciprocalGrad");
  AddGradOp<ReciprocalGradOp>(registry, "InvGrad");
  AddGradOp<TanhGradOp>(registry, "TanhGrad");
  AddGradOp<SigmoidGradOp>(registry, "SigmoidGrad");
}

}  // namespace weir
