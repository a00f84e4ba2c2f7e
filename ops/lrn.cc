#include "weir/ops/lrn.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/term_util.h"

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

// The sums of x over the neighbourhoods |k - d| <= radius along the last dimension, as a product
// with the matrix that has ones there.
Term NeighbourSums(const Term& x, int64_t radius) {
  const OpScope& s = x.scope();
  const Output depth = s.Op("StridedSlice")
                           .In(ShapeAs(s, x.output(), DT_INT64))
                           .In({-1})
                           .In({0})
                           .In({1})
                           .Attr("end_mask", 1)
                           .Build();
  const Output square = s.Op("ConcatV2").InList(std::vector<Output>(2, depth)).In(0).Build();
  const Output one = s.Op("Cast").In(1.0f).Attr("DstT", x.output().type()).Build();
  const Output ones = s.Op("Fill").In(square).In(one).Build();
  const Output scalar = s.Op("Squeeze").In(depth).Build();
  const Output reach = Call(s, "Minimum", scalar, Tensor::Scalar<int64_t>(radius));
  const Output near = s.Op("MatrixBandPart").In(ones).In(reach).In(reach).Build();
  return x.Apply("BatchMatMulV2", near);
}

// z = dy N^-b - 2ab x S(dy y / N), where N = bias + a S(x^2) and S sums over neighbours. With
// t = S(x dz) and c = -2ab t / N:
//   d(dy) = dz N^-b + c y
//   dy    = c dy
//   dx    = -2ab dz S(dy y / N) + 2a x S(dN), dN = -dy (b dz N^-b + c y) / N
absl::Status LrnGradGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Term dy(s, g.In(0)), x(s, g.In(1)), y(s, g.In(2)), dz(s, g.Grad(0));
  const int64_t radius = g.Attr<int64_t>("depth_radius");
  const double bias = g.Attr<float>("bias"), alpha = g.Attr<float>("alpha"),
               beta = g.Attr<float>("beta");
  const Term norm = bias + alpha * NeighbourSums(Square(x), radius);
  const Term direct = dz * norm.Apply("Pow", -beta);
  const Term c = -2 * alpha * beta * (NeighbourSums(x * dz, radius) / norm);
  const Term dnorm = -(dy * (beta * direct + c * y) / norm);
  const Term dx = -2 * alpha * beta * (dz * NeighbourSums(dy * y / norm, radius)) +
                  2 * alpha * (x * NeighbourSums(dnorm, radius));
  return g.Return({direct + c * y, dx, c * dy});
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
      .Shape(LrnShape)
      .Gradient(LrnGradGradient);
}

}  // namespace weir
