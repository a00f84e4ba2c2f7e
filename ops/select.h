#ifndef WEIR_OPS_SELECT_H_
#define WEIR_OPS_SELECT_H_

// Choosing between two tensors, element by element.

#include "weir/graph/scope.h"

namespace weir::ops {

// `t` where `condition` (bool), `e` elsewhere. t and e have one type and shape; the condition has
// their shape too, or is a scalar, or is a vector that chooses rows along the first dimension.
// Values that are not chosen have no influence, also not through the gradient.
Output Select(const OpScope& scope, const Input& condition, const Input& t, const Input& e);

// The same with NumPy broadcasting of all three.
Output SelectV2(const OpScope& scope, const Input& condition, const Input& t, const Input& e);

}  // namespace weir::ops

#endif  // WEIR_OPS_SELECT_H_
