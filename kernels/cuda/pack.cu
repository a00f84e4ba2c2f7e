// Pack, ParallelConcat and Unpack (ops/pack.cc).

#include "weir/kernels/cuda/joined_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterPackCudaKernels(KernelRegistry& registry) {
  registry.Add("Pack", "GPU", PreparePlainMove<PreparePack, GpuJoinInputs>);
  registry.Add("ParallelConcat", "GPU", PreparePlainMove<PrepareParallelConcat, GpuJoinInputs>);
  registry.Add("Unpack", "GPU", PreparePlainMove<PrepareUnpack, GpuCutInput>);
}

}  // namespace weir
