#include "weir/kernels/common/checks.h"

namespace weir {

absl::Status CheckShapeOfInput0(const KernelPrepare& k, int i) {
  const Shape& shape = k.In(0).shape();
  if (k.In(i).shape() == shape) return absl::OkStatus();
  return k.InvalidInput(i, absl::StrCat("must have input 0's shape ", shape.ToString()));
}

}  // namespace weir
