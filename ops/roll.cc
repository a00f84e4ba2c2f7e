#include "weir/ops/roll.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Output Roll(const OpScope& scope, const Input& x, const Input& shift, const Input& axis) {
  return scope.Op("Roll").In(x).In(shift).In(axis).Build();
}

}  // namespace ops

namespace {

absl::Status RollShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape x, c.WithRankAtLeast(0, 1));
  ASSIGN_OR_RETURN(const PartialShape shift, c.WithRankAtMost(1, 1));
  ASSIGN_OR_RETURN(const PartialShape axis, c.WithRankAtMost(2, 1));
  if (!shift.IsCompatibleWith(axis)) {
    return InvalidArgument("shift and axis must have the same size, but have shapes ",
                           shift.ToString(), " and ", axis.ToString());
  }
  if (const std::optional<int64_t> value = c.IntValue(2); value && x.known_rank()) {
    RETURN_IF_ERROR(ResolveAxis(*value, x.rank()).status());
  }
  return c.Return(x);
}

// dx is dy shifted back.
absl::Status RollGradient(GradientContext& g) {
  const Output back = g.scope().Op("Neg").In(g.In(1)).Build();
  return g.Return({ops::Roll(g.scope(), g.Grad(0), back, g.In(2)), Output(), Output()});
}

}  // namespace

void RegisterRollOps(OpRegistry& ops) {
  ops.Add("Roll")
      .Doc(
          "The input shifted cyclically: along axis[k], element j moves to (j + shift[k]) mod "
          "extent.")
      .In("input: T")
      .In("shift: Tshift")
      .In("axis: Taxis")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tshift: {int32, int64}")
      .Attr("Taxis: {int32, int64}")
      .Shape(RollShape)
      .Gradient(RollGradient);
}

}  // namespace weir
