#include "weir/ops/argmax.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Output ArgMax(const OpScope& scope, const Input& input, const Input& axis,
              const ArgMaxOptions& options) {
  return scope.Op("ArgMax").In(input).In(axis).Attr("output_type", options.output_type).Build();
}

Output ArgMin(const OpScope& scope, const Input& input, const Input& axis,
              const ArgMaxOptions& options) {
  return scope.Op("ArgMin").In(input).In(axis).Attr("output_type", options.output_type).Build();
}

}  // namespace ops

namespace {

absl::Status ArgShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape input, c.WithRankAtLeast(0, 1));
  ASSIGN_OR_RETURN(const PartialShape axis_shape, c.WithRankAtMost(1, 1));
  if (axis_shape.known_rank() && axis_shape.num_elements() > 1) {
    return InvalidArgument("dimension must be one integer, but has shape ", axis_shape.ToString());
  }
  if (!input.known_rank()) return c.Unknown();
  const std::optional<int64_t> axis = c.IntValue(1);
  if (!axis.has_value()) return c.Return(PartialShape::UnknownOfRank(input.rank() - 1));
  ASSIGN_OR_RETURN(const int resolved, ResolveAxis(*axis, input.rank(), "dimension"));
  Dims dims = DimsOf(input);
  dims.erase(dims.begin() + resolved);
  return c.Return(PartialShape(absl::MakeConstSpan(dims)));
}

}  // namespace

void RegisterArgmaxOps(OpRegistry& ops) {
  for (const char* op : {"ArgMax", "ArgMin"}) {
    ops.Add(op)
        .Doc(absl::StrCat("The position of the ",
                          op[3] == 'M' && op[4] == 'a' ? "largest" : "smallest",
                          " element along an axis, the first of several."))
        .In("input: T")
        .In("dimension: Tidx")
        .Out("output: output_type")
        .Attr(
            "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
            "qint32, bfloat16, uint16, complex128, half, uint32, uint64}")
        .Attr("Tidx: {int32, int64} = int32")
        .Attr("output_type: {int32, int64} = int64")
        .Shape(ArgShape)
        .NotDifferentiable();
  }
}

}  // namespace weir
