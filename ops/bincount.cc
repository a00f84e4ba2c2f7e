#include "weir/ops/bincount.h"

#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output Bincount(const OpScope& scope, const Input& values, const Input& size,
                const Input& weights) {
  return scope.Op("Bincount").In(values).In(size).In(weights).Build();
}

}  // namespace ops

namespace {

absl::Status BincountShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(1, 0).status());
  const std::optional<int64_t> size = c.IntValue(1);
  if (!size.has_value()) return c.Return(PartialShape({PartialShape::kUnknown}));
  if (*size < 0) return InvalidArgument("size must not be negative, but is ", *size);
  return c.Return(PartialShape({*size}));
}

}  // namespace

void RegisterBincountOps(OpRegistry& ops) {
  ops.Add("Bincount")
      .Doc(
          "bins[v] = how often v occurs in arr, or the sum of the weights at these places; values "
          "from size on are left out.")
      .In("arr: int32")
      .In("size: int32")
      .In("weights: T")
      .Out("bins: T")
      .Attr("T: {int32, int64, float, double}")
      .Shape(BincountShape)
      .NotDifferentiable();
}

}  // namespace weir
