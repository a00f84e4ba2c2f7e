#include "weir/kernels/cuda/standard_kernels.h"

#include "weir/kernels/cpu/standard_kernels.h"
#include "weir/runtime/cuda/cuda_devices.h"

namespace weir {

#include "kernels/cuda/standard_kernels_list.inc"

const KernelRegistry& CudaKernels() {
  static const KernelRegistry* const registry = [] {
    auto* kernels = new KernelRegistry;
    RegisterCpuKernels(*kernels);
    RegisterAllCudaKernels(*kernels);
    return kernels;
  }();
  return *registry;
}

absl::StatusOr<std::vector<std::shared_ptr<Device>>> MakeGpus(const GpuOptions& options) {
  return MakeCudaDevices(options, CudaKernels());
}

}  // namespace weir
