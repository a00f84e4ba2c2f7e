#ifndef WEIR_KERNELS_CUDA_STRIDED_COPY_UTIL_H_
#define WEIR_KERNELS_CUDA_STRIDED_COPY_UTIL_H_

// Copies between strided arrays: what slicing, transposing, tiling, reversing, ... have in common.
// They do on the GPU what the functions of kernels/cpu/moving_util.h want.

#include "weir/kernels/cpu/moving_util.h"
#include "weir/kernels/cuda/divide_util.h"

namespace weir {

// The dimensions of a box, as a kernel takes them.
struct BoxDims {
  static constexpr int kMost = 8;

  int rank = 0;
  Divider sizes[kMost];
  int64_t from[kMost], to[kMost];

  void Add(const Box::Dim& d) {
    sizes[rank] = Divider(d.size);
    from[rank] = d.from;
    to[rank++] = d.to;
  }
  // Where element i of the box is on both sides.
  __device__ void Find(int64_t i, int64_t* at_from, int64_t* at_to) const {
    *at_from = *at_to = 0;
    for (int d = rank - 1; d >= 0; --d) {
      int64_t index;
      i = sizes[d].Divide(i, &index);
      *at_from += index * from[d];
      *at_to += index * to[d];
    }
  }
};

absl::Status GpuCopyBox(const KernelRun& r, DataType dtype, const Box& box, const char* from,
                        char* to);
absl::Status GpuCopyBoxIntoFill(const KernelRun& r, DataType dtype, const Box& box,
                                const Shape& whole, int value, const char* from);
absl::Status GpuCopyThroughView(KernelRun& r, DataType dtype, const StridedView& view, int in,
                                int out);

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_STRIDED_COPY_UTIL_H_
