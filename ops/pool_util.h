#ifndef WEIR_OPS_POOL_UTIL_H_
#define WEIR_OPS_POOL_UTIL_H_

// What pooling over two and over three spatial dimensions have in common.

#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {

// Shape functions, for `spatial` spatial dimensions: of (input), of (orig_input_shape, grad), and
// of (orig_input, orig_output, grad), with the input's or the output's shape.
absl::Status PoolShape(ShapeContext& c, int spatial);
absl::Status AvgPoolGradShape(ShapeContext& c, int spatial);
absl::Status MaxPoolGradShape(ShapeContext& c, int spatial);
absl::Status MaxPoolGradGradShape(ShapeContext& c, int spatial);

// Gradients of a pooling op, given the name of its gradient op.
GradientFn AvgPoolGradient(absl::string_view grad_op);
GradientFn MaxPoolGradient(absl::string_view grad_op);
// Of an AvgPool gradient op, given the name of the pooling op.
GradientFn AvgPoolGradGradient(absl::string_view pool_op);
// Of an op over (orig_input, orig_output, grad), given the name of its adjoint.
GradientFn MaxPoolGradGradient(absl::string_view adjoint_op);

}  // namespace weir

#endif  // WEIR_OPS_POOL_UTIL_H_
