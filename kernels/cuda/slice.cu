// Slice (ops/slice.cc).

#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterSliceCudaKernels(KernelRegistry& registry) {
  registry.Add("Slice", "GPU", PreparePlainMove<PrepareSlice, GpuCopyBox>);
}

}  // namespace weir
