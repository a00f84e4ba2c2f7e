// Element-wise functions of one tensor (kernels/common/unary_functions.h).

#include "weir/kernels/common/checks.h"
#include "weir/kernels/common/unary_functions.h"
#include "weir/kernels/cuda/elementwise_util.h"

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
}

}  // namespace weir
