#ifndef WEIR_OPS_BROADCAST_H_
#define WEIR_OPS_BROADCAST_H_

// Broadcasting: shapes are aligned at their last axes, and an extent of 1 stretches to the other's.

#include <utility>

#include "weir/graph/scope.h"

namespace weir::ops {

// x stretched to the shape that the int32 or int64 vector `shape` spells.
// Errors: InvalidArgument when x does not broadcast to it.
Output BroadcastTo(const OpScope& scope, const Input& x, const Input& shape);

// The shape to which tensors of shapes s0 and s1 broadcast.
Output BroadcastArgs(const OpScope& scope, const Input& s0, const Input& s1);

// For each of two shapes, the axes over which the gradient of a broadcasting op is summed; axes
// count in the broadcast shape. Both are empty when the shapes are equal.
std::pair<Output, Output> BroadcastGradientArgs(const OpScope& scope, const Input& s0,
                                                const Input& s1);

}  // namespace weir::ops

#endif  // WEIR_OPS_BROADCAST_H_
