#ifndef WEIR_OPS_SHAPE_H_
#define WEIR_OPS_SHAPE_H_

// The shapes of tensors, as tensors. Inside namespace weir::ops the class is written weir::Shape.

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// The extents of x, a vector of `out_type` (int32 or int64). Errors at run time: InvalidArgument
// when an extent does not fit in int32 and out_type is int32.
Output Shape(const OpScope& scope, const Input& x, DataType out_type = DT_INT32);

// The shapes of several tensors of one type.
std::vector<Output> ShapeN(const OpScope& scope, absl::Span<const Output> x,
                           DataType out_type = DT_INT32);

// The number of elements of x, a scalar of `out_type`.
Output Size(const OpScope& scope, const Input& x, DataType out_type = DT_INT32);

// The number of dimensions of x, an int32 scalar.
Output Rank(const OpScope& scope, const Input& x);

}  // namespace weir::ops

#endif  // WEIR_OPS_SHAPE_H_
