#ifndef WEIR_OPS_SCATTER_ND_H_
#define WEIR_OPS_SCATTER_ND_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// In all ops here the last dimension of `indices` (int32 or int64) holds index vectors, each of
// which names an element or a slice of the target:
//   updates.shape = indices.shape[:-1] + target.shape[indices.shape[-1]:]
// InvalidArgument when the shapes do not fit, or "indices[%] = [%] does not index into shape %".

// Zeros of shape `shape` to which updates[i..] is added at indices[i..]; repeated places add up.
Output ScatterNd(const OpScope& scope, const Input& indices, const Input& updates,
                 const Input& shape);

// `tensor` with updates[i..] written over, added to, or subtracted from what stands at
// indices[i..]. Of repeated places the last update stays or all add up.
Output TensorScatterUpdate(const OpScope& scope, const Input& tensor, const Input& indices,
                           const Input& updates);
Output TensorScatterAdd(const OpScope& scope, const Input& tensor, const Input& indices,
                        const Input& updates);
Output TensorScatterSub(const OpScope& scope, const Input& tensor, const Input& indices,
                        const Input& updates);
Output ScatterNdNonAliasingAdd(const OpScope& scope, const Input& input, const Input& indices,
                               const Input& updates);

// The same on the value of a reference variable, which is passed on.
Output ScatterNdUpdate(const OpScope& scope, const Input& ref, const Input& indices,
                       const Input& updates);
Output ScatterNdAdd(const OpScope& scope, const Input& ref, const Input& indices,
                    const Input& updates);
Output ScatterNdSub(const OpScope& scope, const Input& ref, const Input& indices,
                    const Input& updates);

// The same on the value of a resource variable.
Operation ResourceScatterNdUpdate(const OpScope& scope, const Input& ref, const Input& indices,
                                  const Input& updates);
Operation ResourceScatterNdAdd(const OpScope& scope, const Input& ref, const Input& indices,
                               const Input& updates);
Operation ResourceScatterNdSub(const OpScope& scope, const Input& ref, const Input& indices,
                               const Input& updates);

}  // namespace weir::ops

#endif  // WEIR_OPS_SCATTER_ND_H_
