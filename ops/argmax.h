#ifndef WEIR_OPS_ARGMAX_H_
#define WEIR_OPS_ARGMAX_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct ArgMaxOptions {
  DataType output_type = DT_INT64;  // Or DT_INT32.
};

// The position along `axis` (one integer in [-rank, rank)) of the largest (smallest) element, the
// first of several; the axis vanishes. Real numbers. Errors: InvalidArgument when the axis is out
// of range or has no elements, unless the output has none.
Output ArgMax(const OpScope& scope, const Input& input, const Input& axis,
              const ArgMaxOptions& options = {});
Output ArgMin(const OpScope& scope, const Input& input, const Input& axis,
              const ArgMaxOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_ARGMAX_H_
