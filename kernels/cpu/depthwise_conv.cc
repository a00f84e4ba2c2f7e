#include "weir/kernels/cpu/conv_util.h"

namespace weir {

void RegisterDepthwiseConvKernels(KernelRegistry& kernels) {
  RegisterConvKernels(kernels, "DepthwiseConv2dNative", {2, true, ConvPass::kForward});
  RegisterConvKernels(kernels, "DepthwiseConv2dNativeBackpropInput",
                      {2, true, ConvPass::kBackpropInput});
  RegisterConvKernels(kernels, "DepthwiseConv2dNativeBackpropFilter",
                      {2, true, ConvPass::kBackpropFilter});
}

}  // namespace weir
