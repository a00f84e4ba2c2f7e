#ifndef WEIR_OPS_CROSS_H_
#define WEIR_OPS_CROSS_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// The vector products of the 3-vectors in the last dimension of a and b, which have one shape. Real
// numbers.
Output Cross(const OpScope& scope, const Input& a, const Input& b);

}  // namespace weir::ops

#endif  // WEIR_OPS_CROSS_H_
