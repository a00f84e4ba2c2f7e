#ifndef WEIR_OPS_RESHAPE_H_
#define WEIR_OPS_RESHAPE_H_

// The same elements in the same order under another shape, or the same bytes under another type.
// No element moves.

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// x's elements under the shape that the int32 or int64 vector `shape` spells; one entry may be -1
// and is then what makes the element counts agree. Errors: InvalidArgument when they cannot.
Output Reshape(const OpScope& scope, const Input& x, const Input& shape);

// Removes the axes of extent 1: all of them, or exactly those listed (negative ones count from the
// end). Errors: InvalidArgument when a listed axis has another extent or is out of range.
Output Squeeze(const OpScope& scope, const Input& x, const std::vector<int64_t>& axes = {});

// Inserts an axis of extent 1 before axis `axis` of x, where -1 puts it last. `axis` has one
// element, in [-rank-1, rank].
Output ExpandDims(const OpScope& scope, const Input& x, const Input& axis);

// x's bytes as elements of `type`. With a narrower type the output has one more axis, innermost,
// of the ratio of sizes; with a wider one the innermost axis, of that ratio, is gone.
Output Bitcast(const OpScope& scope, const Input& x, DataType type);

}  // namespace weir::ops

#endif  // WEIR_OPS_RESHAPE_H_
