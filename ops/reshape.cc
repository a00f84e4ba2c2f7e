#include "weir/ops/reshape.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/ops/reshape_util.h"
#include "weir/ops/shape.h"

namespace weir {
namespace ops {

Output Reshape(const OpScope& scope, const Input& x, const Input& shape) {
  return scope.Op("Reshape").In(x).In(shape).Build();
}

Output Squeeze(const OpScope& scope, const Input& x, const std::vector<int64_t>& axes) {
  return scope.Op("Squeeze").In(x).Attr("squeeze_dims", axes).Build();
}

Output ExpandDims(const OpScope& scope, const Input& x, const Input& axis) {
  return scope.Op("ExpandDims").In(x).In(axis).Build();
}

Output Bitcast(const OpScope& scope, const Input& x, DataType type) {
  return scope.Op("Bitcast").In(x).Attr("type", type).Build();
}

}  // namespace ops

namespace {

// Where the spelled shape has one unknown entry (a -1, or a value that the graph computes) and
// everything else is known, that entry follows from the element count.
absl::Status ReshapeShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape spelled, c.ShapeValue(1));
  const std::optional<std::vector<int64_t>> dims = c.IntValues(1);
  if (dims.has_value()) {
    ASSIGN_OR_RETURN(PartialShape shape, ReshapedShape(c.In(0), *dims));
    return c.Return(std::move(shape));
  }
  if (!spelled.known_rank()) return c.Unknown();
  int unknown = 0;
  for (int64_t extent : spelled.dims()) unknown += extent == PartialShape::kUnknown;
  int64_t known = 1;
  for (int64_t extent : spelled.dims()) {
    if (extent == PartialShape::kUnknown) continue;
    ASSIGN_OR_RETURN(known, MultiplyExtents(known, extent));
  }
  if (unknown != 1 || known == 0 || c.In(0).num_elements() < 0) return c.Return(spelled);
  ASSIGN_OR_RETURN(PartialShape shape, ReshapedShape(c.In(0), spelled.dims()));
  return c.Return(std::move(shape));
}

absl::Status SqueezeShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape,
                   SqueezedShape(c.In(0), c.Attr<std::vector<int64_t>>("squeeze_dims")));
  return c.Return(std::move(shape));
}

absl::Status ExpandDimsShape(ShapeContext& c) {
  const int64_t elements = c.In(1).num_elements();
  if (elements >= 0 && elements != 1) {
    return InvalidArgument("'dim' must be a scalar, but has shape ", c.In(1).ToString());
  }
  if (!c.In(0).known_rank()) return c.Unknown();
  const std::optional<int64_t> axis = c.IntValue(1);
  if (!axis) return c.Return(PartialShape::UnknownOfRank(c.In(0).rank() + 1));
  ASSIGN_OR_RETURN(PartialShape shape, ExpandedShape(c.In(0), *axis));
  return c.Return(std::move(shape));
}

absl::Status BitcastShapeFn(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, BitcastShape(c.In(0), c.InType(0), c.OutType(0)));
  return c.Return(std::move(shape));
}

// The elements keep their order: dx is dy under x's shape.
absl::Status ReshapeGradient(GradientContext& g) {
  g.Set(0, ops::Reshape(g.scope(), g.Grad(0), ops::Shape(g.scope(), g.In(0))));
  return absl::OkStatus();
}

}  // namespace

void RegisterReshapeOps(OpRegistry& ops) {
  ops.Add("Reshape")
      .Doc("The same elements under another shape; one entry of `shape` may be -1.")
      .In("tensor: T")
      .In("shape: Tshape")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tshape: {int32, int64} = int32")
      .Shape(ReshapeShape)
      .Value(SameValueAsInput)
      .Gradient(ReshapeGradient);
  ops.Add("Squeeze")
      .Doc("Removes axes of extent 1: those in `squeeze_dims`, or all when it is empty.")
      .In("input: T")
      .Out("output: T")
      .Attr("T: type")
      .Attr("squeeze_dims: list(int) >= 0 = []")
      .Shape(SqueezeShape)
      .Value(SameValueAsInput)
      .Gradient(ReshapeGradient);
  ops.Add("ExpandDims")
      .Doc("Inserts an axis of extent 1 at `dim`.")
      .In("input: T")
      .In("dim: Tdim")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tdim: {int32, int64} = int32")
      .Shape(ExpandDimsShape)
      .Value(SameValueAsInput)
      .Gradient(ReshapeGradient);
  constexpr absl::string_view kTypes =
      "{bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, "
      "complex64, complex128, qint8, quint8, qint16, quint16, qint32}";
  ops.Add("Bitcast")
      .Doc("The same bytes as elements of another type.")
      .In("input: T")
      .Out("output: type")
      .Attr(absl::StrCat("T: ", kTypes))
      .Attr(absl::StrCat("type: ", kTypes))
      .Shape(BitcastShapeFn)
      .NotDifferentiable();
}

}  // namespace weir
