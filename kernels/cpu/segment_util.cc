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

}  // namespace weir
