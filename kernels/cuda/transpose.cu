// Transpose and ConjugateTranspose (ops/transpose.cc).

#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

absl::Status PrepareConjugateTranspose(KernelPrepare& k) {
  if (IsComplexType(k.OutType(0))) return absl::UnimplementedError("complex numbers");
  return PreparePlainMove<PrepareTranspose, GpuCopyThroughView>(k);
}

}  // namespace

void RegisterTransposeCudaKernels(KernelRegistry& registry) {
  registry.Add("Transpose", "GPU", PreparePlainMove<PrepareTranspose, GpuCopyThroughView>);
  registry.Add("ConjugateTranspose", "GPU", PrepareConjugateTranspose);
}

}  // namespace weir
