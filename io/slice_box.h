#ifndef WEIR_IO_SLICE_BOX_H_
#define WEIR_IO_SLICE_BOX_H_

// Boxes of elements inside a tensor: which stored parts make up a wanted part, and the copying
// between them. Shared by both checkpoint formats.

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "weir/core/tensor.h"
#include "weir/io/slice_spec.h"

namespace weir {

// Elements [start[i], start[i] + size[i]) along each dimension i. A value.
struct SliceBox {
  Dims start;
  Dims size;

  // InvalidArgument when the slice is not one of a tensor of shape `full`.
  static absl::StatusOr<SliceBox> Of(const TensorSlice& slice, const Shape& full);

  // REQUIRES: the box lies within a valid Shape, so that the product fits.
  int64_t num_elements() const;
  // What both have in common; nothing when that is empty. REQUIRES: equal ranks.
  std::optional<SliceBox> Intersect(const SliceBox& other) const;

  friend bool operator==(const SliceBox&, const SliceBox&) = default;
};

// The indices of the stored boxes that together make up `wanted`. InvalidArgument when they leave a
// gap or overlap each other inside it. REQUIRES: all within one tensor.
absl::StatusOr<std::vector<size_t>> CoveringBoxes(const SliceBox& wanted,
                                                  absl::Span<const SliceBox> stored);

// Copies the elements that lie in both boxes from `from`, whose elements are `from_box`, to the
// same places of `to`, whose elements are `to_box`. REQUIRES: equal dtypes; shapes as the boxes'
// sizes.
void CopyCommonElements(const SliceBox& from_box, const Tensor& from, const SliceBox& to_box,
                        Tensor& to);

}  // namespace weir

#endif  // WEIR_IO_SLICE_BOX_H_
