#include "weir/runtime/cuda/cuda_status.h"

namespace weir {
namespace {

absl::StatusCode CodeOf(cudaError_t error) {
  switch (error) {
    case cudaErrorMemoryAllocation: return absl::StatusCode::kResourceExhausted;
    case cudaErrorInsufficientDriver:
    case cudaErrorNoDevice: return absl::StatusCode::kUnavailable;
    default: return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status CudaStatus(cudaError_t error, absl::string_view call) {
  if (error == cudaSuccess) return absl::OkStatus();
  (void)cudaGetLastError();  // The runtime remembers it too, and would tell a later caller.
  return absl::Status(CodeOf(error), absl::StrCat(call, ": ", cudaGetErrorString(error), " (",
                                                  cudaGetErrorName(error), ")"));
}

}  // namespace weir
