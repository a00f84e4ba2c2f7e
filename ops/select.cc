#include "weir/ops/select.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/broadcast_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

Output Select(const OpScope& scope, const Input& condition, const Input& t, const Input& e) {
  return scope.Op("Select").In(condition).In(t).In(e).Build();
}

Output SelectV2(const OpScope& scope, const Input& condition, const Input& t, const Input& e) {
  return scope.Op("SelectV2").In(condition).In(t).In(e).Build();
}

}  // namespace ops

namespace {

absl::Status SelectShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape data, c.In(1).Merge(c.In(2)));
  const PartialShape& condition = c.In(0);
  if (!condition.known_rank() || condition.rank() == 0 || !data.known_rank()) {
    return c.Return(data);
  }
  if (condition.rank() == 1 && data.rank() != 1) {  // Chooses rows.
    if (data.rank() == 0) {
      return InvalidArgument("the condition has shape ", condition.ToString(),
                             ", but what it chooses from are scalars");
    }
    const int64_t rows = condition.dim(0);
    if (rows >= 0 && data.dim(0) >= 0 && rows != data.dim(0)) {
      return InvalidArgument("the condition has ", rows, " elements, but there are ", data.dim(0),
                             " rows to choose from");
    }
    return c.Return(data.dim(0) < 0 && rows >= 0 ? data.WithDim(0, rows) : data);
  }
  ASSIGN_OR_RETURN(data, data.Merge(condition));
  return c.Return(data);
}

// dt = dz where the condition holds, 0 elsewhere; de the reverse.
absl::Status SelectGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output c = g.In(0), dz = g.Grad(0), zeros = ZerosLike(Term(s, dz));
  return g.Return({Output(), ops::Select(s, c, dz, zeros), ops::Select(s, c, zeros, dz)});
}

absl::Status SelectV2Shape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape out, BroadcastShapes(c.In(1), c.In(2)));
  ASSIGN_OR_RETURN(out, BroadcastShapes(out, c.In(0)));
  return c.Return(out);
}

absl::Status SelectV2Gradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output c = g.In(0), dz = g.Grad(0), zeros = ZerosLike(Term(s, dz));
  return g.Return({Output(), SumToShapeOf(s, ops::SelectV2(s, c, dz, zeros), g.In(1), g.Out(0)),
                   SumToShapeOf(s, ops::SelectV2(s, c, zeros, dz), g.In(2), g.Out(0))});
}

}  // namespace

void RegisterSelectOps(OpRegistry& ops) {
  ops.Add("Select")
      .Doc(
          "output = t where the condition holds, e elsewhere. The condition has the shape of t and "
          "e, or is a scalar, or a vector that chooses rows.")
      .In("condition: bool")
      .In("t: T")
      .In("e: T")
      .Out("output: T")
      .Attr("T: type")
      .Shape(SelectShape)
      .Gradient(SelectGradient);
  ops.Add("SelectV2")
      .Doc("output = t where the condition holds, e elsewhere. All three broadcast.")
      .In("condition: bool")
      .In("t: T")
      .In("e: T")
      .Out("output: T")
      .Attr("T: type")
      .Shape(SelectV2Shape)
      .Gradient(SelectV2Gradient);
}

}  // namespace weir
