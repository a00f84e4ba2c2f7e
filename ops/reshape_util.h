#ifndef WEIR_OPS_RESHAPE_UTIL_H_
#define WEIR_OPS_RESHAPE_UTIL_H_

// The shape rules of reshape.h, for shape functions and kernels alike.

#include <vector>

#include "weir/core/dtype.h"
#include "weir/core/shape.h"

namespace weir {

// The shape that `dims` spells for an input of shape `x`, where one entry may be -1. Extents may be
// unknown in the input; then the -1 stays unknown too.
absl::StatusOr<PartialShape> ReshapedShape(const PartialShape& x, absl::Span<const int64_t> dims);

// `x` without the listed axes, or without all of extent 1 when `axes` is empty.
absl::StatusOr<PartialShape> SqueezedShape(const PartialShape& x, absl::Span<const int64_t> axes);

// `x` with an axis of extent 1 inserted. REQUIRES: known rank.
absl::StatusOr<PartialShape> ExpandedShape(const PartialShape& x, int64_t axis);

absl::StatusOr<PartialShape> BitcastShape(const PartialShape& x, DataType from, DataType to);

}  // namespace weir

#endif  // WEIR_OPS_RESHAPE_UTIL_H_
