#ifndef WEIR_TESTS_SMALL_CUDA_H_
#define WEIR_TESTS_SMALL_CUDA_H_

#include <cuda_runtime.h>

#include <memory>

#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/kernel.h"

namespace weir {

// The CPU's kernels, and for "GPU" Const, Fill and those for float of Mul and AddV2 of equal shapes
// and (Resource)ApplyGradientDescent: enough for a step of training.
const KernelRegistry& SmallCudaKernels();

// An emulated GPU with these kernels.
std::shared_ptr<CudaDevice> MakeSmallCuda(int ordinal = 0);

}  // namespace weir

#endif  // WEIR_TESTS_SMALL_CUDA_H_
