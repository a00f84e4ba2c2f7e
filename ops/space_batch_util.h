#ifndef WEIR_OPS_SPACE_BATCH_UTIL_H_
#define WEIR_OPS_SPACE_BATCH_UTIL_H_

// The shape rules of space_batch.h, for shape functions and kernels alike.

#include <string>

#include "weir/core/shape.h"

namespace weir {

// The output of SpaceToBatchND. `pads` holds before and after of each spatial axis in turn.
absl::StatusOr<PartialShape> SpaceToBatchShape(const PartialShape& x,
                                               absl::Span<const int64_t> block,
                                               absl::Span<const int64_t> pads);
// The output of BatchToSpaceND.
absl::StatusOr<PartialShape> BatchToSpaceShape(const PartialShape& x,
                                               absl::Span<const int64_t> block,
                                               absl::Span<const int64_t> crops);

// Where an image tensor has its axes.
struct ImageAxes {
  int rank;
  int height, width, channels;
};
ImageAxes AxesOfFormat(const std::string& data_format);

// The outputs of SpaceToDepth and DepthToSpace.
absl::StatusOr<PartialShape> SpaceToDepthShape(const PartialShape& x, int64_t block,
                                               const std::string& data_format);
absl::StatusOr<PartialShape> DepthToSpaceShape(const PartialShape& x, int64_t block,
                                               const std::string& data_format);

}  // namespace weir

#endif  // WEIR_OPS_SPACE_BATCH_UTIL_H_
