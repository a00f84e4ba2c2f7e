#include "weir/kernels/cpu/reduction_util.h"

namespace weir {

absl::StatusOr<std::vector<bool>> PrepareReducedAxes(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const Dims axes, k.IntValues(1));
  std::vector<bool> reduced(x.rank(), false);
  for (int64_t axis : axes) {
    if (axis < -x.rank() || axis >= x.rank()) {
      return InvalidArgument("Invalid reduction dimension (", axis, " for input with ", x.rank(),
                             " dimension(s)");
    }
    if (axis < 0) axis += x.rank();
    if (reduced[axis]) {
      return InvalidArgument("Invalid reduction arguments: Axes contains duplicate dimension: ",
                             axis);
    }
    reduced[axis] = true;
  }
  const bool keep_dims = k.Attr<bool>("keep_dims");
  Dims dims;
  for (int i = 0; i < x.rank(); ++i) {
    if (!reduced[i]) {
      dims.push_back(x.dim(i));
    } else if (keep_dims) {
      dims.push_back(1);
    }
  }
  ASSIGN_OR_RETURN(const Shape out, Shape::Make(dims));
  k.Out(0).SetShape(out);
  return reduced;
}

}  // namespace weir
