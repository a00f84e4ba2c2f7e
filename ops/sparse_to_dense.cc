#include "weir/ops/sparse_to_dense.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"

namespace weir {
namespace ops {

Output SparseToDense(const OpScope& scope, const Input& sparse_indices, const Input& output_shape,
                     const Input& sparse_values, const Input& default_value,
                     const SparseToDenseOptions& options) {
  return scope.Op("SparseToDense")
      .In(sparse_indices)
      .In(output_shape)
      .In(sparse_values)
      .In(default_value)
      .Attr("validate_indices", options.validate_indices)
      .Build();
}

}  // namespace ops

namespace {

absl::Status SparseToDenseShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRankAtMost(0, 2).status());
  RETURN_IF_ERROR(c.WithRankAtMost(2, 1).status());
  RETURN_IF_ERROR(c.WithRank(3, 0).status());
  ASSIGN_OR_RETURN(PartialShape shape, c.ShapeValue(1));
  return c.Return(std::move(shape));
}

// The values get dy at their places, the default gets the rest: sum(dy) - sum(dvalues).
absl::Status SparseToDenseGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output dy = g.Grad(0);
  const Output rank = s.Op("Size").In(g.In(1)).Build();
  const Output vectors =
      Call(s, "Reshape", g.In(0), s.Op("Pack").InList(std::vector<Input>{-1, rank}).Build().out(0));
  const Output at_places = Call(s, "GatherNd", dy, vectors);
  const Output sum_of_places = s.Op("Sum").In(at_places).In({0}).Build();
  const Output sum = s.Op("Sum").In(Flatten(s, dy)).In({0}).Build();
  const Output values = g.In(2).shape().rank() == 0
                            ? sum_of_places
                            : Call(s, "Reshape", at_places, Call(s, "Shape", g.In(2)));
  return g.Return({Output(), Output(), values, Call(s, "Sub", sum, sum_of_places)});
}

}  // namespace

void RegisterSparseToDenseOps(OpRegistry& ops) {
  ops.Add("SparseToDense")
      .Doc("default_value everywhere but for dense[sparse_indices[i, :]] = sparse_values[i].")
      .In("sparse_indices: Tindices")
      .In("output_shape: Tindices")
      .In("sparse_values: T")
      .In("default_value: T")
      .Out("dense: T")
      .Attr("validate_indices: bool = true")
      .Attr("T: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(SparseToDenseShape)
      .Gradient(SparseToDenseGradient);
}

}  // namespace weir
