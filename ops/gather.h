#ifndef WEIR_OPS_GATHER_H_
#define WEIR_OPS_GATHER_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct GatherOptions {
  // Leading dimensions that params and indices share; negative counts from indices' rank.
  int64_t batch_dims = 0;
};

// The slices of `params` along `axis` that `indices` name:
//   output[a.., i.., b..] = params[a.., indices[i..], b..]
// where a runs over the dimensions of params before axis and b over those after it. With batch
// dimensions, indices[c.., i..] picks within batch c.. only.
//
// `indices` is an int32 or int64 tensor of any rank, `axis` a scalar that may count from the end.
// Any element type. InvalidArgument "indices[%] = % is not in [0, %)" for a bad index. The gradient
// is IndexedSlices for axis 0, dense otherwise.
Output GatherV2(const OpScope& scope, const Input& params, const Input& indices, const Input& axis,
                const GatherOptions& options = {});

// GatherV2 along axis 0, as older graphs spell it.
Output Gather(const OpScope& scope, const Input& params, const Input& indices);

// The slices (or elements) of `params` at the index vectors along the last dimension of `indices`:
//   output[i.., b..] = params[indices[i.., 0], indices[i.., 1], ..., b..]
// InvalidArgument "indices[%] = [%] does not index into shape %" for a bad vector.
Output GatherNd(const OpScope& scope, const Input& params, const Input& indices);

}  // namespace weir::ops

#endif  // WEIR_OPS_GATHER_H_
