#include "weir/ops/conv2d.h"

#include "weir/graph/op_spec.h"
#include "weir/ops/window_util.h"

namespace weir {
namespace ops {
namespace {

OpBuilder ConvOp(const OpScope& scope, absl::string_view op, const Conv2DOptions& options) {
  OpBuilder builder = scope.Op(op);
  builder.Attr("strides", options.strides)
      .Attr("padding", options.padding)
      .Attr("explicit_paddings", options.explicit_paddings)
      .Attr("data_format", options.data_format)
      .Attr("dilations", options.dilations);
  return builder;
}

}  // namespace

Output Conv2D(const OpScope& scope, const Input& input, const Input& filter,
              const Conv2DOptions& options) {
  return ConvOp(scope, "Conv2D", options).In(input).In(filter).Build();
}

Output Conv2DBackpropInput(const OpScope& scope, const Input& input_sizes, const Input& filter,
                           const Input& out_backprop, const Conv2DOptions& options) {
  return ConvOp(scope, "Conv2DBackpropInput", options)
      .In(input_sizes)
      .In(filter)
      .In(out_backprop)
      .Build();
}

Output Conv2DBackpropFilter(const OpScope& scope, const Input& input, const Input& filter_sizes,
                            const Input& out_backprop, const Conv2DOptions& options) {
  return ConvOp(scope, "Conv2DBackpropFilter", options)
      .In(input)
      .In(filter_sizes)
      .In(out_backprop)
      .Build();
}

}  // namespace ops

namespace {

OpDeclaration& ConvAttrs(OpDeclaration& op) {
  return op.Attr("T: {half, bfloat16, float, double}")
      .Attr("strides: list(int)")
      .Attr("use_cudnn_on_gpu: bool = true")
      .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .Attr("explicit_paddings: list(int) = []")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1]");
}

// A bias has one element per channel.
absl::Status FusedConvShape(ShapeContext& c) {
  RETURN_IF_ERROR(ConvShape(c, 2, false));
  if (c.num_inputs() < 3) return absl::OkStatus();
  return c.WithRank(2, 1).status();
}

}  // namespace

// The three ops compute the three arguments of one form that is linear in each of them,
// f(x, w, dy) = sum(dy * conv(x, w)): so each is the gradient of the others.
void RegisterConv2dOps(OpRegistry& ops) {
  const ConvOpNames names = {"Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"};
  ConvAttrs(ops.Add(names.forward)
                .Doc("Cross-correlation of images [batch, height, width, channels] with a filter "
                     "[height, width, channels, output channels].")
                .In("input: T")
                .In("filter: T")
                .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvShape(c, 2, false); })
      .Gradient(ConvGradient(names));
  ConvAttrs(ops.Add(names.backprop_input)
                .Doc("The gradient of Conv2D's input, whose shape input_sizes spells.")
                .In("input_sizes: int32")
                .In("filter: T")
                .In("out_backprop: T")
                .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvBackpropShape(c, 2, 0); })
      .Gradient(ConvBackpropInputGradient(names));
  ConvAttrs(ops.Add(names.backprop_filter)
                .Doc("The gradient of Conv2D's filter, whose shape filter_sizes spells.")
                .In("input: T")
                .In("filter_sizes: int32")
                .In("out_backprop: T")
                .Out("output: T"))
      .Shape([](ShapeContext& c) { return ConvBackpropShape(c, 2, 1); })
      .Gradient(ConvBackpropFilterGradient(names));
  ConvAttrs(ops.Add("_FusedConv2D")
                .Doc("Conv2D, and what fused_ops then make of it: ['BiasAdd'] adds args[0] to the "
                     "channels of each point, and ['BiasAdd', 'Relu'] takes the positive part of "
                     "that. Made of single nodes when a program is compiled for a device that has "
                     "it.")
                .In("input: T")
                .In("filter: T")
                .In("args: num_args * T")
                .Out("output: T"))
      .Attr("num_args: int >= 0")
      .Attr("fused_ops: list(string) = []")
      .Attr("epsilon: float = 0.0001")
      .Shape(FusedConvShape)
      .NotDifferentiable();
}

}  // namespace weir
