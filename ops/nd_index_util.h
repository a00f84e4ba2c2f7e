#ifndef WEIR_OPS_ND_INDEX_UTIL_H_
#define WEIR_OPS_ND_INDEX_UTIL_H_

// Shapes of ops whose indices hold index vectors along their last dimension.

#include "weir/graph/shape_context.h"

namespace weir {

// The shape of the slices that `indices` (rank >= 1) names in an array of shape `params`:
// indices.shape[:-1] + params.shape[indices.shape[-1]:]. InvalidArgument when the index vectors are
// longer than params has dimensions.
absl::StatusOr<PartialShape> NdSlicesShape(const PartialShape& indices, const PartialShape& params);

// indices.shape + params.shape[1:], the shape of rows picked along dimension 0.
absl::StatusOr<PartialShape> RowsShape(const PartialShape& indices, const PartialShape& params);

}  // namespace weir

#endif  // WEIR_OPS_ND_INDEX_UTIL_H_
