// Concat and ConcatV2 (ops/concat.cc).

#include "weir/kernels/cuda/joined_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterConcatCudaKernels(KernelRegistry& registry) {
  registry.Add("Concat", "GPU", PreparePlainMove<PrepareConcat, GpuJoinInputs>);
  registry.Add("ConcatV2", "GPU", PreparePlainMove<PrepareConcatV2, GpuJoinInputs>);
}

}  // namespace weir
