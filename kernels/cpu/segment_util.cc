#include "weir/kernels/cpu/segment_util.h"

namespace weir {

absl::StatusOr<Shape> ShapeWithRows(int64_t rows, const Shape& data, int lead) {
  Dims dims = {rows};
  dims.insert(dims.end(), data.dims().begin() + lead, data.dims().end());
  return Shape::Make(dims);
}

absl::StatusOr<UnsortedSegments> PrepareUnsortedSegments(KernelPrepare& k) {
  const Shape& data = k.In(0).shape();
  const Shape& ids = k.In(1).shape();
  ASSIGN_OR_RETURN(const int64_t segments, k.IntValue(2));
  const int lead = ids.rank();
  if (data.rank() < lead || data.dims().subspan(0, lead) != ids.dims()) {
    return InvalidArgument("data.shape = ", data.ToString(),
                           " does not start with segment_ids.shape = ", ids.ToString());
  }
  if (segments < 0) {
    return InvalidArgument("Input num_segments == ", segments, " must not be negative.");
  }
  ASSIGN_OR_RETURN(const Shape output, ShapeWithRows(segments, data, lead));
  k.Out(0).SetShape(output);
  return UnsortedSegments{ids.num_elements(), data.Count(lead, data.rank()), segments};
}

absl::Status CheckSortedSegments(const KernelPrepare& k) {
  const Shape &data = k.In(0).shape(), &ids = k.In(1).shape();
  if (data.rank() < 1) return k.InvalidInput(0, "must have rank >= 1");
  if (ids.rank() != 1) return k.InvalidInput(1, "should be a vector.");
  if (ids.dim(0) != data.dim(0)) {
    return k.InvalidInput(1, "should be the same size as dimension 0 of input.");
  }
  return absl::OkStatus();
}

absl::Status CheckSparseSegments(const KernelPrepare& k) {
  if (k.In(0).shape().rank() < 1) return k.InvalidInput(0, "must have rank >= 1");
  if (k.In(1).shape().rank() != 1) return k.InvalidInput(1, "should be a vector.");
  if (k.In(2).shape() != k.In(1).shape()) {
    return k.InvalidInput(2, "segment_ids and indices should have same size.");
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> PrepareGivenRows(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t rows, k.IntValue(3));
  if (rows < 0) return k.InvalidInput(3, "must not be negative");
  ASSIGN_OR_RETURN(const Shape output, ShapeWithRows(rows, k.In(0).shape(), 1));
  k.Out(0).SetShape(output);
  return rows;
}

}  // namespace weir
