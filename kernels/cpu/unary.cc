// Element-wise functions of one tensor (ops/unary.cc).

#include "weir/kernels/common/unary_functions.h"
#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/special_math_util.h"
#include "weir/kernels/cpu/vector_math_util.h"

namespace weir {
namespace {

// The function as this device computes it: some are faster in float.
template <typename Op>
struct OnCpu : Op {};
template <>
struct OnCpu<ExpOp> : ExpOp {
  using ExpOp::Of;
  static float Of(float x) { return ExpF(x); }
};
template <>
struct OnCpu<LogOp> : LogOp {
  using LogOp::Of;
  static float Of(float x) { return LogF(x); }
};
template <>
struct OnCpu<TanhOp> : TanhOp {
  using TanhOp::Of;
  static float Of(float x) { return TanhF(x); }
};
template <>
struct OnCpu<SigmoidOp> : SigmoidOp {
  using SigmoidOp::Of;
  static float Of(float x) { return SigmoidF(x); }
};

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

template <typename Op, typename... Ts>
void AddUnary(KernelRegistry& registry, absl::string_view op, double cost, Types<Ts...>) {
  registry.Add(op, "CPU", [cost](KernelPrepare& k) {
    return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
      return PrepareUnaryLoop(k, UnaryLoopOf<Op, T>(), cost);
    });
  });
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

struct Table {
  template <typename Op, typename... Ts>
  void Add(const char* op, double cost, Types<Ts...> types) {
    AddUnary<OnCpu<Op>>(registry, op, cost, types);
  }
  template <typename Op, typename... Ts>
  void AddGrad(const char* op, double cost, Types<Ts...>) {
    registry.Add(op, "CPU", [cost](KernelPrepare& k) {
      return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
        if (k.In(0).shape() != k.In(1).shape()) {
          return k.InvalidInput(
              1, absl::StrCat("must have input 0's shape ", k.In(0).shape().ToString()));
        }
        return PrepareBinaryLoop(k, BinaryLoopOf<Op, T>(), cost);
      });
    });
  }

  KernelRegistry& registry;
};

}  // namespace

void RegisterUnaryKernels(KernelRegistry& registry) {
  Table table{registry};
  FillUnaryTable(table);

  AddUnary<LgammaOp>(registry, "Lgamma", 60, FloatTypes());
  AddUnary<DigammaOp>(registry, "Digamma", 60, FloatTypes());
  AddUnary<BesselI0eOp>(registry, "BesselI0e", 100, FloatTypes());
  AddUnary<BesselI1eOp>(registry, "BesselI1e", 100, FloatTypes());
  AddUnary<ConjOp>(registry, "Conj", 1, Types<Complex64, Complex128>());
  AddComplexPart<RealOp>(registry, "Real", 1);
  AddComplexPart<ImagOp>(registry, "Imag", 1);
  AddComplexPart<ComplexAbsOp>(registry, "ComplexAbs", 10);
  AddComplexPart<AngleOp>(registry, "Angle", 30);
}

}  // namespace weir
