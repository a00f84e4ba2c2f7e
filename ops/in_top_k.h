#ifndef WEIR_OPS_IN_TOP_K_H_
#define WEIR_OPS_IN_TOP_K_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// For each row of `predictions` (float, [batch, classes]) whether the class that `targets` (int32
// or int64, [batch]) names is among the k largest: whether fewer than k predictions are larger.
// False when the target is no class, and when a prediction that matters is not finite. `k` has the
// type of the targets.
Output InTopKV2(const OpScope& scope, const Input& predictions, const Input& targets,
                const Input& k);

}  // namespace weir::ops

#endif  // WEIR_OPS_IN_TOP_K_H_
