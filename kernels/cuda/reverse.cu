// Reverse and ReverseV2 (ops/reverse.cc).

#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterReverseCudaKernels(KernelRegistry& registry) {
  registry.Add("Reverse", "GPU", PreparePlainMove<PrepareReverse, GpuCopyThroughView>);
  registry.Add("ReverseV2", "GPU", PreparePlainMove<PrepareReverseV2, GpuCopyThroughView>);
}

}  // namespace weir
