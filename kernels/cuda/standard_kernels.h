#ifndef WEIR_KERNELS_CUDA_STANDARD_KERNELS_H_
#define WEIR_KERNELS_CUDA_STANDARD_KERNELS_H_

#include "weir/runtime/kernel.h"

namespace weir {

// The kernels of this folder, and those of the CPU.
const KernelRegistry& CudaKernels();

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_STANDARD_KERNELS_H_
