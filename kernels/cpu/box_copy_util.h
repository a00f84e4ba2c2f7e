#ifndef WEIR_KERNELS_CPU_BOX_COPY_UTIL_H_
#define WEIR_KERNELS_CPU_BOX_COPY_UTIL_H_

// Copying boxes between arrays: what slicing, padding and their gradients have in common.

#include "absl/container/inlined_vector.h"
#include "weir/runtime/kernel.h"

namespace weir {

// The elements at from_offset + sum_d i_d * dims[d].from go to to_offset + sum_d i_d * dims[d].to,
// for all 0 <= i_d < dims[d].size. Offsets and steps count elements.
struct Box {
  struct Dim {
    int64_t size;
    int64_t from;
    int64_t to;
  };
  absl::InlinedVector<Dim, 6> dims;  // Outermost first.
  int64_t from_offset = 0;
  int64_t to_offset = 0;

  int64_t num_elements() const;
  // Joins dimensions that lie densely on both sides, so that the innermost loop is long.
  void Simplify();
};

// Copies `box` between two arrays of `dtype` that do not overlap; any element type.
// REQUIRES: every element of the box lies inside both arrays.
absl::Status CopyBox(const KernelRun& r, DataType dtype, const Box& box, const char* from,
                     char* to);

// Sets output 0, a dense array of shape `whole`, to the one element of input `value`, or to zeros
// if that is negative, and copies `box` into it.
absl::Status CopyBoxIntoFill(const KernelRun& r, DataType dtype, const Box& box, const Shape& whole,
                             int value, const char* from);

// The distance in elements between neighbours along each dimension of a dense array.
Dims DenseSteps(const Shape& shape);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_BOX_COPY_UTIL_H_
