#include "weir/kernels/common/fused_ops.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"

namespace weir {

absl::StatusOr<bool> ReadBiasAndRelu(KernelPrepare& k, int64_t channels) {
  const auto fused = k.Attr<std::vector<std::string>>("fused_ops");
  const bool relu = fused == std::vector<std::string>{"BiasAdd", "Relu"};
  if ((!relu && fused != std::vector<std::string>{"BiasAdd"}) || k.num_inputs() != 3) {
    return Unimplemented("no product with [", absl::StrJoin(fused, ", "), "] of ",
                         k.num_inputs() - 2, " arguments");
  }
  if (k.In(2).shape() != Shape({channels})) {
    return k.InvalidInput(
        2, absl::StrCat("must have one element for each of ", channels, " columns or channels"));
  }
  return relu;
}

}  // namespace weir
