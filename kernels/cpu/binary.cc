// Element-wise functions of two broadcasting tensors (ops/binary.cc).

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
inline constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

// An unsigned type in which arithmetic on T wraps around without promotion to a signed int.
template <typename T>
using Wrapping = std::conditional_t<(sizeof(T) > 4), uint64_t, uint32_t>;

struct AddOp {
  template <typename T>
  static T Of(const T& a, const T& b) {
    if constexpr (kIsInteger<T>) {
      return static_cast<T>(Wrapping<T>(a) + Wrapping<T>(b));
    } else {
      return a + b;
    }
  }
};
struct SubOp {
  template <typename T>
  static T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return static_cast<T>(Wrapping<T>(a) - Wrapping<T>(b));
    } else {
      return a - b;
    }
  }
};
struct MulOp {
  template <typename T>
  static T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return static_cast<T>(Wrapping<T>(a) * Wrapping<T>(b));
    } else {
      return a * b;
    }
  }
};

// Integer quotients and remainders: b = 0 has no result (any is given), and b = -1 is spelled out
// because the quotient of the smallest number wraps around.
template <typename T>
struct Quotient {
  T quotient;
  T remainder;
};
template <typename T>
Quotient<T> TruncatedQuotient(T a, T b) {
  if (b == 0) return {T(0), T(0)};
  if constexpr (std::is_signed_v<T>) {
    if (b == T(-1)) return {SubOp::Of(T(0), a), T(0)};
  }
  return {static_cast<T>(a / b), static_cast<T>(a % b)};
}

// Division of floating-point numbers, and of integers where 0 has an inverse.
struct DivisionOp {
  template <typename T>
  static bool Valid(const T&, const T& b)
    requires kIsInteger<T>
  {
    return b != 0;
  }
};
struct RealDivOp {
  template <typename T>
  static T Of(T a, T b) {
    return a / b;
  }
};
struct DivOp : DivisionOp {
  template <typename T>
  static T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return TruncatedQuotient(a, b).quotient;
    } else {
      return a / b;
    }
  }
};
struct TruncateDivOp : DivisionOp {
  template <typename T>
  static T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return TruncatedQuotient(a, b).quotient;
    } else {
      return std::trunc(a / b);
    }
  }
};
struct FloorDivOp : DivisionOp {
  template <typename T>
  static T Of(T a, T b) {
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
  static T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return TruncatedQuotient(a, b).remainder;
    } else {
      return std::fmod(a, b);
    }
  }
};
struct FloorModOp : DivisionOp {
  template <typename T>
  static T Of(T a, T b) {
    const T r = TruncateModOp::Of(a, b);
    return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
  }
};

struct DivNoNanOp {
  template <typename T>
  static T Of(T a, T b) {
    return b == T(0) ? T(0) : a / b;
  }
};
struct MulNoNanOp {
  template <typename T>
  static T Of(T a, T b) {
    return b == T(0) ? T(0) : a * b;
  }
};
struct XdivyOp {
  template <typename T>
  static T Of(T a, T b) {
    return a == T(0) ? T(0) : a / b;
  }
};
struct XlogyOp {
  template <typename T>
  static T Of(T a, T b) {
    if (a == T(0)) return T(0);
    return a * std::log(b);
  }
};

struct PowOp {
  template <typename T>
  static bool Valid(const T&, const T& b)
    requires kIsInteger<T>
  {
    return b >= 0;
  }
  template <typename T>
  static T Of(T a, T b) {
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
  static T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return a > b ? a : b;
    } else {
      return a > b || a != a ? a : b;
    }
  }
};
struct MinimumOp {
  template <typename T>
  static T Of(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return a < b ? a : b;
    } else {
      return a < b || a != a ? a : b;
    }
  }
};
struct SquaredDifferenceOp {
  template <typename T>
  static T Of(T a, T b) {
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
  static T Of(T y, T x) {
    return std::atan2(y, x);
  }
};
struct NextAfterOp {
  template <typename T>
  static T Of(T a, T b) {
    return std::nextafter(a, b);
  }
};
struct ComplexOp {
  template <typename T>
  static std::complex<T> Of(T re, T im) {
    return {re, im};
  }
};

#define WEIR_COMPARISON(name, op)            \
  struct name##Op {                          \
    template <typename T>                    \
    static bool Of(const T& a, const T& b) { \
      return a op b;                         \
    }                                        \
  };
WEIR_COMPARISON(Less, <)
WEIR_COMPARISON(LessEqual, <=)
WEIR_COMPARISON(Greater, >)
WEIR_COMPARISON(GreaterEqual, >=)
WEIR_COMPARISON(Equal, ==)
WEIR_COMPARISON(NotEqual, !=)
#undef WEIR_COMPARISON

