#include "weir/ops/in_top_k.h"

#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output InTopKV2(const OpScope& scope, const Input& predictions, const Input& targets,
                const Input& k) {
  return scope.Op("InTopKV2").In(predictions).In(targets).In(k).Build();
}

}  // namespace ops

namespace {

absl::Status InTopKShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape predictions, c.WithRank(0, 2));
  ASSIGN_OR_RETURN(const PartialShape targets, c.WithRank(1, 1));
  if (c.num_inputs() == 3) RETURN_IF_ERROR(c.WithRank(2, 0).status());
  ASSIGN_OR_RETURN(PartialShape out, targets.Merge(PartialShape({predictions.dim(0)})));
  return c.Return(std::move(out));
}

}  // namespace

void RegisterInTopKOps(OpRegistry& ops) {
  ops.Add("InTopK")
      .Doc("For each row of predictions whether the target is among the k largest.")
      .In("predictions: float")
      .In("targets: T")
      .Out("precision: bool")
      .Attr("k: int")
      .Attr("T: {int32, int64} = int32")
      .Shape(InTopKShape)
      .NotDifferentiable();
  ops.Add("InTopKV2")
      .Doc("For each row of predictions whether the target is among the k largest.")
      .In("predictions: float")
      .In("targets: T")
      .In("k: T")
      .Out("precision: bool")
      .Attr("T: {int32, int64} = int32")
      .Shape(InTopKShape)
      .NotDifferentiable();
}

}  // namespace weir
