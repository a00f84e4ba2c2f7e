#include "weir/ops/shape.h"

#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Output Shape(const OpScope& scope, const Input& x, DataType out_type) {
  return scope.Op("Shape").In(x).Attr("out_type", out_type).Build();
}

std::vector<Output> ShapeN(const OpScope& scope, absl::Span<const Output> x, DataType out_type) {
  const Operation op = scope.Op("ShapeN").InList(x).Attr("out_type", out_type).Build();
  std::vector<Output> shapes;
  for (size_t i = 0; i < x.size(); ++i) shapes.push_back(op.out(static_cast<int>(i)));
  return shapes;
}

Output Size(const OpScope& scope, const Input& x, DataType out_type) {
  return scope.Op("Size").In(x).Attr("out_type", out_type).Build();
}

Output Rank(const OpScope& scope, const Input& x) { return scope.Op("Rank").In(x).Build(); }

}  // namespace ops

namespace {

absl::Status ShapeShape(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    const PartialShape& x = c.In(i);
    c.SetOut(i, x.known_rank() ? PartialShape({x.rank()}) : PartialShape::UnknownOfRank(1));
  }
  return absl::OkStatus();
}

// Values that int32 cannot hold stay unknown: the kernel says what is wrong with them.
int64_t KnownIn(DataType type, int64_t value) {
  if (value < 0 || (type == DT_INT32 && value > INT32_MAX)) return PartialInts::kUnknown;
  return value;
}

std::optional<PartialInts> ShapeValue(const ValueContext& c) {
  const PartialShape& x = c.InShape(0);
  if (!x.known_rank()) return std::nullopt;
  PartialInts value;
  value.rank = 1;
  for (int64_t extent : x.dims()) value.values.push_back(KnownIn(c.OutType(), extent));
  return value;
}

std::optional<PartialInts> KnownScalar(int64_t value) {
  if (value < 0) return std::nullopt;
  PartialInts known;
  known.values.push_back(value);
  return known;
}

std::optional<PartialInts> SizeValue(const ValueContext& c) {
  return KnownScalar(KnownIn(c.OutType(), c.InShape(0).num_elements()));
}

std::optional<PartialInts> RankValue(const ValueContext& c) {
  return KnownScalar(c.InShape(0).rank());
}

}  // namespace

void RegisterShapeOps(OpRegistry& ops) {
  ops.Add("Shape")
      .Doc("The extents of the input, as a vector.")
      .In("input: T")
      .Out("output: out_type")
      .Attr("T: type")
      .Attr("out_type: {int32, int64} = int32")
      .Shape(ShapeShape)
      .Value(ShapeValue)
      .NotDifferentiable();
  ops.Add("ShapeN")
      .Doc("The extents of each input, as vectors.")
      .In("input: N * T")
      .Out("output: N * out_type")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Attr("out_type: {int32, int64} = int32")
      .Shape(ShapeShape)
      .Value(ShapeValue)
      .NotDifferentiable();
  ops.Add("Size")
      .Doc("The number of elements of the input.")
      .In("input: T")
      .Out("output: out_type")
      .Attr("T: type")
      .Attr("out_type: {int32, int64} = int32")
      .Shape([](ShapeContext& c) { return c.Scalars(); })
      .Value(SizeValue)
      .NotDifferentiable();
  ops.Add("Rank")
      .Doc("The number of dimensions of the input.")
      .In("input: T")
      .Out("output: int32")
      .Attr("T: type")
      .Shape([](ShapeContext& c) { return c.Scalars(); })
      .Value(RankValue)
      .NotDifferentiable();
}

}  // namespace weir
