#ifndef WEIR_OPS_WHERE_H_
#define WEIR_OPS_WHERE_H_

#include <utility>

#include "weir/graph/scope.h"

namespace weir::ops {

// The positions of the elements of `input` that are true or not zero, in row-major order: an int64
// matrix of one row per such element and one column per axis.
Output Where(const OpScope& scope, const Input& input);

// The elements of the vector x that the vector y lacks, in x's order and with repeats, and their
// positions in x as `index_type` (int32 or int64).
std::pair<Output, Output> ListDiff(const OpScope& scope, const Input& x, const Input& y,
                                   DataType index_type = DT_INT32);

}  // namespace weir::ops

#endif  // WEIR_OPS_WHERE_H_
