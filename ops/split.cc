#include "weir/ops/split.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/ops/concat.h"
#include "weir/ops/split_util.h"

namespace weir {
namespace ops {
namespace {

std::vector<Output> OutputsOf(const Operation& op, size_t n) {
  std::vector<Output> outputs;
  for (size_t i = 0; i < n; ++i) outputs.push_back(op.out(static_cast<int>(i)));
  return outputs;
}

}  // namespace

std::vector<Output> Split(const OpScope& scope, const Input& x, int64_t num_split,
                          const Input& axis) {
  return OutputsOf(scope.Op("Split").In(axis).In(x).Attr("num_split", num_split).Build(),
                   static_cast<size_t>(std::max<int64_t>(num_split, 0)));
}

std::vector<Output> SplitV(const OpScope& scope, const Input& x, const std::vector<int64_t>& sizes,
                           const Input& axis) {
  const int64_t n = static_cast<int64_t>(sizes.size());
  return OutputsOf(scope.Op("SplitV")
                       .In(x)
                       .In(Tensor::Vector<int64_t>(absl::MakeConstSpan(sizes)))
                       .In(axis)
                       .Attr("num_split", n)
                       .Build(),
                   sizes.size());
}

}  // namespace ops

namespace {

// Sets every output to x's shape but for the unknown, or given, extent along the axis.
void SetParts(ShapeContext& c, const PartialShape& x, int axis, absl::Span<const int64_t> sizes) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    const int64_t size = sizes.empty() ? PartialShape::kUnknown : sizes[static_cast<size_t>(i)];
    c.SetOut(i, x.WithDim(axis, size));
  }
}

// For an unknown axis: only the rank is left of x's shape.
void SetRanks(ShapeContext& c, int rank) {
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOut(i, PartialShape::UnknownOfRank(rank));
}

absl::Status SplitShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(0, 0).status());
  ASSIGN_OR_RETURN(const PartialShape x, c.WithRankAtLeast(1, 1));
  if (!x.known_rank()) return c.Unknown();
  const std::optional<int64_t> given = c.IntValue(0);
  if (!given) {
    SetRanks(c, x.rank());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(*given, x.rank(), "split_dim"));
  const int64_t extent = x.dim(axis), n = c.num_outputs();
  if (extent >= 0 && extent % n != 0) {
    return InvalidArgument("Number of ways to split should evenly divide the split dimension: ",
                           "split_dim ", axis, " of ", x.ToString(), " into ", n);
  }
  const std::vector<int64_t> sizes(static_cast<size_t>(n), extent < 0 ? extent : extent / n);
  SetParts(c, x, axis, sizes);
  return absl::OkStatus();
}

absl::Status SplitVShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape sizes_shape, c.WithRank(1, 1));
  if (c.In(2).num_elements() >= 0 && c.In(2).num_elements() != 1) {
    return InvalidArgument("split_dim must be a scalar, but has shape ", c.In(2).ToString());
  }
  if (sizes_shape.dim(0) >= 0 && sizes_shape.dim(0) != c.num_outputs()) {
    return InvalidArgument("size_splits must have num_split = ", c.num_outputs(),
                           " entries, but has ", sizes_shape.dim(0));
  }
  ASSIGN_OR_RETURN(const PartialShape x, c.WithRankAtLeast(0, 1));
  if (!x.known_rank()) return c.Unknown();
  const std::optional<int64_t> given = c.IntValue(2);
  if (!given) {
    SetRanks(c, x.rank());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(*given, x.rank(), "split_dim"));
  const std::optional<std::vector<int64_t>> sizes = c.IntValues(1);
  if (!sizes || static_cast<int>(sizes->size()) != c.num_outputs()) {
    SetParts(c, x, axis, {});
    return absl::OkStatus();
  }
  if (x.dim(axis) >= 0) {
    ASSIGN_OR_RETURN(const Dims resolved, ResolveSplitSizes(*sizes, x.dim(axis)));
    SetParts(c, x, axis, resolved);
    return absl::OkStatus();
  }
  Dims known;
  for (int64_t size : *sizes) {
    if (size < -1) return InvalidArgument("split size must be >= 0, not ", size);
    known.push_back(size);
  }
  for (int i = 0; i < c.num_outputs(); ++i) {
    Dims part = DimsOf(x);
    part[static_cast<size_t>(axis)] = known[static_cast<size_t>(i)];
    ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(part));
    c.SetOut(i, std::move(shape));
  }
  return absl::OkStatus();
}

// The parts, one after another, are the whole: dx = the parts' gradients concatenated.
absl::Status PartsGradient(GradientContext& g, int value, int axis) {
  std::vector<Output> parts;
  for (int i = 0; i < g.num_outputs(); ++i) parts.push_back(g.Grad(i));
  g.Set(value, ops::Concat(g.scope(), parts, g.In(axis)));
  return absl::OkStatus();
}

}  // namespace

void RegisterSplitOps(OpRegistry& ops) {
  ops.Add("Split")
      .Doc("The value cut along `split_dim` into num_split equal parts.")
      .In("split_dim: int32")
      .In("value: T")
      .Out("output: num_split * T")
      .Attr("num_split: int >= 1")
      .Attr("T: type")
      .Shape(SplitShape)
      .Gradient([](GradientContext& g) { return PartsGradient(g, 1, 0); });
  ops.Add("SplitV")
      .Doc(
          "The value cut along `split_dim` into parts of the sizes in `size_splits`, of which one "
          "may be -1.")
      .In("value: T")
      .In("size_splits: Tlen")
      .In("split_dim: int32")
      .Out("output: num_split * T")
      .Attr("num_split: int >= 1")
      .Attr("T: type")
      .Attr("Tlen: {int32, int64} = int64")
      .Shape(SplitVShape)
      .Gradient([](GradientContext& g) { return PartsGradient(g, 0, 2); });
}

}  // namespace weir
