#include "weir/kernels/cpu/conv_util.h"

namespace weir {

void RegisterConv2dKernels(KernelRegistry& kernels) {
  RegisterConvKernels(kernels, "Conv2D", {2, false, ConvPass::kForward});
  RegisterConvKernels(kernels, "Conv2DBackpropInput", {2, false, ConvPass::kBackpropInput});
  RegisterConvKernels(kernels, "Conv2DBackpropFilter", {2, false, ConvPass::kBackpropFilter});
}

}  // namespace weir
