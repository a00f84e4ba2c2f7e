#include "weir/ops/nd_index_util.h"

namespace weir {

absl::StatusOr<PartialShape> NdSlicesShape(const PartialShape& indices,
                                           const PartialShape& params) {
  if (!indices.known_rank()) return PartialShape();
  if (indices.rank() < 1) return InvalidArgument("indices must be at least a vector");
  const int64_t depth = indices.dim(-1);
  if (depth < 0 || !params.known_rank()) return PartialShape();
  if (depth > params.rank()) {
    return InvalidArgument("index innermost dimension length must be <= params rank; saw: ", depth,
                           " vs. ", params.rank());
  }
  Dims dims(indices.dims().begin(), indices.dims().end() - 1);
  for (int d = static_cast<int>(depth); d < params.rank(); ++d) dims.push_back(params.dim(d));
  return PartialShape::Make(dims);
}

absl::StatusOr<PartialShape> RowsShape(const PartialShape& indices, const PartialShape& params) {
  if (params.known_rank() && params.rank() < 1) {
    return InvalidArgument("params must be at least 1-D, got shape ", params.ToString());
  }
  if (!indices.known_rank() || !params.known_rank()) return PartialShape();
  Dims dims(indices.dims().begin(), indices.dims().end());
  for (int d = 1; d < params.rank(); ++d) dims.push_back(params.dim(d));
  return PartialShape::Make(dims);
}

}  // namespace weir
