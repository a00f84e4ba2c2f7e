#include "weir/ops/tile.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/ops/constant.h"
#include "weir/ops/pack.h"
#include "weir/ops/reshape.h"
#include "weir/ops/shape.h"
#include "weir/ops/transpose.h"

namespace weir {
namespace ops {

Output Tile(const OpScope& scope, const Input& x, const Input& multiples) {
  return scope.Op("Tile").In(x).In(multiples).Build();
}

}  // namespace ops

namespace {

absl::StatusOr<PartialShape> RankedByMultiples(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape multiples, c.WithRank(1, 1));
  const PartialShape& x = c.In(0);
  const int64_t n = multiples.dim(0);
  if (x.known_rank() && n >= 0 && n != x.rank()) {
    return InvalidArgument("Expected multiples argument to be a vector of length ", x.rank(),
                           " but got length ", n);
  }
  if (x.known_rank()) return x;
  if (n > kMaxRank) return InvalidArgument("multiples has more than ", kMaxRank, " entries");
  return n < 0 ? PartialShape() : PartialShape::UnknownOfRank(static_cast<int>(n));
}

absl::Status TileShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape x, RankedByMultiples(c));
  if (!x.known_rank()) return c.Unknown();
  Dims out(static_cast<size_t>(x.rank()), PartialShape::kUnknown);
  const PartialInts* multiples = c.Value(1);
  if (multiples == nullptr || multiples->values.size() != out.size()) {
    return c.Return(PartialShape(out));
  }
  for (int i = 0; i < x.rank(); ++i) {
    const int64_t m = multiples->values[static_cast<size_t>(i)];
    if (m == PartialInts::kUnknown) continue;
    if (m < 0) return InvalidArgument("Expected multiples[", i, "] >= 0, but got ", m);
    ASSIGN_OR_RETURN(out[static_cast<size_t>(i)], MultiplyExtents(x.dim(i), m));
  }
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(out));
  return c.Return(std::move(shape));
}

// The gradient of Tile, shrunk: every extent is divided by its multiple.
absl::Status TileGradShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape x, RankedByMultiples(c));
  if (!x.known_rank()) return c.Unknown();
  Dims out(static_cast<size_t>(x.rank()), PartialShape::kUnknown);
  const std::optional<std::vector<int64_t>> multiples = c.IntValues(1);
  for (size_t i = 0; multiples && i < out.size() && i < multiples->size(); ++i) {
    const int64_t m = (*multiples)[i], extent = x.dim(static_cast<int>(i));
    if (m <= 0) return InvalidArgument("Expected multiples[", i, "] > 0, but got ", m);
    if (extent >= 0 && extent % m != 0) {
      return InvalidArgument("Expected input_dim[", i, "] to be divisible by multiples[", i,
                             "], but ", extent, " % ", m, " != 0");
    }
    out[i] = extent < 0 ? extent : extent / m;
  }
  return c.Return(PartialShape(out));
}

// dx = the sum of dy over copies. Seen as shape [m0, d0, m1, d1, ...], that sums the even axes.
absl::Status TileGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output multiples = g.In(1);
  const Output x_shape = ops::Shape(s, g.In(0), multiples.type());
  const Output pairs =
      ops::Transpose(s, ops::Pack(s, {multiples, x_shape}), Tensor::Vector<int32_t>({1, 0}));
  const Output split = ops::Reshape(s, pairs, Tensor::Vector<int32_t>({-1}));
  const Output copies = ops::Range(s, 0, ops::Size(s, split), 2);
  const Output by_copy = ops::Reshape(s, g.Grad(0), split);
  const Output sum = s.Op("Sum").In(by_copy).In(copies).Build();
  // Where x's rank is known to the graph the sum's may not be: the shape is restated.
  return g.Return({ops::Reshape(s, sum, x_shape), Output()});
}

}  // namespace

void RegisterTileOps(OpRegistry& ops) {
  ops.Add("Tile")
      .Doc("The input repeated multiples[i] times along axis i.")
      .In("input: T")
      .In("multiples: Tmultiples")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tmultiples: {int32, int64} = int32")
      .Shape(TileShape)
      .Gradient(TileGradient);
  ops.Add("TileGrad")
      .Doc("The sum over the copies that Tile with the same multiples makes.")
      .In("input: T")
      .In("multiples: int32")
      .Out("output: T")
      .Attr("T: type")
      .DeprecatedAt(3)
      .Shape(TileGradShape)
      .NotDifferentiable();
}

}  // namespace weir
