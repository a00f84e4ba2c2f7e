#include "weir/kernels/common/reduction_plan.h"

namespace weir {

AlternatingDims Alternate(const Shape& shape, const std::vector<bool>& reduced) {
  AlternatingDims dims;
  for (int i = 0; i < shape.rank(); ++i) {
    if (reduced[i]) dims.count *= shape.dim(i);
    if (shape.dim(i) == 1) continue;
    if (!dims.reduced.empty() && dims.reduced.back() == reduced[i]) {
      dims.sizes.back() *= shape.dim(i);
    } else {
      dims.sizes.push_back(shape.dim(i));
      dims.reduced.push_back(reduced[i]);
    }
  }
  dims.strides.resize(dims.sizes.size(), 1);
  for (int i = static_cast<int>(dims.sizes.size()) - 2; i >= 0; --i) {
    dims.strides[i] = dims.strides[i + 1] * dims.sizes[i + 1];
  }
  return dims;
}

}  // namespace weir
