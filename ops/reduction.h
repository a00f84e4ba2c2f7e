#ifndef WEIR_OPS_REDUCTION_H_
#define WEIR_OPS_REDUCTION_H_

// Reductions along axes. `axes` is one int32 or int64 or a vector of them, in [-rank, rank),
// without repetition; an empty vector reduces nothing. Without `axes` all are reduced. The reduced
// axes vanish, or with keep_dims stay with extent 1.
//
// Errors: InvalidArgument for an axis that is out of range or listed twice.

#include "weir/graph/scope.h"

namespace weir::ops {

struct ReduceOptions {
  bool keep_dims = false;
};

// Sums of numbers; integers wrap around. 0 over no elements.
Output ReduceSum(const OpScope& scope, const Input& x);
Output ReduceSum(const OpScope& scope, const Input& x, const Input& axes,
                 const ReduceOptions& options = {});

// Sums divided by the number of elements; integers truncate. NaN over no elements.
Output ReduceMean(const OpScope& scope, const Input& x);
Output ReduceMean(const OpScope& scope, const Input& x, const Input& axes,
                  const ReduceOptions& options = {});

// Products of numbers. 1 over no elements.
Output ReduceProd(const OpScope& scope, const Input& x);
Output ReduceProd(const OpScope& scope, const Input& x, const Input& axes,
                  const ReduceOptions& options = {});

// The largest (smallest) of real numbers; equal ones share the gradient. Over no elements the least
// (greatest) value of the type, infinite for floating types.
Output ReduceMax(const OpScope& scope, const Input& x);
Output ReduceMax(const OpScope& scope, const Input& x, const Input& axes,
                 const ReduceOptions& options = {});
Output ReduceMin(const OpScope& scope, const Input& x);
Output ReduceMin(const OpScope& scope, const Input& x, const Input& axes,
                 const ReduceOptions& options = {});

// Whether all (any) of some bools are true. True (false) over no elements.
Output ReduceAll(const OpScope& scope, const Input& x);
Output ReduceAll(const OpScope& scope, const Input& x, const Input& axes,
                 const ReduceOptions& options = {});
Output ReduceAny(const OpScope& scope, const Input& x);
Output ReduceAny(const OpScope& scope, const Input& x, const Input& axes,
                 const ReduceOptions& options = {});

// sqrt(sum |x|^2). No gradient flows through it.
Output EuclideanNorm(const OpScope& scope, const Input& x, const Input& axes,
                     const ReduceOptions& options = {});

// ln(sum e^x), computed without overflow.
Output ReduceLogSumExp(const OpScope& scope, const Input& x);
Output ReduceLogSumExp(const OpScope& scope, const Input& x, const Input& axes,
                       const ReduceOptions& options = {});

// sum(x^2) / 2 over all elements, a scalar. Floating.
Output L2Loss(const OpScope& scope, const Input& x);

}  // namespace weir::ops

#endif  // WEIR_OPS_REDUCTION_H_
