#ifndef WEIR_KERNELS_CUDA_JOINED_UTIL_H_
#define WEIR_KERNELS_CUDA_JOINED_UTIL_H_

// JoinInputs and CutInput (kernels/cpu/joined_util.h) on the GPU.

#include "weir/kernels/cpu/moving_util.h"

namespace weir {

absl::Status GpuJoinInputs(KernelRun& r, DataType dtype, const JoinedRows& joined, int first);
absl::Status GpuCutInput(KernelRun& r, DataType dtype, const JoinedRows& joined, int in);

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_JOINED_UTIL_H_
