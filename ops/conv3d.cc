#include "weir/ops/conv3d.h"

#include "weir/graph/op_spec.h"
#include "weir/ops/window_util.h"

namespace weir {
namespace ops {
namespace {

OpBuilder ConvOp(const OpScope& scope, absl::string_view op, const Conv3DOptions& options) {
  OpBuilder builder = scope.Op(op);
  builder.Attr("strides", options.strides)
      .Attr("padding", options.padding)
      .Attr("data_format", options.data_format)
      .Attr("dilations", options.dilations);
  return builder;
}

}  // namespace

Output Conv3D(const OpScope& scope, const Input& input, const Input& filter,
              const Conv3DOptions& options) {
  return ConvOp(scope, "Conv3D", options).In(input).In(filter).Build();
}

Output Conv3DBackpropInputV2(const OpScope& scope, const Input& input_sizes, const Input& filter,
                             const Input& out_backprop, const Conv3DOptions& options) {
  return ConvOp(scope, "Conv3DBackpropInputV2", options)
      .In(input_sizes)
      .In(filter)
      .In(out_backprop)
      .Build();
}

Output Conv3DBackpropFilterV2(const OpScope& scope, const Input& input, const Input& filter_sizes,
                              const Input& out_backprop, const Conv3DOptions& options) {
  return ConvOp(scope, "Conv3DBackpropFilterV2", options)
      .In(input)
      .In(filter_sizes)
      .In(out_backprop)
      .Build();
}

}  // namespace ops

namespace {

OpDeclaration& ConvAttrs(OpDeclaration& op) {
  return op.Attr("T: {half, bfloat16, float, double}")
      .Attr("strides: list(int) >= 5")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1, 1]");
}

}  // namespace

void RegisterConv3dOps(OpRegistry& ops) {
  const ConvOpNames names = {"Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"};
  ConvAttrs(ops.Add(names.forward)
                .Doc("Cross-correlation of volumes [batch, depth, height, width, channels] with a "
                     "filter [depth, height, width, channels, output channels].")
                .In("input: T")
                .In("filter: T")
                .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvShape(c, 3, false); })
      .Gradient(ConvGradient(names));
  ConvAttrs(ops.Add(names.backprop_input)
                .Doc("The gradient of Conv3D's input, whose shape input_sizes spells.")
                .In("input_sizes: Tshape")
                .In("filter: T")
                .In("out_backprop: T")
                .Out("output: T"))
      .Attr("Tshape: {int32, int64} = int32")
      .Shape([](ShapeContext& c) { return ConvBackpropShape(c, 3, 0); })
      .Gradient(ConvBackpropInputGradient(names));
  ConvAttrs(ops.Add(names.backprop_filter)
                .Doc("The gradient of Conv3D's filter, whose shape filter_sizes spells.")
                .In("input: T")
                .In("filter_sizes: int32")
                .In("out_backprop: T")
                .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvBackpropShape(c, 3, 1); })
      .Gradient(ConvBackpropFilterGradient(names));
}

}  // namespace weir
