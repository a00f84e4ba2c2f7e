#include "weir/ops/one_hot.h"

#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output OneHot(const OpScope& scope, const Input& indices, const Input& depth, const Input& on_value,
              const Input& off_value, const OneHotOptions& options) {
  return scope.Op("OneHot")
      .In(indices)
      .In(depth)
      .In(on_value)
      .In(off_value)
      .Attr("axis", options.axis)
      .Build();
}

}  // namespace ops

namespace {

absl::Status OneHotShape(ShapeContext& c) {
  const int64_t axis = c.Attr<int64_t>("axis");
  if (axis < -1) return InvalidArgument("axis must be >= -1, but is ", axis);
  for (int i = 1; i <= 3; ++i) RETURN_IF_ERROR(c.WithRank(i, 0).status());
  const int64_t depth = c.IntValue(1).value_or(PartialShape::kUnknown);
  if (c.IntValue(1).has_value() && depth < 0) {
    return InvalidArgument("depth must be non-negative, got: ", depth);
  }
  const PartialShape& indices = c.In(0);
  if (!indices.known_rank()) return c.Unknown();
  if (axis > indices.rank()) {
    return InvalidArgument("Expected axis to be -1 or between [0, ", indices.rank() + 1,
                           ").  But received: ", axis);
  }
  Dims dims(indices.dims().begin(), indices.dims().end());
  dims.insert(axis < 0 ? dims.end() : dims.begin() + axis, depth);
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(dims));
  return c.Return(std::move(shape));
}

}  // namespace

void RegisterOneHotOps(OpRegistry& ops) {
  ops.Add("OneHot")
      .Doc(
          "on_value where the position along the new dimension `axis` equals the index, off_value "
          "elsewhere.")
      .In("indices: TI")
      .In("depth: int32")
      .In("on_value: T")
      .In("off_value: T")
      .Out("output: T")
      .Attr("axis: int = -1")
      .Attr("T: type")
      .Attr("TI: {uint8, int32, int64} = int64")
      .Shape(OneHotShape)
      .NotDifferentiable();
}

}  // namespace weir
