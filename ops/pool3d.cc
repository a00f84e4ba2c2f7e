#include "weir/ops/pool3d.h"

#include "weir/graph/op_spec.h"
#include "weir/ops/pool_util.h"

namespace weir {
namespace ops {
namespace {

OpBuilder PoolOp(const OpScope& scope, absl::string_view op, const Pool3DOptions& options) {
  OpBuilder builder = scope.Op(op);
  builder.Attr("ksize", options.ksize)
      .Attr("strides", options.strides)
      .Attr("padding", options.padding)
      .Attr("data_format", options.data_format);
  return builder;
}

}  // namespace

Output MaxPool3D(const OpScope& scope, const Input& input, const Pool3DOptions& options) {
  return PoolOp(scope, "MaxPool3D", options).In(input).Build();
}

Output AvgPool3D(const OpScope& scope, const Input& input, const Pool3DOptions& options) {
  return PoolOp(scope, "AvgPool3D", options).In(input).Build();
}

Output MaxPool3DGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                     const Input& grad, const Pool3DOptions& options) {
  return PoolOp(scope, "MaxPool3DGrad", options).In(orig_input).In(orig_output).In(grad).Build();
}

Output MaxPool3DGradGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                         const Input& grad, const Pool3DOptions& options) {
  return PoolOp(scope, "MaxPool3DGradGrad", options)
      .In(orig_input)
      .In(orig_output)
      .In(grad)
      .Build();
}

Output AvgPool3DGrad(const OpScope& scope, const Input& orig_input_shape, const Input& grad,
                     const Pool3DOptions& options) {
  return PoolOp(scope, "AvgPool3DGrad", options).In(orig_input_shape).In(grad).Build();
}

}  // namespace ops

namespace {

OpDeclaration& PoolAttrs(OpDeclaration& op) {
  return op.Attr("ksize: list(int) >= 5")
      .Attr("strides: list(int) >= 5")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'");
}

}  // namespace

void RegisterPool3dOps(OpRegistry& ops) {
  PoolAttrs(ops.Add("MaxPool3D")
                .Doc("The largest element of each window of volumes; padding does not count.")
                .In("input: T")
                .Out("output: T"))
      .Attr("T: {half, bfloat16, float}")
      .Shape([](ShapeContext& c) { return PoolShape(c, 3); })
      .Gradient(MaxPoolGradient("MaxPool3DGrad"));
  PoolAttrs(ops.Add("AvgPool3D")
                .Doc("The mean of each window of volumes; padding does not count.")
                .In("input: T")
                .Out("output: T"))
      .Attr("T: {half, bfloat16, float, double}")
      .Shape([](ShapeContext& c) { return PoolShape(c, 3); })
      .Gradient(AvgPoolGradient("AvgPool3DGrad"));
  PoolAttrs(ops.Add("MaxPool3DGrad")
                .Doc("Adds each element of grad to the first maximum of its window.")
                .In("orig_input: TInput")
                .In("orig_output: TInput")
                .In("grad: T")
                .Out("output: T"))
      .Attr("T: {half, bfloat16, float} = float")
      .Attr("TInput: {half, bfloat16, float} = float")
      .Shape([](ShapeContext& c) { return MaxPoolGradShape(c, 3); })
      .Gradient(MaxPoolGradGradient("MaxPool3DGradGrad"));
  PoolAttrs(ops.Add("MaxPool3DGradGrad")
                .Doc("The element of grad at the first maximum of each window of orig_input.")
                .In("orig_input: T")
                .In("orig_output: T")
                .In("grad: T")
                .Out("output: T"))
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, "
          "uint64}")
      .Shape([](ShapeContext& c) { return MaxPoolGradGradShape(c, 3); })
      .Gradient(MaxPoolGradGradient("MaxPool3DGrad"));
  PoolAttrs(ops.Add("AvgPool3DGrad")
                .Doc("Spreads each element of grad evenly over its window of an AvgPool3D input, "
                     "whose shape orig_input_shape spells.")
                .In("orig_input_shape: int32")
                .In("grad: T")
                .Out("output: T"))
      .Attr("T: {half, bfloat16, float, double}")
      .Shape([](ShapeContext& c) { return AvgPoolGradShape(c, 3); })
      .Gradient(AvgPoolGradGradient("AvgPool3D"));
}

}  // namespace weir
