#include "weir/ops/batch_norm.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

FusedBatchNormResult FusedBatchNorm(const OpScope& scope, const Input& x, const Input& scale,
                                    const Input& offset, const Input& mean, const Input& variance,
                                    const FusedBatchNormOptions& options) {
  const Operation op = scope.Op("FusedBatchNormV3")
                           .In(x)
                           .In(scale)
                           .In(offset)
                           .In(mean)
                           .In(variance)
                           .Attr("epsilon", options.epsilon)
                           .Attr("data_format", options.data_format)
                           .Attr("is_training", options.is_training)
                           .Build();
  return {op.out(0), op.out(1), op.out(2), op.out(3), op.out(4), op.out(5)};
}

}  // namespace ops

namespace {

template <typename Context>
int ChannelDim(const Context& c) {
  return c.template Attr<std::string>("data_format") == "NCHW" ? 1 : 3;
}

// y like x; the statistics are vectors over the channels, those of input 1 (and more in inference)
// merged with x's channels.
absl::Status FusedBatchNormShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape x, c.WithRank(0, 4));
  const int channel = ChannelDim(c);
  PartialShape vector({x.dim(channel)});
  const int vectors = c.Attr<bool>("is_training") ? 3 : 5;
  for (int i = 1; i < 5; ++i) {
    ASSIGN_OR_RETURN(const PartialShape v, c.WithRank(i, 1));
    if (i < vectors) {
      ASSIGN_OR_RETURN(vector, vector.Merge(v));
    }
  }
  c.SetOut(0, x.WithDim(channel, vector.dim(0)));
  for (int i = 1; i < 5; ++i) c.SetOut(i, vector);
  if (c.num_outputs() > 5) c.SetOut(5, Shape());
  return absl::OkStatus();
}

absl::Status FusedBatchNormGradShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape dy, c.WithRank(0, 4));
  ASSIGN_OR_RETURN(const PartialShape rank4, c.WithRank(1, 4));
  ASSIGN_OR_RETURN(const PartialShape x, dy.Merge(rank4));
  const int channel = ChannelDim(c);
  PartialShape vector({x.dim(channel)});
  for (int i = 2; i < 5; ++i) {
    ASSIGN_OR_RETURN(const PartialShape v, c.WithRank(i, 1));
    ASSIGN_OR_RETURN(vector, vector.Merge(v));
  }
  c.SetOut(0, x.WithDim(channel, vector.dim(0)));
  c.SetOut(1, vector);
  c.SetOut(2, vector);
  c.SetOut(3, Shape());
  c.SetOut(4, Shape());
  return absl::OkStatus();
}

// (dx, d(scale), d(offset)) = FusedBatchNormGrad(dy, x, scale, the mean and the variance used)
GradientFn FusedBatchNormGradient(std::string grad_op) {
  return [grad_op](GradientContext& g) {
    const bool training = g.Attr<bool>("is_training");
    OpBuilder builder = g.scope().Op(grad_op);
    builder.In(g.Grad(0)).In(g.In(0)).In(g.In(1));
    builder.In(training ? g.Out(3) : g.In(3)).In(training ? g.Out(4) : g.In(4));
    if (g.num_outputs() > 5) builder.In(g.Out(5));
    const Operation grad = builder.Attr("epsilon", g.Attr<float>("epsilon"))
                               .Attr("data_format", g.Attr<std::string>("data_format"))
                               .Attr("is_training", training)
                               .Build();
    return g.Return({grad.out(0), grad.out(1), grad.out(2), Output(), Output()});
  };
}

// The outputs of FusedBatchNormGrad written in elementary ops over float, to differentiate them.
class GradFormula {
 public:
  GradFormula(const OpScope& scope, bool channels_first)
      : scope_(scope), channels_first_(channels_first) {}

  Term Float(const Output& x) const {
    if (!x.valid() || x.type() == DT_FLOAT) return Term(scope_, x);
    return Term(scope_, scope_.Op("Cast").In(x).Attr("DstT", DT_FLOAT).Build());
  }
  Term CastLike(const Term& x, DataType type) const {
    if (type == DT_FLOAT) return x;
    return Term(scope_, scope_.Op("Cast").In(x.output()).Attr("DstT", type).Build());
  }
  // Over all dimensions but the channels.
  Term Reduce(absl::string_view op, const Term& x, bool keep_dims) const {
    const Tensor axes =
        channels_first_ ? Tensor::Vector<int32_t>({0, 2, 3}) : Tensor::Vector<int32_t>({0, 1, 2});
    return Term(scope_, scope_.Op(op).In(x.output()).In(axes).Attr("keep_dims", keep_dims).Build());
  }
  // A vector over the channels, of rank 4.
  Term PerChannel(const Output& v) const {
    const Tensor shape = channels_first_ ? Tensor::Vector<int32_t>({1, -1, 1, 1})
                                         : Tensor::Vector<int32_t>({1, 1, 1, -1});
    return Term(scope_, scope_.Op("Reshape").In(v).In(shape).Build());
  }
  Term Vector(const Term& per_channel) const {
    return Term(
        scope_,
        scope_.Op("Reshape").In(per_channel.output()).In(Tensor::Vector<int32_t>({-1})).Build());
  }

