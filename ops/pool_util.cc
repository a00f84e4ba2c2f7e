#include "weir/ops/pool_util.h"

#include "weir/ops/window_util.h"

namespace weir {

absl::Status PoolShape(ShapeContext& c, int spatial) {
  ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindow(spatial, ReadWindowAttrs(c)));
  ASSIGN_OR_RETURN(const PartialShape input, c.WithRank(0, spec.rank()));
  ASSIGN_OR_RETURN(PartialShape shape, PooledShape(spec, input));
  return c.Return(std::move(shape));
}

absl::Status AvgPoolGradShape(ShapeContext& c, int spatial) {
  RETURN_IF_ERROR(c.WithRank(1, spatial + 2).status());
  ASSIGN_OR_RETURN(const PartialShape spelled, c.ShapeValue(0));
  ASSIGN_OR_RETURN(PartialShape shape, spelled.Merge(PartialShape::UnknownOfRank(spatial + 2)));
  return c.Return(std::move(shape));
}

absl::Status MaxPoolGradShape(ShapeContext& c, int spatial) {
  RETURN_IF_ERROR(c.WithRank(1, spatial + 2).status());
  RETURN_IF_ERROR(c.WithRank(2, spatial + 2).status());
  ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, spatial + 2));
  return c.Return(std::move(input));
}

absl::Status MaxPoolGradGradShape(ShapeContext& c, int spatial) {
  RETURN_IF_ERROR(c.WithRank(0, spatial + 2).status());
  RETURN_IF_ERROR(c.WithRank(2, spatial + 2).status());
  ASSIGN_OR_RETURN(PartialShape output, c.WithRank(1, spatial + 2));
  return c.Return(std::move(output));
}

GradientFn AvgPoolGradient(absl::string_view grad_op) {  // dx = AvgPoolGrad(shape of x, dy)
  return [grad_op](GradientContext& g) {
    return g.Return({WindowOp(g, grad_op).In(ShapeOf(g.scope(), g.In(0))).In(g.Grad(0)).Build()});
  };
}

GradientFn MaxPoolGradient(absl::string_view grad_op) {  // dx = MaxPoolGrad(x, y, dy)
  return [grad_op](GradientContext& g) {
    return g.Return({WindowOp(g, grad_op).In(g.In(0)).In(g.Out(0)).In(g.Grad(0)).Build()});
  };
}

// The op is linear in dy, and its adjoint is the pooling: d(dy) = AvgPool(g)
GradientFn AvgPoolGradGradient(absl::string_view pool_op) {
  return [pool_op](GradientContext& g) {
    return g.Return({Output(), WindowOp(g, pool_op).In(g.Grad(0)).Build()});
  };
}

// The op is linear in `grad`; which elements are maxima does not change nearby, so that nothing
// flows to the original input and output.
GradientFn MaxPoolGradGradient(absl::string_view adjoint_op) {
  return [adjoint_op](GradientContext& g) {
    const OpScope& s = g.scope();
    return g.Return({s.Op("ZerosLike").In(g.In(0)).Build(), s.Op("ZerosLike").In(g.In(1)).Build(),
                     WindowOp(g, adjoint_op).In(g.In(0)).In(g.In(1)).In(g.Grad(0)).Build()});
  };
}

}  // namespace weir
