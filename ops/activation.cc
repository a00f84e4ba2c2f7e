#include "weir/ops/activation.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

Output Relu(const OpScope& scope, const Input& x) { return scope.Op("Relu").In(x).Build(); }
Output Relu6(const OpScope& scope, const Input& x) { return scope.Op("Relu6").In(x).Build(); }
Output Elu(const OpScope& scope, const Input& x) { return scope.Op("Elu").In(x).Build(); }
Output Selu(const OpScope& scope, const Input& x) { return scope.Op("Selu").In(x).Build(); }
Output Softplus(const OpScope& scope, const Input& x) { return scope.Op("Softplus").In(x).Build(); }
Output Softsign(const OpScope& scope, const Input& x) { return scope.Op("Softsign").In(x).Build(); }
Output LeakyRelu(const OpScope& scope, const Input& x, const LeakyReluOptions& options) {
  return scope.Op("LeakyRelu").In(x).Attr("alpha", options.alpha).Build();
}

Output ReluGrad(const OpScope& scope, const Input& gradients, const Input& features) {
  return scope.Op("ReluGrad").In(gradients).In(features).Build();
}
Output Relu6Grad(const OpScope& scope, const Input& gradients, const Input& features) {
  return scope.Op("Relu6Grad").In(gradients).In(features).Build();
}
Output EluGrad(const OpScope& scope, const Input& gradients, const Input& outputs) {
  return scope.Op("EluGrad").In(gradients).In(outputs).Build();
}
Output SeluGrad(const OpScope& scope, const Input& gradients, const Input& outputs) {
  return scope.Op("SeluGrad").In(gradients).In(outputs).Build();
}
Output SoftplusGrad(const OpScope& scope, const Input& gradients, const Input& features) {
  return scope.Op("SoftplusGrad").In(gradients).In(features).Build();
}
Output SoftsignGrad(const OpScope& scope, const Input& gradients, const Input& features) {
  return scope.Op("SoftsignGrad").In(gradients).In(features).Build();
}
Output LeakyReluGrad(const OpScope& scope, const Input& gradients, const Input& features,
                     const LeakyReluOptions& options) {
  return scope.Op("LeakyReluGrad").In(gradients).In(features).Attr("alpha", options.alpha).Build();
}

}  // namespace ops

namespace {

constexpr absl::string_view kReal =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
constexpr absl::string_view kFloating = "T: {half, bfloat16, float, double}";

absl::Status SameShape(ShapeContext& c) { return c.SameAsInput(0); }
absl::Status CommonShape(ShapeContext& c) { return c.AllSame(); }

// dx = `op`(dy, y)
GradientFn FromOutput(absl::string_view op) {
  return [op](GradientContext& g) {
    return g.Return({g.scope().Op(op).In(g.Grad(0)).In(g.Out(0)).Build()});
  };
}

// dx = `op`(dy, x)
GradientFn FromInput(absl::string_view op) {
  return [op](GradientContext& g) {
    return g.Return({g.scope().Op(op).In(g.Grad(0)).In(g.In(0)).Build()});
  };
}

// backprops = gradients * f'(features), where f' is constant in pieces: the gradient of
// `gradients` is that of the op itself, the one of `features` is zero.
GradientFn PiecewiseConstant(absl::string_view op) {
  return [op](GradientContext& g) {
    return g.Return({g.scope().Op(op).In(g.Grad(0)).In(g.In(1)).Build(),
                     g.scope().Op("ZerosLike").In(g.In(1)).Build()});
  };
}

// backprops = dy * (y < 0 ? y + a : s): d(dy) = `op`(g, y), dy/d(y) = (y < 0 ? g * dy : 0)
GradientFn LinearBelowZero(absl::string_view op) {
  return [op](GradientContext& g) {
    const OpScope& s = g.scope();
    const Output zeros = s.Op("ZerosLike").In(g.In(1)).Build();
    const Output below = s.Op("Less").In(g.In(1)).In(zeros).Build();
    const Output product = s.Op("Mul").In(g.Grad(0)).In(g.In(0)).Build();
    return g.Return({s.Op(op).In(g.Grad(0)).In(g.In(1)).Build(),
                     s.Op("Select").In(below).In(product).In(zeros).Build()});
  };
}

// backprops = dy * sigmoid(x): d(dy) = SoftplusGrad(g, x), dx = g * dy / (exp(-x) + 2 + exp(x))
absl::Status SoftplusGradGradient(GradientContext& g) {
  const Term grad(g.scope(), g.Grad(0)), dy(g.scope(), g.In(0)), x(g.scope(), g.In(1));
  const Term denominator = (-x).Apply("Exp") + (2.0 + x.Apply("Exp"));
  return g.Return({ops::SoftplusGrad(g.scope(), g.Grad(0), g.In(1)), grad * dy / denominator});
}

// backprops = dy / (1 + |x|)^2: d(dy) = SoftsignGrad(g, x), dx = -2 g dy sign(x) / (1 + |x|)^3
absl::Status SoftsignGradGradient(GradientContext& g) {
  const Term grad(g.scope(), g.Grad(0)), dy(g.scope(), g.In(0)), x(g.scope(), g.In(1));
  const Term d = 1.0 + x.Apply("Abs");
  return g.Return({ops::SoftsignGrad(g.scope(), g.Grad(0), g.In(1)),
                   -2.0 * (grad * dy * x.Apply("Sign")) / (d * Square(d))});
}

absl::Status LeakyReluGradient(GradientContext& g) {  // dx = LeakyReluGrad(dy, x)
  return g.Return({ops::LeakyReluGrad(g.scope(), g.Grad(0), g.In(0), {g.Attr<float>("alpha")})});
}

absl::Status LeakyReluGradGradient(GradientContext& g) {  // As PiecewiseConstant.
  return g.Return({ops::LeakyReluGrad(g.scope(), g.Grad(0), g.In(1), {g.Attr<float>("alpha")}),
                   g.scope().Op("ZerosLike").In(g.In(1)).Build()});
}

struct Activation {
  const char* name;
  const char* doc;
  absl::string_view types;
  GradientFn gradient;
};

struct ActivationGrad {
  const char* name;
  const char* doc;
  const char* at;  // What the derivative is taken at: the second input's name.
  absl::string_view types;
  GradientFn gradient;
};

}  // namespace

