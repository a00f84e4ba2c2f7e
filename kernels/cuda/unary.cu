// Element-wise functions of one tensor (kernels/common/unary_functions.h).

#include "weir/kernels/common/checks.h"
#include "weir/kernels/common/unary_functions.h"
#include "weir/kernels/cuda/complex_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/special_math_util.h"

namespace weir {
namespace {

template <typename Op, typename T>
absl::Status PrepareUnary(KernelPrepare& k) {
  const int64_t n = k.In(0).shape().num_elements();
  k.Out(0).SetShape(k.In(0).shape()).MayReuse(0);
  return k.Run([n](KernelRun& r) { return RunUnary<Op, T>(r, n); });
}

template <typename Op, typename T>
absl::Status PrepareGrad(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckShapeOfInput0(k, 1));
  const int64_t n = k.In(0).shape().num_elements();
  ASSIGN_OR_RETURN(const BroadcastIndex index, PrepareBroadcast(k));
  return k.Run([n, index](KernelRun& r) { return RunBinary<Op, T>(r, n, index); });
}

// Ops of complex numbers alone; kPart: the result is a real number.
template <typename Op, bool kPart>
absl::Status PrepareOfComplex(KernelPrepare& k) {
  if constexpr (kPart) RETURN_IF_ERROR(CheckPartOutput(k));
  return DispatchType<Complex64, Complex128>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return PrepareUnary<Op, DeviceNumber<T>>(k);
  });
}

struct Table {
  template <typename Op, typename... Ts>
  void Add(const char* op, double /*cost*/, Types<Ts...> types) {
    AddForTypes(registry, op, types,
                []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareUnary<Op, T>(k); });
  }
  template <typename Op, typename... Ts>
  void AddGrad(const char* op, double /*cost*/, Types<Ts...> types) {
    AddForTypes(registry, op, types,
                []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareGrad<Op, T>(k); });
  }

  KernelRegistry& registry;
};

}  // namespace

void RegisterUnaryCudaKernels(KernelRegistry& registry) {
  Table table{registry};
  FillUnaryTable(table);
  FillSpecialUnaryTable<DeviceMath>(table);

  registry.Add("Conj", "GPU", PrepareOfComplex<ConjOp, false>);
  registry.Add("Real", "GPU", PrepareOfComplex<RealOp, true>);
  registry.Add("Imag", "GPU", PrepareOfComplex<ImagOp, true>);
  registry.Add("ComplexAbs", "GPU", PrepareOfComplex<ComplexAbsOp, true>);
  registry.Add("Angle", "GPU", PrepareOfComplex<AngleOp, true>);
}

}  // namespace weir
