// Element-wise functions of one tensor (kernels/common/unary_functions.h).

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
  if (k.In(0).shape() != k.In(1).shape()) {
    return k.InvalidInput(1,
                          absl::StrCat("must have input 0's shape ", k.In(0).shape().ToString()));
  }
  const int64_t n = k.In(0).shape().num_elements();
  ASSIGN_OR_RETURN(const BroadcastIndex index, PrepareBroadcast(k));
  return k.Run([n, index](KernelRun& r) { return RunBinary<Op, T>(r, n, index); });
}

class Table {
 public:
  explicit Table(KernelRegistry& registry) : registry_(registry) {}

  template <typename Op, typename... Ts>
  void Add(const char* op, double /*cost*/, Types<Ts...>) {
    registry_.Add(op, "GPU", [](KernelPrepare& k) {
      return ForCudaType<Ts...>(k, [&]<typename T>() { return PrepareUnary<Op, T>(k); });
    });
  }
  template <typename Op, typename... Ts>
  void AddGrad(const char* op, double /*cost*/, Types<Ts...>) {
    registry_.Add(op, "GPU", [](KernelPrepare& k) {
      return ForCudaType<Ts...>(k, [&]<typename T>() { return PrepareGrad<Op, T>(k); });
    });
  }

 private:
  KernelRegistry& registry_;
};

}  // namespace

void RegisterUnaryCudaKernels(KernelRegistry& registry) {
  Table table(registry);
  FillUnaryTable(table);
}

}  // namespace weir
