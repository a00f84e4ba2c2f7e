#ifndef WEIR_OPS_SCATTER_H_
#define WEIR_OPS_SCATTER_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// Updates of single rows of a variable: for every i.., row indices[i..] of the variable becomes
//   Update: u   Add: v + u   Sub: v - u   Mul: v * u   Div: v / u   Min: min(v, u)   Max: max(v, u)
// where v is the row and u = updates[i.., :]; a scalar `updates` stands for every element. Repeated
// indices are applied one after the other.
//
// `indices` is int32 or int64; updates.shape = indices.shape + variable.shape[1:], or []. Errors:
// InvalidArgument for shapes that do not fit, for "indices[%] = % is not in [0, %)" and for an
// integer division by zero; FailedPrecondition for an uninitialized variable.

// On reference variables; the reference is passed on.
Output ScatterUpdate(const OpScope& scope, const Input& ref, const Input& indices,
                     const Input& updates);
Output ScatterAdd(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates);
Output ScatterSub(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates);
Output ScatterMul(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates);
Output ScatterDiv(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates);
Output ScatterMin(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates);
Output ScatterMax(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates);

// On resource variables.
Operation ResourceScatterUpdate(const OpScope& scope, const Input& resource, const Input& indices,
                                const Input& updates);
Operation ResourceScatterAdd(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates);
Operation ResourceScatterSub(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates);
Operation ResourceScatterMul(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates);
Operation ResourceScatterDiv(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates);
Operation ResourceScatterMin(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates);
Operation ResourceScatterMax(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates);

}  // namespace weir::ops

#endif  // WEIR_OPS_SCATTER_H_
