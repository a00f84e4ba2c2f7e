#ifndef WEIR_OPS_RESOURCE_GATHER_H_
#define WEIR_OPS_RESOURCE_GATHER_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct ResourceGatherOptions {
  int64_t batch_dims = 0;  // As in GatherV2, with the axis after the batch dimensions.
};

// Rows of a resource variable of element type `dtype`: output[i.., b..] = variable[indices[i..],
// b..], without a copy of the whole. The gradient is IndexedSlices. Errors as GatherV2's, and
// FailedPrecondition for an uninitialized variable.
Output ResourceGather(const OpScope& scope, const Input& resource, const Input& indices,
                      DataType dtype, const ResourceGatherOptions& options = {});

// GatherNd on the value of a resource variable.
Output ResourceGatherNd(const OpScope& scope, const Input& resource, const Input& indices,
                        DataType dtype);

}  // namespace weir::ops

#endif  // WEIR_OPS_RESOURCE_GATHER_H_
