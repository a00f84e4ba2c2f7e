#include "weir/ops/depthwise_conv.h"

#include "weir/graph/op_spec.h"
#include "weir/ops/window_util.h"

namespace weir {
namespace ops {
namespace {

OpBuilder DepthwiseOp(const OpScope& scope, absl::string_view op,
                      const DepthwiseConv2dOptions& options) {
  OpBuilder builder = scope.Op(op);
  builder.Attr("strides", options.strides)
      .Attr("padding", options.padding)
      .Attr("data_format", options.data_format)
      .Attr("dilations", options.dilations);
  return builder;
}

}  // namespace

Output DepthwiseConv2dNative(const OpScope& scope, const Input& input, const Input& filter,
                             const DepthwiseConv2dOptions& options) {
  return DepthwiseOp(scope, "DepthwiseConv2dNative", options).In(input).In(filter).Build();
}

Output DepthwiseConv2dNativeBackpropInput(const OpScope& scope, const Input& input_sizes,
                                          const Input& filter, const Input& out_backprop,
                                          const DepthwiseConv2dOptions& options) {
  return DepthwiseOp(scope, "DepthwiseConv2dNativeBackpropInput", options)
      .In(input_sizes)
      .In(filter)
      .In(out_backprop)
      .Build();
}

Output DepthwiseConv2dNativeBackpropFilter(const OpScope& scope, const Input& input,
                                           const Input& filter_sizes, const Input& out_backprop,
                                           const DepthwiseConv2dOptions& options) {
  return DepthwiseOp(scope, "DepthwiseConv2dNativeBackpropFilter", options)
      .In(input)
      .In(filter_sizes)
      .In(out_backprop)
      .Build();
}

}  // namespace ops

namespace {

OpDeclaration& DepthwiseAttrs(OpDeclaration& op) {
  return op.Attr("T: {half, bfloat16, float, double}")
      .Attr("strides: list(int)")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1]");
}

}  // namespace

void RegisterDepthwiseConvOps(OpRegistry& ops) {
  const ConvOpNames names = {"DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput",
                             "DepthwiseConv2dNativeBackpropFilter"};
  DepthwiseAttrs(ops.Add(names.forward)
                     .Doc("Cross-correlation of each channel on its own: output channel "
                          "c * multiplier + m comes from input channel c and filter[:, :, c, m].")
                     .In("input: T")
                     .In("filter: T")
                     .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvShape(c, 2, true); })
      .Gradient(ConvGradient(names));
  DepthwiseAttrs(ops.Add(names.backprop_input)
                     .Doc("The gradient of DepthwiseConv2dNative's input, whose shape "
                          "input_sizes spells.")
                     .In("input_sizes: int32")
                     .In("filter: T")
                     .In("out_backprop: T")
                     .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvBackpropShape(c, 2, 0); })
      .Gradient(ConvBackpropInputGradient(names));
  DepthwiseAttrs(ops.Add(names.backprop_filter)
                     .Doc("The gradient of DepthwiseConv2dNative's filter, whose shape "
                          "filter_sizes spells.")
                     .In("input: T")
                     .In("filter_sizes: int32")
                     .In("out_backprop: T")
                     .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvBackpropShape(c, 2, 1); })
      .Gradient(ConvBackpropFilterGradient(names));
}

}  // namespace weir
