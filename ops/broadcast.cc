#include "weir/ops/broadcast.h"

#include <algorithm>

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/ops/broadcast_util.h"

namespace weir {
namespace ops {

Output BroadcastTo(const OpScope& scope, const Input& x, const Input& shape) {
  return scope.Op("BroadcastTo").In(x).In(shape).Build();
}

Output BroadcastArgs(const OpScope& scope, const Input& s0, const Input& s1) {
  return scope.Op("BroadcastArgs").In(s0).In(s1).Build();
}

std::pair<Output, Output> BroadcastGradientArgs(const OpScope& scope, const Input& s0,
                                                const Input& s1) {
  const Operation op = scope.Op("BroadcastGradientArgs").In(s0).In(s1).Build();
  return {op.out(0), op.out(1)};
}

}  // namespace ops

namespace {

absl::Status BroadcastToShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape want, c.ShapeValue(1));
  const PartialShape& x = c.In(0);
  if (x.known_rank() && want.known_rank()) {
    const int missing = want.rank() - x.rank();
    bool fits = missing >= 0;
    for (int i = 0; fits && i < x.rank(); ++i) {
      const int64_t from = x.dim(i), to = want.dim(missing + i);
      fits = from == 1 || from < 0 || to < 0 || from == to;
    }
    if (!fits) {
      return InvalidArgument("Incompatible shapes: ", x.ToString(), " does not broadcast to ",
                             want.ToString());
    }
  }
  return c.Return(std::move(want));
}

absl::Status BroadcastArgsShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape s0, c.WithRank(0, 1));
  ASSIGN_OR_RETURN(const PartialShape s1, c.WithRank(1, 1));
  if (s0.dim(0) < 0 || s1.dim(0) < 0) return c.Return(PartialShape::UnknownOfRank(1));
  return c.Return(PartialShape({std::max(s0.dim(0), s1.dim(0))}));
}

absl::Status BroadcastGradientArgsShape(ShapeContext& c) {
  for (int i = 0; i < 2; ++i) {
    RETURN_IF_ERROR(c.WithRank(i, 1).status());
    c.SetOut(i, PartialShape::UnknownOfRank(1));
  }
  return absl::OkStatus();
}

std::optional<PartialInts> BroadcastArgsValue(const ValueContext& c) {
  const PartialInts* s0 = c.In(0);
  const PartialInts* s1 = c.In(1);
  if (s0 == nullptr || s1 == nullptr || !s0->FullyKnown() || !s1->FullyKnown()) {
    return std::nullopt;
  }
  absl::StatusOr<Shape> a = Shape::Make(s0->values), b = Shape::Make(s1->values);
  if (!a.ok() || !b.ok()) return std::nullopt;
  absl::StatusOr<Shape> both = BroadcastShapes(*a, *b);
  if (!both.ok()) return std::nullopt;
  return KnownVector(both->dims());
}

// An element of x appears at all positions that it was stretched to: dx = the sum of dy over them.
absl::Status BroadcastToGradient(GradientContext& g) {
  return g.Return({SumToShapeOf(g.scope(), g.Grad(0), g.In(0), g.Out(0)), Output()});
}

}  // namespace

void RegisterBroadcastOps(OpRegistry& ops) {
  ops.Add("BroadcastTo")
      .Doc("The input stretched to `shape` by the rules of broadcasting.")
      .In("input: T")
      .In("shape: Tidx")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tidx: {int32, int64} = int32")
      .Shape(BroadcastToShape)
      .Gradient(BroadcastToGradient);
  ops.Add("BroadcastArgs")
      .Doc("The shape to which tensors of shapes s0 and s1 broadcast.")
      .In("s0: T")
      .In("s1: T")
      .Out("r0: T")
      .Attr("T: {int32, int64} = int32")
      .Shape(BroadcastArgsShape)
      .Value(BroadcastArgsValue)
      .NotDifferentiable();
  ops.Add("BroadcastGradientArgs")
      .Doc("The axes over which the gradients of a broadcasting op's two inputs are summed.")
      .In("s0: T")
      .In("s1: T")
      .Out("r0: T")
      .Out("r1: T")
      .Attr("T: {int32, int64} = int32")
      .Shape(BroadcastGradientArgsShape)
      .NotDifferentiable();
}

}  // namespace weir
