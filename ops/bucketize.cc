#include "weir/ops/bucketize.h"

#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output Bucketize(const OpScope& scope, const Input& x, const std::vector<float>& boundaries) {
  return scope.Op("Bucketize").In(x).Attr("boundaries", boundaries).Build();
}

Output HistogramFixedWidth(const OpScope& scope, const Input& values, const Input& range,
                           const Input& nbins, const HistogramOptions& options) {
  return scope.Op("HistogramFixedWidth")
      .In(values)
      .In(range)
      .In(nbins)
      .Attr("dtype", options.dtype)
      .Build();
}

}  // namespace ops

namespace {

absl::Status HistogramShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape range, c.WithRank(1, 1));
  if (range.known_rank() && range.dim(0) >= 0 && range.dim(0) != 2) {
    return InvalidArgument("value_range must have 2 elements, but has shape ", range.ToString());
  }
  RETURN_IF_ERROR(c.WithRank(2, 0).status());
  const std::optional<int64_t> bins = c.IntValue(2);
  if (!bins.has_value()) return c.Return(PartialShape({PartialShape::kUnknown}));
  if (*bins <= 0) return InvalidArgument("nbins must be positive, but is ", *bins);
  return c.Return(PartialShape({*bins}));
}

}  // namespace

void RegisterBucketizeOps(OpRegistry& ops) {
  ops.Add("Bucketize")
      .Doc("output = how many of the ascending boundaries are <= the input's element.")
      .In("input: T")
      .Out("output: int32")
      .Attr("T: {int32, int64, float, double}")
      .Attr("boundaries: list(float)")
      .Shape([](ShapeContext& c) { return c.SameAsInput(0); })
      .NotDifferentiable();
  ops.Add("HistogramFixedWidth")
      .Doc(
          "How many values lie in each of nbins equal intervals of value_range; those outside "
          "count in the first and last.")
      .In("values: T")
      .In("value_range: T")
      .In("nbins: int32")
      .Out("out: dtype")
      .Attr("T: {int32, int64, float, double}")
      .Attr("dtype: {int32, int64} = int32")
      .Shape(HistogramShape)
      .NotDifferentiable();
}

}  // namespace weir
