#include "weir/kernels/common/fused_ops.h"
#include "weir/kernels/cpu/conv_util.h"
#include "weir/kernels/cpu/fused_util.h"

namespace weir {
namespace {

constexpr ConvKind kForward = {2, false, ConvPass::kForward};

absl::Status PrepareFused(KernelPrepare& k, const PrepareFn& convolution) {
  RETURN_IF_ERROR(convolution(k));
  const ChannelView v = ViewChannels(k.Out(0).shape, k.Attr<std::string>("data_format"));
  ASSIGN_OR_RETURN(const bool relu, ReadBiasAndRelu(k, v.channels));
  return k.ForType<Half, BFloat16, float, double>(
      "T", [&]<typename T>() { return k.Run(WithBiasAndRelu<T>(k.fn(), v, relu)); });
}

}  // namespace

void RegisterConv2dKernels(KernelRegistry& kernels) {
  RegisterConvKernels(kernels, "Conv2D", kForward);
  RegisterConvKernels(kernels, "Conv2DBackpropInput", {2, false, ConvPass::kBackpropInput});
  RegisterConvKernels(kernels, "Conv2DBackpropFilter", {2, false, ConvPass::kBackpropFilter});
  const auto add_fused = [&](absl::Status (*convolution)(KernelPrepare&, const ConvKind&),
                             absl::string_view name) {
    kernels.Add(
        "_FusedConv2D", "CPU",
        [convolution](KernelPrepare& k) {
          return PrepareFused(k, [&](KernelPrepare& c) { return convolution(c, kForward); });
        },
        name);
  };
  add_fused(PrepareConvOneDnn, "onednn");
  add_fused(PrepareConvReference, "");
}

}  // namespace weir
