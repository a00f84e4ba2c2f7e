#ifndef WEIR_OPS_TOP_K_H_
#define WEIR_OPS_TOP_K_H_

// The largest elements of each row, rows being the last dimension.

#include "weir/graph/scope.h"

namespace weir::ops {

struct TopKOptions {
  bool sorted = true;  // Largest first; otherwise in any order.
};

struct TopKResult {
  Output values;
  Output indices;  // int32, positions in the row.
};

// The k largest elements of each row; of equal ones those with the lower index. `k` is an int32
// scalar, 0 <= k <= the row's length. Real numbers. The gradient goes to the chosen elements.
// Errors: InvalidArgument when k is out of range or input is a scalar.
TopKResult TopKV2(const OpScope& scope, const Input& input, const Input& k,
                  const TopKOptions& options = {});

struct NthElementOptions {
  bool reverse = false;  // Count from the largest.
};

// The element that would stand at position `n` (an int32 scalar) of each row if it were sorted.
// Equal elements share the gradient.
Output NthElement(const OpScope& scope, const Input& input, const Input& n,
                  const NthElementOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_TOP_K_H_