struct AndOp {
  template <typename T>
  static T Of(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct OrOp {
  template <typename T>
  static T Of(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct XorOp {
  template <typename T>
  static T Of(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

// Shifts by an amount that is held to [0, width - 1].
template <typename T>
int ShiftAmount(T b) {
  constexpr T kMost = static_cast<T>(8 * sizeof(T) - 1);
  return static_cast<int>(b < 0 ? T(0) : b > kMost ? kMost : b);
}
struct LeftShiftOp {
  template <typename T>
  static T Of(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) << ShiftAmount(b));
  }
};
struct RightShiftOp {
  template <typename T>
  static T Of(T a, T b) {
    return static_cast<T>(a >> ShiftAmount(b));
  }
};

#define WEIR_SPECIAL_OP(name, function)                                                \
  struct name##Op {                                                                    \
    template <typename T>                                                              \
    static T Of(T a, T b) {                                                            \
      return static_cast<T>(function(static_cast<double>(a), static_cast<double>(b))); \
    }                                                                                  \
  };
WEIR_SPECIAL_OP(Igamma, IncompleteGammaP)
WEIR_SPECIAL_OP(Igammac, IncompleteGammaQ)
WEIR_SPECIAL_OP(IgammaGradA, IncompleteGammaPDerivativeA)
WEIR_SPECIAL_OP(RandomGammaGrad, GammaSampleDerivative)
WEIR_SPECIAL_OP(Polygamma, Polygamma)
WEIR_SPECIAL_OP(Zeta, HurwitzZeta)
#undef WEIR_SPECIAL_OP

constexpr char kDivisionByZero[] = "Integer division by zero";

// `cost`: operations per element, roughly. `error`: what elements without a result mean.
template <typename Op, typename... Ts>
void AddBinary(KernelRegistry& registry, absl::string_view op, double cost,
               const char* error = kDivisionByZero) {
  registry.Add(op, "CPU", [cost, error](KernelPrepare& k) {
    return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
      return PrepareBinaryLoop(k, BinaryLoopOf<Op, T>(), cost, error);
    });
  });
}
template <typename Op, typename... More>
void AddNumbers(KernelRegistry& registry, absl::string_view op, double cost) {
  AddBinary<Op, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t,
            More...>(registry, op, cost);
}
template <typename Op>
void AddReal(KernelRegistry& registry, absl::string_view op, double cost) {
  AddBinary<Op, Half, BFloat16, float, double, int32_t, int64_t>(registry, op, cost);
}
template <typename Op>
void AddNoNan(KernelRegistry& registry, absl::string_view op, double cost) {
  AddBinary<Op, Half, float, double, Complex64, Complex128>(registry, op, cost);
}
template <typename Op>
void AddIntegers(KernelRegistry& registry, absl::string_view op) {
  AddBinary<Op, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(registry,
                                                                                          op, 1);
}
template <typename Op>
void AddOrdering(KernelRegistry& registry, absl::string_view op) {
  AddBinary<Op, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t,
            uint32_t, uint64_t>(registry, op, 1);
}
template <typename Op>
void AddEquality(KernelRegistry& registry, absl::string_view op) {
  registry.Add(op, "CPU", [](KernelPrepare& k) {
    switch (k.In(0).dtype()) {  // Quantised numbers are equal when their integers are.
      case DT_QINT8: return PrepareBinaryLoop(k, BinaryLoopOf<Op, int8_t>(), 1);
      case DT_QUINT8: return PrepareBinaryLoop(k, BinaryLoopOf<Op, uint8_t>(), 1);
      case DT_QINT32: return PrepareBinaryLoop(k, BinaryLoopOf<Op, int32_t>(), 1);
      default: break;
    }
    return DispatchType<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                        bool, std::string, Complex64, Complex128>(
        k.In(0).dtype(),
        [&]<typename T>(TypeTag<T>) { return PrepareBinaryLoop(k, BinaryLoopOf<Op, T>(), 1); });
  });
}

absl::Status PrepareComplex(KernelPrepare& k) {
  return DispatchType<float, double>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
    if (k.OutType(0) != kDTypeOf<std::complex<T>>) {
      return InvalidArgument("Tout must be the complex type of parts of type ",
                             DataTypeName(k.In(0).dtype()), ", but is ",
                             DataTypeName(k.OutType(0)));
    }
    return PrepareBinaryLoop(k, BinaryLoopOf<ComplexOp, T>(), 1);
  });
}

// |x - y| < tolerance.
absl::Status PrepareApproximateEqual(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  if (k.In(1).shape() != shape) {
    return k.InvalidInput(1, absl::StrCat("must have input 0's shape ", shape.ToString()));
  }
  k.Out(0).SetShape(shape);
  const double tolerance = k.Attr<float>("tolerance");
  const int64_t n = shape.num_elements();
  return DispatchNumbers(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* x = r.In<T>(0);
      const T* y = r.In<T>(1);
      bool* z = r.Out<bool>(0);
      r.ParallelFor(n, 2, [=](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        for (int64_t i = begin; i < end; ++i) {
          const C a = x[i], b = y[i];
          if constexpr (kIsInteger<C>) {
            const C d = a > b ? SubOp::Of(a, b) : SubOp::Of(b, a);
            z[i] = static_cast<double>(static_cast<std::make_unsigned_t<C>>(d)) < tolerance;
          } else {
            z[i] = static_cast<double>(std::abs(a - b)) < tolerance;
          }
        }
      });
      return absl::OkStatus();
    });
  });
}