void RegisterActivationOps(OpRegistry& ops) {
  constexpr absl::string_view kReluTypes =
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, "
      "uint64, qint8}";
  const Activation activations[] = {
      {"Relu", "activations = max(features, 0).", kReluTypes, FromOutput("ReluGrad")},
      {"Relu6", "activations = min(max(features, 0), 6).", kReal, FromOutput("Relu6Grad")},
      {"Elu", "activations = features where >= 0, exp(features) - 1 elsewhere.", kFloating,
       FromOutput("EluGrad")},
      {"Selu",
       "activations = s * features where >= 0, s * a * (exp(features) - 1) elsewhere, with the "
       "constants s = 1.0507 and a = 1.6733 that keep mean 0 and variance 1.",
       kFloating, FromOutput("SeluGrad")},
      {"Softplus", "activations = ln(1 + exp(features)).", kFloating, FromInput("SoftplusGrad")},
      {"Softsign", "activations = features / (1 + |features|).", kFloating,
       FromInput("SoftsignGrad")},
  };
  for (const Activation& a : activations) {
    ops.Add(a.name)
        .Doc(a.doc)
        .In("features: T")
        .Out("activations: T")
        .Attr(a.types)
        .Shape(SameShape)
        .Gradient(a.gradient);
  }
  ops.Add("LeakyRelu")
      .Doc("activations = features where > 0, alpha * features elsewhere.")
      .In("features: T")
      .Out("activations: T")
      .Attr("alpha: float = 0.2")
      .Attr("T: {half, bfloat16, float, double} = float")
      .Shape(SameShape)
      .Gradient(LeakyReluGradient);

  const ActivationGrad grads[] = {
      {"ReluGrad", "backprops = gradients where features > 0, 0 elsewhere.", "features", kReal,
       PiecewiseConstant("ReluGrad")},
      {"Relu6Grad", "backprops = gradients where 0 < features < 6, 0 elsewhere.", "features", kReal,
       PiecewiseConstant("Relu6Grad")},
      {"EluGrad", "backprops = gradients * (outputs < 0 ? outputs + 1 : 1).", "outputs", kFloating,
       LinearBelowZero("EluGrad")},
      {"SeluGrad", "backprops = gradients * (outputs < 0 ? outputs + s * a : s).", "outputs",
       kFloating, LinearBelowZero("SeluGrad")},
      {"SoftplusGrad", "backprops = gradients / (1 + exp(-features)).", "features", kFloating,
       SoftplusGradGradient},
      {"SoftsignGrad", "backprops = gradients / (1 + |features|)^2.", "features", kFloating,
       SoftsignGradGradient},
  };
  for (const ActivationGrad& a : grads) {
    ops.Add(a.name)
        .Doc(a.doc)
        .In("gradients: T")
        .In(absl::StrCat(a.at, ": T"))
        .Out("backprops: T")
        .Attr(a.types)
        .Shape(CommonShape)
        .Gradient(a.gradient);
  }
  ops.Add("LeakyReluGrad")
      .Doc("backprops = gradients where features > 0, alpha * gradients elsewhere.")
      .In("gradients: T")
      .In("features: T")
      .Out("backprops: T")
      .Attr("alpha: float = 0.2")
      .Attr("T: {half, bfloat16, float, double} = float")
      .Shape(CommonShape)
      .Gradient(LeakyReluGradGradient);
}

}  // namespace weir
