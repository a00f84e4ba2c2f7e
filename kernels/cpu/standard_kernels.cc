#include "weir/kernels/cpu/standard_kernels.h"

#include "weir/runtime/session.h"

namespace weir {

#include "kernels/cpu/standard_kernels_list.inc"

void RegisterCpuKernels(KernelRegistry& registry) { RegisterAllKernels(registry); }

const KernelRegistry& StandardKernels() {
  static const KernelRegistry* const registry = [] {
    auto* kernels = new KernelRegistry;
    RegisterCpuKernels(*kernels);
    return kernels;
  }();
  return *registry;
}

}  // namespace weir
