#include "weir/ops/cum.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/array_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {
namespace {

Output Cumulative(const OpScope& scope, absl::string_view op, const Input& x, const Input& axis,
                  const CumulativeOptions& options) {
  return scope.Op(op)
      .In(x)
      .In(axis)
      .Attr("exclusive", options.exclusive)
      .Attr("reverse", options.reverse)
      .Build();
}

}  // namespace

Output Cumsum(const OpScope& scope, const Input& x, const Input& axis,
              const CumulativeOptions& options) {
  return Cumulative(scope, "Cumsum", x, axis, options);
}

Output Cumprod(const OpScope& scope, const Input& x, const Input& axis,
               const CumulativeOptions& options) {
  return Cumulative(scope, "Cumprod", x, axis, options);
}

Output CumulativeLogsumexp(const OpScope& scope, const Input& x, const Input& axis,
                           const CumulativeOptions& options) {
  return Cumulative(scope, "CumulativeLogsumexp", x, axis, options);
}

}  // namespace ops

namespace {

absl::Status CumulativeShape(ShapeContext& c) {
  if (c.In(1).known_rank() && c.In(1).rank() > 0) {
    return InvalidArgument("axis must be a scalar, but has shape ", c.In(1).ToString());
  }
  if (c.In(0).known_rank()) {
    if (const std::optional<int64_t> axis = c.IntValue(1)) {
      RETURN_IF_ERROR(ResolveAxis(*axis, c.In(0).rank()).status());
    }
  }
  return c.SameAsInput(0);
}

ops::CumulativeOptions OptionsOf(const GradientContext& g) {
  return {.exclusive = g.Attr<bool>("exclusive"), .reverse = g.Attr<bool>("reverse")};
}

ops::CumulativeOptions Reversed(ops::CumulativeOptions options) {
  options.reverse = !options.reverse;
  return options;
}

// dx[j] = sum of dy[i] over all i that x[j] is part of: the running sum from the other end.
absl::Status CumsumGradient(GradientContext& g) {
  return g.Return({ops::Cumsum(g.scope(), g.Grad(0), g.In(1), Reversed(OptionsOf(g))), Output()});
}

// dx = (running sum of y dy from the other end) / x.
absl::Status CumprodGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Term y(s, g.Out(0)), dy(s, g.Grad(0)), x(s, g.In(0));
  const Term sum(s, ops::Cumsum(s, (y * dy).output(), g.In(1), Reversed(OptionsOf(g))));
  return g.Return({sum / x, Output()});
}

// dx = e^x times the running sum of dy e^-y from the other end. Positive and negative dy are summed
// apart, as logarithms.
absl::Status CumulativeLogsumexpGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Term x(s, g.In(0)), y(s, g.Out(0)), dy(s, g.Grad(0));
  if (!dy.output().valid()) return g.Return({Output(), Output()});
  const ops::CumulativeOptions back = Reversed(OptionsOf(g));
  const Output zeros = ZerosLike(dy);
  const double lowest = dy.output().type() == DT_DOUBLE ? -1.7976931348623157e308
                        : dy.output().type() == DT_HALF ? -65504.0
                                                        : -3.4028234663852886e38;
  const Term none = lowest * dy.Apply("OnesLike");
  const auto part = [&](const Term& magnitude) {
    const Output positive = magnitude.Apply("Greater", zeros);
    const Term log = magnitude.Apply("Log");
    const Term chosen(s, s.Op("Select").In(positive).In(log.output()).In(none.output()).Build());
    const Term sum(s, ops::CumulativeLogsumexp(s, (chosen - y).output(), g.In(1), back));
    return (sum + x).Apply("Exp");
  };
  return g.Return({part(dy) - part(-dy), Output()});
}

}  // namespace

void RegisterCumOps(OpRegistry& ops) {
  constexpr char kNumbers[] =
      "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
      "bfloat16, uint16, complex128, half, uint32, uint64}";
  const struct {
    const char* op;
    const char* doc;
    const char* types;
    GradientFn gradient;
  } rows[] = {
      {"Cumsum", "out[i] = x[0] + ... + x[i] along an axis", kNumbers, CumsumGradient},
      {"Cumprod", "out[i] = x[0] * ... * x[i] along an axis", kNumbers, CumprodGradient},
      {"CumulativeLogsumexp", "out[i] = ln(e^x[0] + ... + e^x[i]) along an axis",
       "T: {half, float, double}", CumulativeLogsumexpGradient},
  };
  for (const auto& row : rows) {
    ops.Add(row.op)
        .Doc(row.doc)
        .In("x: T")
        .In("axis: Tidx")
        .Out("out: T")
        .Attr("exclusive: bool = false")
        .Attr("reverse: bool = false")
        .Attr(row.types)
        .Attr("Tidx: {int32, int64} = int32")
        .Shape(CumulativeShape)
        .Gradient(row.gradient);
  }
}

}  // namespace weir