  struct Result {
    Term dx, dscale, doffset;
  };
  // With xc = x - mean(x), v = mean(xc^2) + epsilon and dyc = dy - mean(dy):
  //   dx = scale / sqrt(v) * (dyc - xc * mean(dyc * xc) / v), d(scale) = sum(dy * xc) / sqrt(v)
  Result Training(const Term& dy, const Term& x, const Output& scale, float epsilon) const {
    const Term xc = x - Reduce("Mean", x, true);
    const Term dyc = dy - Reduce("Mean", dy, true);
    const Term v = double{epsilon} + Reduce("Mean", Square(xc), true);
    const Term rsqrt = v.Apply("Rsqrt");
    const Term dx = PerChannel(scale) * rsqrt * (dyc - xc * (Reduce("Mean", dyc * xc, true) / v));
    return {dx, Vector(rsqrt * Reduce("Sum", dy * xc, true)), Reduce("Sum", dy, false)};
  }
  // dx = dy * scale / sqrt(variance + epsilon), d(scale) = sum(dy * (x - mean)) / sqrt(...)
  Result Inference(const Term& dy, const Term& x, const Output& scale, const Output& mean,
                   const Output& variance, float epsilon) const {
    const Term rsqrt = (double{epsilon} + PerChannel(variance)).Apply("Rsqrt");
    const Term dscale = rsqrt * Reduce("Sum", dy * (x - PerChannel(mean)), true);
    return {dy * PerChannel(scale) * rsqrt, Vector(dscale), Reduce("Sum", dy, false)};
  }

 private:
  const OpScope& scope_;
  const bool channels_first_;
};

// Differentiates the formula; in training x counts also as the origin of mean and variance.
absl::Status FusedBatchNormGradGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const auto identity = [&](int i) { return Output(s.Op("Identity").In(g.In(i)).Build()); };
  const Output dy = identity(0), x = identity(1), scale = identity(2);
  const GradFormula formula(s, ChannelDim(g) == 1);
  const float epsilon = g.Attr<float>("epsilon");
  const GradFormula::Result r =
      g.Attr<bool>("is_training")
          ? formula.Training(formula.Float(dy), formula.Float(x), scale, epsilon)
          : formula.Inference(formula.Float(dy), formula.Float(x), scale, g.In(3), g.In(4),
                              epsilon);
  const Output ys[] = {formula.CastLike(r.dx, g.InType(1)), r.dscale, r.doffset};
  const Output xs[] = {dy, x, scale};
  const Output grad_ys[] = {g.Grad(0), g.Grad(1), g.Grad(2)};
  ASSIGN_OR_RETURN(const std::vector<Output> grads, AddDenseGradients(s, ys, xs, grad_ys));
  for (int i = 0; i < 3; ++i) g.Set(i, grads[i]);
  return absl::OkStatus();
}

// The three versions differ in how many type attrs they have and in the sixth output.
struct Version {
  const char* suffix;
  const char* types;       // Of x and y.
  const char* scale_type;  // Of the gradient op's scale.
  bool own_type;           // The statistics have a type attr of their own.
  bool third_reserve;
};

void RegisterForward(OpRegistry& ops, const Version& v) {
  const char* u = v.own_type ? "U" : "T";
  OpDeclaration op = ops.Add(absl::StrCat("FusedBatchNorm", v.suffix));
  op.Doc(
        "y = (x - mean) / sqrt(variance + epsilon) * scale + offset, per channel; with the "
        "batch's mean and variance in training.")
      .In("x: T");
  for (const char* name : {"scale", "offset", "mean", "variance"}) {
    op.In(absl::StrCat(name, ": ", u));
  }
  op.Out("y: T");
  for (const char* name : {"batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}) {
    op.Out(absl::StrCat(name, ": ", u));
  }
  if (v.third_reserve) op.Out(absl::StrCat("reserve_space_3: ", u));
  op.Attr(v.types);
  if (v.own_type) op.Attr("U: {float}");
  op.Attr("epsilon: float = 0.0001")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("is_training: bool = true")
      .Shape(FusedBatchNormShape)
      .Gradient(FusedBatchNormGradient(absl::StrCat("FusedBatchNormGrad", v.suffix)));
}

void RegisterGrad(OpRegistry& ops, const Version& v) {
  const char* u = v.own_type ? "U" : "T";
  OpDeclaration op = ops.Add(absl::StrCat("FusedBatchNormGrad", v.suffix));
  op.Doc(
        "The gradients of FusedBatchNorm's x, scale and offset, given the mean and the biased "
        "variance that it used.")
      .In("y_backprop: T")
      .In("x: T")
      .In(absl::StrCat("scale: ", v.scale_type))
      .In(absl::StrCat("reserve_space_1: ", u))
      .In(absl::StrCat("reserve_space_2: ", u));
  if (v.third_reserve) op.In(absl::StrCat("reserve_space_3: ", u));
  const int unused = v.third_reserve ? 4 : 3;
  op.Out("x_backprop: T")
      .Out(absl::StrCat("scale_backprop: ", u))
      .Out(absl::StrCat("offset_backprop: ", u))
      .Out(absl::StrCat("reserve_space_", unused, ": ", u))
      .Out(absl::StrCat("reserve_space_", unused + 1, ": ", u))
      .Attr(v.types);
  if (v.own_type) op.Attr("U: {float}");
  op.Attr("epsilon: float = 0.0001")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("is_training: bool = true")
      .Shape(FusedBatchNormGradShape)
      .Gradient(FusedBatchNormGradGradient);
}

}  // namespace

void RegisterBatchNormOps(OpRegistry& ops) {
  const Version versions[] = {
      {"", "T: {float}", "T", false, false},
      {"V2", "T: {half, bfloat16, float}", "float", true, false},
      {"V3", "T: {half, bfloat16, float}", "float", true, true},
  };
  for (const Version& v : versions) {
    RegisterForward(ops, v);
    RegisterGrad(ops, v);
  }
}

}  // namespace weir
