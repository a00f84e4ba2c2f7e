#ifndef WEIR_OPS_TRANSPOSE_H_
#define WEIR_OPS_TRANSPOSE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// y.shape[i] = x.shape[perm[i]]: axis perm[i] of x becomes axis i. `perm` is an int32 or int64
// vector that holds each axis once. Errors: InvalidArgument when it does not.
Output Transpose(const OpScope& scope, const Input& x, const Input& perm);

// The same with conjugated elements; real types are only transposed.
Output ConjugateTranspose(const OpScope& scope, const Input& x, const Input& perm);

// y[x[i]] = i, for a vector x that holds each of 0 .. n-1 once.
Output InvertPermutation(const OpScope& scope, const Input& x);

}  // namespace weir::ops

#endif  // WEIR_OPS_TRANSPOSE_H_
