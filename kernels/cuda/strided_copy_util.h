#ifndef WEIR_KERNELS_CUDA_STRIDED_COPY_UTIL_H_
#define WEIR_KERNELS_CUDA_STRIDED_COPY_UTIL_H_

// Copies between strided arrays: what slicing, transposing, tiling, reversing, ... have in common.
// They do on the GPU what the functions of kernels/cpu/moving_util.h want.

#include "weir/kernels/cpu/moving_util.h"
#include "weir/kernels/cuda/strided_index_util.h"

namespace weir {

absl::Status GpuCopyBox(const KernelRun& r, DataType dtype, const Box& box, const char* from,
                        char* to);
absl::Status GpuCopyBoxIntoFill(const KernelRun& r, DataType dtype, const Box& box,
                                const Shape& whole, int value, const char* from);
absl::Status GpuCopyThroughView(KernelRun& r, DataType dtype, const StridedView& view, int in,
                                int out);

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_STRIDED_COPY_UTIL_H_
