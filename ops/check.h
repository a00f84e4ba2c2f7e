#ifndef WEIR_OPS_CHECK_H_
#define WEIR_OPS_CHECK_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// x itself, once all its elements are known to be finite. Errors at run time: InvalidArgument with
// `message` and "Tensor had NaN values", "Inf values" or "Inf and NaN values". Floating.
Output CheckNumerics(const OpScope& scope, const Input& x, absl::string_view message);

}  // namespace weir::ops

#endif  // WEIR_OPS_CHECK_H_
