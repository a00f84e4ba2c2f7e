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

// Real results of complex numbers.
template <typename Op>
void AddComplexPart(KernelRegistry& registry, absl::string_view op, double cost) {
  registry.Add(op, "CPU", [cost](KernelPrepare& k) {
    RETURN_IF_ERROR(CheckPartOutput(k));
    return DispatchType<Complex64, Complex128>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
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
  FillSpecialUnaryTable<HostMath>(table);

  table.Add<ConjOp>("Conj", 1, Types<Complex64, Complex128>());
  AddComplexPart<RealOp>(registry, "Real", 1);
  AddComplexPart<ImagOp>(registry, "Imag", 1);
  AddComplexPart<ComplexAbsOp>(registry, "ComplexAbs", 10);
  AddComplexPart<AngleOp>(registry, "Angle", 30);
}

}  // namespace weir
