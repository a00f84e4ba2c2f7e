#include "weir/ops/identity.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Operation NoOp(const OpScope& scope) { return scope.Op("NoOp").Build(); }

Operation Group(const OpScope& scope, absl::Span<const Operation> operations) {
  OpBuilder builder = scope.Op("NoOp");
  for (const Operation& operation : operations) builder.Control(operation);
  return builder.Build();
}

Output Identity(const OpScope& scope, const Input& x) { return scope.Op("Identity").In(x).Build(); }

std::vector<Output> IdentityN(const OpScope& scope, absl::Span<const Output> x) {
  const Operation op = scope.Op("IdentityN").InList(x).Build();
  std::vector<Output> outputs;
  for (size_t i = 0; i < x.size(); ++i) outputs.push_back(op.out(static_cast<int>(i)));
  return outputs;
}

Output StopGradient(const OpScope& scope, const Input& x) {
  return scope.Op("StopGradient").In(x).Build();
}

Output PreventGradient(const OpScope& scope, const Input& x, const std::string& message) {
  return scope.Op("PreventGradient").In(x).Attr("message", message).Build();
}

Output EnsureShape(const OpScope& scope, const Input& x, const PartialShape& shape) {
  return scope.Op("EnsureShape").In(x).Attr("shape", shape).Build();
}

}  // namespace ops

namespace {

// y = x: dx = dy. Rows stay rows.
absl::Status PassGradients(GradientContext& g) {
  for (int i = 0; i < g.num_inputs(); ++i) g.SetGradient(i, g.RawGrad(i));
  return absl::OkStatus();
}

absl::Status GradientForbidden(GradientContext& g) {
  return InvalidArgument("Gradient explicitly disabled. Reason: ", g.Attr<std::string>("message"));
}

absl::Status IdentityNShape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOut(i, c.In(i));
  return absl::OkStatus();
}

absl::Status EnsureShapeShape(ShapeContext& c) {
  const PartialShape want = c.Attr<PartialShape>("shape");
  absl::StatusOr<PartialShape> merged = c.In(0).Merge(want);
  if (!merged.ok()) {
    return InvalidArgument("Shape of tensor ", c.In(0).ToString(),
                           " is not compatible with expected shape ", want.ToString());
  }
  return c.Return(*std::move(merged));
}

struct PassThrough {
  const char* name;
  const char* doc;
};

}  // namespace

void RegisterIdentityOps(OpRegistry& ops) {
  ops.Add("NoOp")
      .Doc("Nothing; stands for its control inputs.")
      .Shape([](ShapeContext& c) { return c.Unknown(); })
      .NotDifferentiable();

  constexpr PassThrough kDifferentiable[] = {
      {"Identity", "output = input."},
      {"Snapshot", "output = input."},
      {"GuaranteeConst", "output = input, which the caller promises never changes."},
  };
  for (const PassThrough& op : kDifferentiable) {
    OpDeclaration declaration = ops.Add(op.name);
    declaration.Doc(op.doc)
        .In("input: T")
        .Out("output: T")
        .Attr("T: type")
        .Shape([](ShapeContext& c) { return c.SameAsInput(0); })
        .Value(SameValueAsInput)
        .Gradient(PassGradients);
    if (absl::string_view(op.name) == "GuaranteeConst") declaration.Stateful();
  }
  ops.Add("StopGradient")
      .Doc("output = input, through which no gradient flows.")
      .In("input: T")
      .Out("output: T")
      .Attr("T: type")
      .Shape([](ShapeContext& c) { return c.SameAsInput(0); })
      .Value(SameValueAsInput)
      .NotDifferentiable();
  ops.Add("PreventGradient")
      .Doc("output = input, through which differentiating is an error.")
      .In("input: T")
      .Out("output: T")
      .Attr("T: type")
      .Attr("message: string = ''")
      .Shape([](ShapeContext& c) { return c.SameAsInput(0); })
      .Value(SameValueAsInput)
      .Gradient(GradientForbidden);
  ops.Add("IdentityN")
      .Doc("output[i] = input[i].")
      .In("input: T")
      .Out("output: T")
      .Attr("T: list(type) >= 1")
      .Shape(IdentityNShape)
      .Value(SameValueAsInput)
      .Gradient(PassGradients);
  ops.Add("EnsureShape")
      .Doc("output = input, whose shape must be compatible with `shape`.")
      .In("input: T")
      .Out("output: T")
      .Attr("shape: shape")
      .Attr("T: type")
      .Shape(EnsureShapeShape)
      .Value(SameValueAsInput)
      .Gradient(PassGradients);
}

}  // namespace weir
