#ifndef WEIR_OPS_CONSTANT_H_
#define WEIR_OPS_CONSTANT_H_

// Tensors that come from the graph itself or from outside: constants, placeholders, fills, ranges.

#include "weir/graph/scope.h"

namespace weir::ops {

// A constant: a Tensor, number, string or (nested) list. The element type is that of the C++ value
// (float for 1.0f, double for 1.0, int32 for 1). An input that already is a tensor of the graph is
// returned as it is.
Output Const(const OpScope& scope, const Input& value);

// A constant of the given shape in which one value repeats.
// Errors: InvalidArgument when `value` is not a constant of one element.
Output Const(const OpScope& scope, const Input& value, const weir::Shape& shape);

// A scalar constant of any number type, quantised types excepted; integers are truncated to the
// type's range, and bool is `value != 0`. Gradients use it for factors of their operands' type.
Output ScalarConst(const OpScope& scope, DataType dtype, double value);

// A value that every run must be fed. Fed shapes must be compatible with `shape`.
// Errors at run time: InvalidArgument "You must feed a value for placeholder tensor ..." when the
// run needs the value and does not feed it.
Output Placeholder(const OpScope& scope, DataType dtype, const PartialShape& shape = {});

// `input`, unless a run feeds another value of a shape compatible with `shape`.
Output PlaceholderWithDefault(const OpScope& scope, const Input& input, const PartialShape& shape);

// All zeros or ones. Up to 1024 elements a constant, else a Fill. For strings, "zero" is "".
Output Zeros(const OpScope& scope, const weir::Shape& shape, DataType dtype = DT_FLOAT);
Output Ones(const OpScope& scope, const weir::Shape& shape, DataType dtype = DT_FLOAT);

// Zeros or ones of the shape and type of x.
Output ZerosLike(const OpScope& scope, const Input& x);
Output OnesLike(const OpScope& scope, const Input& x);

// A tensor of shape `dims` (an int32 or int64 vector) whose elements are all the scalar `value`.
Output Fill(const OpScope& scope, const Input& dims, const Input& value);

// start, start + delta, start + 2 delta, ... up to but excluding limit. Scalars of one type.
// Errors: InvalidArgument when delta is 0 or points away from limit.
Output Range(const OpScope& scope, const Input& start, const Input& limit, const Input& delta);

// `num` values evenly spaced from start to stop, both included. Errors: InvalidArgument unless
// num > 0.
Output LinSpace(const OpScope& scope, const Input& start, const Input& stop, const Input& num);

}  // namespace weir::ops

#endif  // WEIR_OPS_CONSTANT_H_