// Scalars stand for any shape; the others are equal.
absl::Status PrepareBetainc(KernelPrepare& k) {
  Shape shape;
  for (int i = 0; i < 3; ++i) {
    const Shape& in = k.In(i).shape();
    if (in.rank() == 0) continue;
    if (shape.rank() > 0 && in != shape) {
      return k.InvalidInput(i, absl::StrCat("must be a scalar or have shape ", shape.ToString()));
    }
    shape = in;
  }
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  const int64_t sa = k.In(0).shape().rank() > 0, sb = k.In(1).shape().rank() > 0,
                sx = k.In(2).shape().rank() > 0;
  return DispatchType<float, double>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* a = r.In<T>(0);
      const T* b = r.In<T>(1);
      const T* x = r.In<T>(2);
      T* z = r.Out<T>(0);
      r.ParallelFor(n, 300, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          z[i] = static_cast<T>(IncompleteBeta(a[i * sa], b[i * sb], x[i * sx]));
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterBinaryKernels(KernelRegistry& registry) {
  AddNumbers<AddOp, Complex64, Complex128, std::string>(registry, "Add", 1);
  AddNumbers<AddOp, Complex64, Complex128>(registry, "AddV2", 1);
  AddNumbers<SubOp, Complex64, Complex128>(registry, "Sub", 1);
  AddNumbers<MulOp, Complex64, Complex128>(registry, "Mul", 1);
  AddNumbers<DivOp, Complex64, Complex128>(registry, "Div", 4);
  AddBinary<RealDivOp, Half, BFloat16, float, double, Complex64, Complex128>(registry, "RealDiv",
                                                                             4);
  AddNumbers<FloorDivOp>(registry, "FloorDiv", 5);
  AddNumbers<TruncateDivOp>(registry, "TruncateDiv", 5);
  AddReal<FloorModOp>(registry, "FloorMod", 20);
  AddReal<TruncateModOp>(registry, "Mod", 20);
  AddReal<TruncateModOp>(registry, "TruncateMod", 20);
  AddNoNan<DivNoNanOp>(registry, "DivNoNan", 4);
  AddNoNan<MulNoNanOp>(registry, "MulNoNan", 2);
  AddNoNan<XdivyOp>(registry, "Xdivy", 4);
  AddNoNan<XlogyOp>(registry, "Xlogy", 30);
  AddBinary<PowOp, Half, BFloat16, float, double, int32_t, int64_t, Complex64, Complex128>(
      registry, "Pow", 60, "Integers to negative integer powers are not allowed");
  AddReal<MaximumOp>(registry, "Maximum", 1);
  AddReal<MinimumOp>(registry, "Minimum", 1);
  AddBinary<SquaredDifferenceOp, Half, BFloat16, float, double, int32_t, int64_t, Complex64,
            Complex128>(registry, "SquaredDifference", 2);
  AddBinary<Atan2Op, Half, BFloat16, float, double>(registry, "Atan2", 40);
  AddBinary<NextAfterOp, float, double>(registry, "NextAfter", 10);
  registry.Add("Complex", "CPU", PrepareComplex);

  AddOrdering<LessOp>(registry, "Less");
  AddOrdering<LessEqualOp>(registry, "LessEqual");
  AddOrdering<GreaterOp>(registry, "Greater");
  AddOrdering<GreaterEqualOp>(registry, "GreaterEqual");
  AddEquality<EqualOp>(registry, "Equal");
  AddEquality<NotEqualOp>(registry, "NotEqual");
  registry.Add("ApproximateEqual", "CPU", PrepareApproximateEqual);

  AddBinary<AndOp, bool>(registry, "LogicalAnd", 1);
  AddBinary<OrOp, bool>(registry, "LogicalOr", 1);
  AddIntegers<AndOp>(registry, "BitwiseAnd");
  AddIntegers<OrOp>(registry, "BitwiseOr");
  AddIntegers<XorOp>(registry, "BitwiseXor");
  AddIntegers<LeftShiftOp>(registry, "LeftShift");
  AddIntegers<RightShiftOp>(registry, "RightShift");

  AddBinary<IgammaOp, float, double>(registry, "Igamma", 200);
  AddBinary<IgammacOp, float, double>(registry, "Igammac", 200);
  AddBinary<IgammaGradAOp, float, double>(registry, "IgammaGradA", 300);
  AddBinary<RandomGammaGradOp, float, double>(registry, "RandomGammaGrad", 300);
  AddBinary<PolygammaOp, float, double>(registry, "Polygamma", 200);
  AddBinary<ZetaOp, float, double>(registry, "Zeta", 200);
  registry.Add("Betainc", "CPU", PrepareBetainc);
}

}  // namespace weir
