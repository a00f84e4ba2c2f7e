#ifndef WEIR_KERNELS_CPU_STRIDED_UTIL_H_
#define WEIR_KERNELS_CPU_STRIDED_UTIL_H_

// One engine for all ops that read their input in another order: transpose, reverse, broadcast,
// tile, space to depth, ...

#include "weir/core/shape.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Element (i0, i1, ...) of the output, in row-major order, is element
// offset + i0 * strides[0] + i1 * strides[1] + ... of the source. Strides count elements and may be
// zero or negative.
struct StridedView {
  Dims extents;
  Dims strides;
  int64_t offset = 0;

  void Add(int64_t extent, int64_t stride) {
    extents.push_back(extent);
    strides.push_back(stride);
  }
  // Without axes of extent 1, and with neighbouring axes merged where that reads the same elements.
  StridedView Simplified() const;
  // True when the output is the source as it stands. REQUIRES: simplified.
  bool IsWhole() const {
    return extents.empty() || (extents.size() == 1 && strides[0] == 1 && offset == 0);
  }
};

// The distance, in elements, of neighbours along each axis of a dense tensor.
Dims RowMajorStrides(const Shape& shape);

// Copies input `in` to output `out` through a simplified view. REQUIRES: every element that the
// view reads lies inside the input, and the output has as many elements as the view.
absl::Status CopyThroughView(KernelRun& r, DataType dtype, const StridedView& view, int in,
                             int out);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_STRIDED_UTIL_H_
