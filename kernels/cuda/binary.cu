// Element-wise functions of two broadcasting tensors (kernels/common/binary_functions.h).

#include "weir/kernels/common/binary_functions.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

template <typename Op, typename T>
absl::Status PrepareBinary(KernelPrepare& k) {
  // A kernel of the GPU cannot tell that an element has no result.
  if constexpr (requires(T a) { Op::Valid(a, a); }) {
    return absl::UnimplementedError("integers, whose division by zero is an error");
  } else {
    ASSIGN_OR_RETURN(const BroadcastIndex index, PrepareBroadcast(k));
    const int64_t n = k.Out(0).shape.num_elements();
    return k.Run([n, index](KernelRun& r) { return RunBinary<Op, T>(r, n, index); });
  }
}

struct Table {
  template <typename Op, typename... Ts>
  void Add(const char* op, double /*cost*/, Types<Ts...> types) {
    AddForTypes(registry, op, types,
                []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareBinary<Op, T>(k); });
  }

  KernelRegistry& registry;
};

}  // namespace

void RegisterBinaryCudaKernels(KernelRegistry& registry) {
  Table table{registry};
  FillBinaryTable(table);
}

}  // namespace weir
