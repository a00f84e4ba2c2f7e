#include "weir/ops/clip.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/broadcast_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

Output ClipByValue(const OpScope& scope, const Input& t, const Input& low, const Input& high) {
  return scope.Op("ClipByValue").In(t).In(low).In(high).Build();
}

}  // namespace ops

namespace {

absl::Status ClipShape(ShapeContext& c) {
  for (int i = 1; i < 3; ++i) {
    if (c.In(i).known_rank() && c.In(i).rank() > 0 && !c.In(i).IsCompatibleWith(c.In(0))) {
      return InvalidArgument("a bound must be a scalar or have shape ", c.In(0).ToString(),
                             ", but has shape ", c.In(i).ToString());
    }
  }
  return c.SameAsInput(0);
}

// dt = dy where low <= t <= high; the rest of dy goes to the bound that replaced t.
absl::Status ClipGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Term t(s, g.In(0)), low(s, g.In(1)), high(s, g.In(2)), dy(s, g.Grad(0));
  const Output zeros = ZerosLike(dy);
  const Term below = t.Apply("Less", low.output()), above = t.Apply("Greater", high.output());
  const auto where = [&](const Term& mask, const Output& yes, const Output& no) -> Output {
    return s.Op("Select").In(mask.output()).In(yes).In(no).Build();
  };
  const Output dlow = where(below, dy, zeros), dhigh = where(above, dy, zeros);
  return g.Return({where(below.Apply("LogicalOr", above.output()), zeros, dy),
                   SumToShapeOf(s, dlow, low, t), SumToShapeOf(s, dhigh, high, t)});
}

}  // namespace

void RegisterClipOps(OpRegistry& ops) {
  ops.Add("ClipByValue")
      .Doc("output = max(min(t, clip_value_max), clip_value_min); bounds are scalars or like t.")
      .In("t: T")
      .In("clip_value_min: T")
      .In("clip_value_max: T")
      .Out("output: T")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, uint16, complex128, half, uint32, uint64}")
      .Shape(ClipShape)
      .Gradient(ClipGradient);
}

}  // namespace weir
