#ifndef WEIR_RUNTIME_CUDA_CUDA_STATUS_H_
#define WEIR_RUNTIME_CUDA_CUDA_STATUS_H_

#include <cuda_runtime.h>

#include "absl/strings/string_view.h"
#include "weir/core/status.h"

namespace weir {

// What a call of the CUDA runtime answered: "cudaMalloc: out of memory
// (cudaErrorMemoryAllocation)". ResourceExhausted for memory, Unavailable without a driver or GPU,
// and Internal otherwise.
absl::Status CudaStatus(cudaError_t error, absl::string_view call);

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDA_STATUS_H_
