// StridedSlice, StridedSliceGrad and assignments to slices (ops/strided_slice.cc).

#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

absl::Status PrepareSliceAssign(KernelPrepare& k) {
  if (!IsPlainType(k.Attr<DataType>("T"))) {
    return absl::UnimplementedError("only the host moves such elements");
  }
  return PrepareStridedSliceAssign(k, GpuCopyBox);
}

}  // namespace

void RegisterStridedSliceCudaKernels(KernelRegistry& registry) {
  registry.Add("StridedSlice", "GPU", PreparePlainMove<PrepareStridedSlice, GpuCopyBox>);
  registry.Add("StridedSliceGrad", "GPU",
               PreparePlainMove<PrepareStridedSliceGrad, GpuCopyBoxIntoFill>);
  for (const char* op : {"StridedSliceAssign", "ResourceStridedSliceAssign"}) {
    registry.Add(op, "GPU", PrepareSliceAssign);
  }
}

}  // namespace weir
