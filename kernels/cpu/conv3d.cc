#include "weir/kernels/cpu/conv_util.h"

namespace weir {

void RegisterConv3dKernels(KernelRegistry& kernels) {
  RegisterConvKernels(kernels, "Conv3D", {3, false, ConvPass::kForward});
  RegisterConvKernels(kernels, "Conv3DBackpropInputV2", {3, false, ConvPass::kBackpropInput});
  RegisterConvKernels(kernels, "Conv3DBackpropFilterV2", {3, false, ConvPass::kBackpropFilter});
}

}  // namespace weir
