// Element-wise functions of one tensor (ops/unary.cc).

#include "weir/kernels/common/checks.h"
#include "weir/kernels/common/unary_functions.h"
#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/special_math_util.h"
#include "weir/kernels/cpu/vector_math_util.h"

namespace weir {
namespace {

// The function as this device computes it: some are faster in float.
template <typename Op>
struct OnCpu : Op {};
#define WEIR_FAST_IN_FLOAT(name)                    \
  template <>                                       \
  struct OnCpu<name##Op> : name##Op {               \
    using name##Op::Of;                             \
    static float Of(float x) { return name##F(x); } \
  };
WEIR_FAST_IN_FLOAT(Exp)
WEIR_FAST_IN_FLOAT(Log)
WEIR_FAST_IN_FLOAT(Tanh)
WEIR_FAST_IN_FLOAT(Sigmoid)
#undef WEIR_FAST_IN_FLOAT

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
  void Add(const char* op, double cost, Types<Ts...>) {
    registry.Add(op, "CPU", [cost](KernelPrepare& k) {
      return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
        return PrepareUnaryLoop(k, UnaryLoopOf<OnCpu<Op>, T>(), cost);
      });
    });
  }
  template <typename Op, typename... Ts>
  void AddGrad(const char* op, double cost, Types<Ts...>) {
    registry.Add(op, "CPU", [cost](KernelPrepare& k) {
      return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
        RETURN_IF_ERROR(CheckShapeOfInput0(k, 1));
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

  table.Add<LgammaOp>("Lgamma", 60, FloatTypes());
  table.Add<DigammaOp>("Digamma", 60, FloatTypes());
  table.Add<BesselI0eOp>("BesselI0e", 100, FloatTypes());
  table.Add<BesselI1eOp>("BesselI1e", 100, FloatTypes());
  table.Add<ConjOp>("Conj", 1, Types<Complex64, Complex128>());
  AddComplexPart<RealOp>(registry, "Real", 1);
  AddComplexPart<ImagOp>(registry, "Imag", 1);
  AddComplexPart<ComplexAbsOp>(registry, "ComplexAbs", 10);
  AddComplexPart<AngleOp>(registry, "Angle", 30);
}

}  // namespace weir
