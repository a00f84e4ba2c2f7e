// Split and SplitV (ops/split.cc).

#include "weir/kernels/cuda/joined_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterSplitCudaKernels(KernelRegistry& registry) {
  registry.Add("Split", "GPU", PreparePlainMove<PrepareSplit, GpuCutInput>);
  registry.Add("SplitV", "GPU", PreparePlainMove<PrepareSplitV, GpuCutInput>);
}

}  // namespace weir
