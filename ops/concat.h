#ifndef WEIR_OPS_CONCAT_H_
#define WEIR_OPS_CONCAT_H_

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// The values one after another along `axis` (a scalar; negative counts from the end). They agree in
// type, rank and all other extents. A single value is returned as it is, through an Identity.
// Errors: InvalidArgument when shapes disagree or the axis is out of range.
Output Concat(const OpScope& scope, absl::Span<const Output> values, const Input& axis);

// For each of the shapes (int32 vectors) of tensors that are concatenated along `axis`, where its
// tensor begins in the result.
std::vector<Output> ConcatOffset(const OpScope& scope, const Input& axis,
                                 absl::Span<const Output> shapes);

}  // namespace weir::ops

#endif  // WEIR_OPS_CONCAT_H_
