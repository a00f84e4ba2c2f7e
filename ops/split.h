#ifndef WEIR_OPS_SPLIT_H_
#define WEIR_OPS_SPLIT_H_

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// x cut along `axis` (an int32 scalar; negative counts from the end) into num_split equal parts.
// Errors: InvalidArgument when the extent is not a multiple of num_split.
std::vector<Output> Split(const OpScope& scope, const Input& x, int64_t num_split,
                          const Input& axis);

// x cut along `axis` into parts of the given sizes, one of which may be -1: what is left.
// Errors: InvalidArgument when the sizes do not add up to the extent.
std::vector<Output> SplitV(const OpScope& scope, const Input& x, const std::vector<int64_t>& sizes,
                           const Input& axis);

}  // namespace weir::ops

#endif  // WEIR_OPS_SPLIT_H_
