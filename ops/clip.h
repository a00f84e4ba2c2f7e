#ifndef WEIR_OPS_CLIP_H_
#define WEIR_OPS_CLIP_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// t held to [low, high], element by element: min(max(t, low), high). The bounds are scalars or have
// t's shape. Real numbers. The gradient is that of the elements within the bounds.
Output ClipByValue(const OpScope& scope, const Input& t, const Input& low, const Input& high);

}  // namespace weir::ops

#endif  // WEIR_OPS_CLIP_H_
