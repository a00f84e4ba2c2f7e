#include "weir/ops/resource_gather.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/nd_index_util.h"

namespace weir {
namespace ops {

Output ResourceGather(const OpScope& scope, const Input& resource, const Input& indices,
                      DataType dtype, const ResourceGatherOptions& options) {
  return scope.Op("ResourceGather")
      .In(resource)
      .In(indices)
      .Attr("dtype", dtype)
      .Attr("batch_dims", options.batch_dims)
      .Build();
}

Output ResourceGatherNd(const OpScope& scope, const Input& resource, const Input& indices,
                        DataType dtype) {
  return scope.Op("ResourceGatherNd").In(resource).In(indices).Attr("dtype", dtype).Build();
}

}  // namespace ops

namespace {

// variable[:batch_dims] + indices[batch_dims:] + variable[batch_dims + 1:].
absl::Status ResourceGatherShape(ShapeContext& c) {
  const PartialShape variable = c.HandleShape(0);
  const PartialShape& indices = c.In(1);
  int64_t batch_dims = c.Attr<int64_t>("batch_dims");
  if (batch_dims == 0) {
    ASSIGN_OR_RETURN(PartialShape rows, RowsShape(indices, variable));
    return c.Return(std::move(rows));
  }
  if (!variable.known_rank() || !indices.known_rank()) return c.Unknown();
  if (batch_dims < 0) batch_dims += indices.rank();
  if (batch_dims < 0 || batch_dims > indices.rank() || batch_dims >= variable.rank()) {
    return InvalidArgument("batch_dims ", c.Attr<int64_t>("batch_dims"),
                           " does not fit a variable of shape ", variable.ToString(),
                           " and indices of shape ", indices.ToString());
  }
  Dims dims(indices.dims().begin(), indices.dims().end());
  for (int d = static_cast<int>(batch_dims) + 1; d < variable.rank(); ++d) {
    dims.push_back(variable.dim(d));
  }
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(dims));
  return c.Return(std::move(shape));
}

absl::Status ResourceGatherNdShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, NdSlicesShape(c.In(1), c.HandleShape(0)));
  return c.Return(std::move(shape));
}

Output VariableShapeAs(GradientContext& g, DataType type) {
  return g.scope().Op("VariableShape").In(g.In(0)).Attr("out_type", type).Build();
}

// The variable's gradient is non-zero in the rows that were taken: one row of dy per index.
absl::Status ResourceGatherGradient(GradientContext& g) {
  if (g.Attr<int64_t>("batch_dims") != 0) {
    return Unimplemented("the gradient of ResourceGather with batch_dims");
  }
  const OpScope& s = g.scope();
  const Output shape = VariableShapeAs(g, DT_INT64);
  const Output tail =
      s.Op("StridedSlice").In(shape).In({1}).In({0}).In({1}).Attr("end_mask", 1).Build();
  const Output count = s.Op("Size").In(g.In(1)).Attr("out_type", DT_INT64).Build();
  const Output rows = Call(s, "ExpandDims", count, 0);
  g.SetSlices(
      0, {Call(s, "Reshape", g.Grad(0), Concat(s, {rows, tail}, 0)), Flatten(s, g.In(1)), shape});
  return absl::OkStatus();
}

// As of GatherNd: ScatterNd, or IndexedSlices when whole rows are named.
absl::Status ResourceGatherNdGradient(GradientContext& g) {
  const Output indices = g.In(1);
  const Output shape = VariableShapeAs(g, indices.type());
  if (indices.shape().rank() == 2 && indices.shape().dim(1) == 1) {
    g.SetSlices(0, {g.Grad(0), Flatten(g.scope(), indices), shape});
  } else {
    g.Set(0, Call(g.scope(), "ScatterNd", indices, g.Grad(0), shape));
  }
  return absl::OkStatus();
}

}  // namespace

void RegisterResourceGatherOps(OpRegistry& ops) {
  ops.Add("ResourceGather")
      .Doc("output[i.., b..] = variable[indices[i..], b..]: rows of a resource variable.")
      .In("resource: resource")
      .In("indices: Tindices")
      .Out("output: dtype")
      .Attr("batch_dims: int = 0")
      .Attr("validate_indices: bool = true")
      .Attr("dtype: type")
      .Attr("Tindices: {int32, int64}")
      .Stateful()
      .Shape(ResourceGatherShape)
      .Gradient(ResourceGatherGradient);
  ops.Add("ResourceGatherNd")
      .Doc("output[i.., b..] = variable[indices[i.., 0], indices[i.., 1], ..., b..].")
      .In("resource: resource")
      .In("indices: Tindices")
      .Out("output: dtype")
      .Attr("dtype: type")
      .Attr("Tindices: {int32, int64}")
      .Stateful()
      .Shape(ResourceGatherNdShape)
      .Gradient(ResourceGatherNdGradient);
}

}  // namespace weir
