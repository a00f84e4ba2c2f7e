#ifndef WEIR_RUNTIME_CUDA_CUDA_DEVICES_H_
#define WEIR_RUNTIME_CUDA_CUDA_DEVICES_H_

#include "weir/runtime/gpu.h"

namespace weir {

// MakeGpus over the CUDA runtime, with these kernels.
absl::StatusOr<std::vector<std::shared_ptr<Device>>> MakeCudaDevices(const GpuOptions& options,
                                                                     const KernelRegistry& kernels);

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDA_DEVICES_H_
