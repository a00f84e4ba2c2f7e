#ifndef WEIR_KERNELS_CPU_SEGMENT_UTIL_H_
#define WEIR_KERNELS_CPU_SEGMENT_UTIL_H_

#include "weir/runtime/kernel.h"

namespace weir {

// The shape of `data` with the first `lead` dimensions replaced by one of `rows`.
absl::StatusOr<Shape> ShapeWithRows(int64_t rows, const Shape& data, int lead);

// What an op over (data, segment_ids, num_segments) reduces: n rows of `width` elements.
struct UnsortedSegments {
  int64_t n = 0;
  int64_t width = 0;
  int64_t segments = 0;
};

// Checks the inputs and sets the output's shape.
absl::StatusOr<UnsortedSegments> PrepareUnsortedSegments(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_SEGMENT_UTIL_H_
