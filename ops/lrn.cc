#include "weir/ops/lrn.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {
namespace {

OpBuilder LrnOp(const OpScope& scope, absl::string_view op, const LrnOptions& options) {
  OpBuilder builder = scope.Op(op);
  builder.Attr("depth_radius", options.depth_radius)
      .Attr("bias", options.bias)
      .Attr("alpha", options.alpha)
      .Attr("beta", options.beta);
  return builder;
}

}  // namespace

Output LRN(const OpScope& scope, const Input& input, const LrnOptions& options) {
  return LrnOp(scope, "LRN", options).In(input).Build();
}

Output LRNGrad(const OpScope& scope, const Input& input_grads, const Input& input_image,
               const Input& output_image, const LrnOptions& options) {
  return LrnOp(scope, "LRNGrad", options).In(input_grads).In(input_image).In(output_image).Build();
}

}  // namespace ops

namespace {

absl::Status LrnShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, c.WithRank(0, 4));
  for (int i = 1; i < c.num_inputs(); ++i) {
    ASSIGN_OR_RETURN(shape, shape.Merge(c.In(i)));
  }
  return c.Return(std::move(shape));
}

absl::Status LrnGradient(GradientContext& g) {  // dx = LRNGrad(dy, x, y)
  return g.Return({ops::LRNGrad(g.scope(), g.Grad(0), g.In(0), g.Out(0),
                                {g.Attr<int64_t>("depth_radius"), g.Attr<float>("bias"),
                                 g.Attr<float>("alpha"), g.Attr<float>("beta")})});
}

}  // namespace

void RegisterLrnOps(OpRegistry& ops) {
  ops.Add("LRN")
      .Doc(
          "output[..., d] = input[..., d] / (bias + alpha * sum of input[..., k]^2 over "
          "|k - d| <= depth_radius)^beta.")
      .In("input: T")
      .Out("output: T")
      .Attr("depth_radius: int = 5")
      .Attr("bias: float = 1.0")
      .Attr("alpha: float = 1.0")
      .Attr("beta: float = 0.5")
      .Attr("T: {half, bfloat16, float} = float")
      .Shape(LrnShape)
      .Gradient(LrnGradient);
  ops.Add("LRNGrad")
      .Doc("The gradient of LRN's input.")
      .In("input_grads: T")
      .In("input_image: T")
      .In("output_image: T")
      .Out("output: T")
      .Attr("depth_radius: int = 5")
      .Attr("bias: float = 1.0")
      .Attr("alpha: float = 1.0")
      .Attr("beta: float = 0.5")
      .Attr("T: {half, bfloat16, float} = float")
      .Shape(LrnShape);
}

}  // namespace weir
