#ifndef WEIR_OPS_BINCOUNT_H_
#define WEIR_OPS_BINCOUNT_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// How often each value in [0, size) occurs in `values` (int32, any shape): a vector of `size` (an
// int32 scalar). With `weights` of the same shape the sums of the weights at these places; with an
// empty tensor of weights each counts 1 in its type (int32, int64, float, double). Values from
// `size` on are left out. Errors: InvalidArgument for negative sizes and values.
Output Bincount(const OpScope& scope, const Input& values, const Input& size, const Input& weights);

}  // namespace weir::ops

#endif  // WEIR_OPS_BINCOUNT_H_
