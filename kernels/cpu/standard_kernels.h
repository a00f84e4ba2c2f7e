#ifndef WEIR_KERNELS_CPU_STANDARD_KERNELS_H_
#define WEIR_KERNELS_CPU_STANDARD_KERNELS_H_

#include "weir/runtime/kernel.h"

namespace weir {

// Adds the CPU kernels of this folder.
void RegisterCpuKernels(KernelRegistry& registry);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_STANDARD_KERNELS_H_
