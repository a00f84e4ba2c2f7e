// StridedSlice and StridedSliceGrad (ops/strided_slice.cc).

#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterStridedSliceCudaKernels(KernelRegistry& registry) {
  registry.Add("StridedSlice", "GPU", PreparePlainMove<PrepareStridedSlice, GpuCopyBox>);
  registry.Add("StridedSliceGrad", "GPU",
               PreparePlainMove<PrepareStridedSliceGrad, GpuCopyBoxIntoFill>);
}

}  // namespace weir
