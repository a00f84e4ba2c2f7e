// BroadcastTo (ops/broadcast.cc).

#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterBroadcastCudaKernels(KernelRegistry& registry) {
  registry.Add("BroadcastTo", "GPU", PreparePlainMove<PrepareBroadcastTo, GpuCopyThroughView>);
}

}  // namespace weir
