#include "weir/ops/cross.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output Cross(const OpScope& scope, const Input& a, const Input& b) {
  return scope.Op("Cross").In(a).In(b).Build();
}

}  // namespace ops

namespace {

absl::Status CrossShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRankAtLeast(0, 1).status());
  ASSIGN_OR_RETURN(PartialShape shape, c.In(0).Merge(c.In(1)));
  if (!shape.known_rank()) return c.Unknown();
  const int64_t width = shape.dim(-1);
  if (width >= 0 && width != 3) {
    return InvalidArgument("the innermost dimension must be 3, but the shape is ",
                           shape.ToString());
  }
  return c.Return(shape.WithDim(-1, 3));
}

// d(a x b) = da x b + a x db.
absl::Status CrossGradient(GradientContext& g) {
  const Output dy = g.Grad(0);
  return g.Return({ops::Cross(g.scope(), g.In(1), dy), ops::Cross(g.scope(), dy, g.In(0))});
}

}  // namespace

void RegisterCrossOps(OpRegistry& ops) {
  ops.Add("Cross")
      .Doc("The vector products of the 3-vectors in the last dimension.")
      .In("a: T")
      .In("b: T")
      .Out("product: T")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, "
          "uint64}")
      .Shape(CrossShape)
      .Gradient(CrossGradient);
}

}  // namespace weir
