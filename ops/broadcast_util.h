#ifndef WEIR_OPS_BROADCAST_UTIL_H_
#define WEIR_OPS_BROADCAST_UTIL_H_

// Help for the gradients of ops whose inputs broadcast.

#include "weir/graph/scope.h"

namespace weir {

// Reduces `grad`, which has the shape to which `x` and `other` broadcast, to x's shape: the sum
// over all positions to which one element of x was copied.
//
// What is summed is decided from the static shapes where they say enough (nothing is added to the
// graph when x was not stretched); otherwise the graph computes it with BroadcastGradientArgs.
Output SumToShapeOf(const OpScope& scope, const Output& grad, const Output& x, const Output& other);

}  // namespace weir

#endif  // WEIR_OPS_BROADCAST_UTIL_H_
