#include "weir/ops/concat.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/ops/identity.h"
#include "weir/ops/shape.h"
#include "weir/ops/split.h"

namespace weir {
namespace ops {

Output Concat(const OpScope& scope, absl::Span<const Output> values, const Input& axis) {
  if (values.size() == 1) return Identity(scope, values[0]);
  return scope.Op("ConcatV2").InList(values).In(axis).Build();
}

std::vector<Output> ConcatOffset(const OpScope& scope, const Input& axis,
                                 absl::Span<const Output> shapes) {
  const Operation op = scope.Op("ConcatOffset").In(axis).InList(shapes).Build();
  std::vector<Output> offsets;
  for (size_t i = 0; i < shapes.size(); ++i) offsets.push_back(op.out(static_cast<int>(i)));
  return offsets;
}

}  // namespace ops

namespace {

// Concat takes the axis first, ConcatV2 last.
struct ConcatArguments {
  int axis;
  int first;
  int count;
};
ConcatArguments ArgumentsOf(bool axis_first, int num_inputs) {
  return axis_first ? ConcatArguments{0, 1, num_inputs - 1}
                    : ConcatArguments{num_inputs - 1, 0, num_inputs - 1};
}

// The common shape of the values where `axis` is of no concern; the sum of extents along it.
absl::StatusOr<PartialShape> ConcatenatedShape(const ShapeContext& c, const ConcatArguments& args,
                                               int axis, int rank) {
  Dims all(static_cast<size_t>(rank), PartialShape::kUnknown);
  PartialShape common{absl::MakeConstSpan(all)};
  int64_t total = 0;
  for (int i = args.first; i < args.first + args.count; ++i) {
    const PartialShape& value = c.In(i);
    if (!value.known_rank()) {
      total = PartialShape::kUnknown;
      continue;
    }
    ASSIGN_OR_RETURN(total, AddExtents(total, value.dim(axis)));
    absl::StatusOr<PartialShape> merged = common.Merge(value.WithDim(axis, PartialShape::kUnknown));
    if (!merged.ok()) {
      return InvalidArgument("Dimensions of inputs should match apart from axis ", axis, ": value ",
                             i - args.first, " has shape ", value.ToString(), ", those before ",
                             common.ToString());
    }
    common = *std::move(merged);
  }
  Dims out = DimsOf(common);
  out[static_cast<size_t>(axis)] = total;
  return PartialShape::Make(out);
}

template <bool kAxisFirst>
absl::Status ConcatShape(ShapeContext& c) {
  const ConcatArguments args = ArgumentsOf(kAxisFirst, c.num_inputs());
  RETURN_IF_ERROR(c.WithRank(args.axis, 0).status());
  int rank = -1;
  for (int i = args.first; i < args.first + args.count; ++i) {
    const PartialShape& value = c.In(i);
    if (!value.known_rank()) continue;
    if (rank >= 0 && value.rank() != rank) {
      return InvalidArgument("Ranks of all input tensors should match: value ", i - args.first,
                             " has shape ", value.ToString(), ", those before have rank ", rank);
    }
    rank = value.rank();
  }
  if (rank < 0) return c.Unknown();
  if (rank == 0) {
    return InvalidArgument("Can't concatenate scalars (use Pack instead)");
  }
  const std::optional<int64_t> given = c.IntValue(args.axis);
  if (!given) return c.Return(PartialShape::UnknownOfRank(rank));
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(*given, rank));
  ASSIGN_OR_RETURN(PartialShape shape, ConcatenatedShape(c, args, axis, rank));
  return c.Return(std::move(shape));
}

template <bool kAxisFirst>
std::optional<PartialInts> ConcatValue(const ValueContext& c) {
  if (c.OutShape().rank() != 1) return std::nullopt;
  const ConcatArguments args = ArgumentsOf(kAxisFirst, c.num_inputs());
  PartialInts result;
  result.rank = 1;
  for (int i = args.first; i < args.first + args.count; ++i) {
    const PartialInts* value = c.In(i);
    std::optional<PartialInts> unknown;
    if (value == nullptr) {
      unknown = UnknownVector(c.InShape(i).num_elements());
      if (!unknown.has_value()) return std::nullopt;
      value = &*unknown;
    }
    result.values.insert(result.values.end(), value->values.begin(), value->values.end());
    if (result.values.size() > PartialInts::kMaxValues) return std::nullopt;
  }
  return result;
}

absl::Status ConcatOffsetShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(0, 0).status());
  for (int i = 1; i < c.num_inputs(); ++i) {
    ASSIGN_OR_RETURN(PartialShape shape, c.WithRank(i, 1));
    c.SetOut(i - 1, std::move(shape));
  }
  return absl::OkStatus();
}

// The extents along the axis when the graph knows axis and all of them, else nothing.
std::optional<std::vector<int64_t>> KnownSizes(absl::Span<const Output> values,
                                               const Output& axis) {
  if (!axis.valid()) return std::nullopt;
  const Graph& graph = axis.state()->graph;
  const PartialInts* known = graph.node(axis.endpoint().node).output_value(axis.endpoint().index);
  if (known == nullptr || known->values.size() != 1 || !known->FullyKnown()) return std::nullopt;
  std::vector<int64_t> sizes;
  for (const Output& value : values) {
    if (!value.shape().known_rank()) return std::nullopt;
    absl::StatusOr<int> at = ResolveAxis(known->values[0], value.shape().rank());
    if (!at.ok() || value.shape().dim(*at) < 0) return std::nullopt;
    sizes.push_back(value.shape().dim(*at));
  }
  return sizes;
}

std::vector<Output> PiecesOf(const OpScope& scope, const Output& dy,
                             absl::Span<const Output> values, Output axis) {
  if (axis.type() == DT_INT64) {
    axis = scope.Op("Cast").In(axis).Attr("DstT", DT_INT32).Build();
  }
  if (const auto sizes = KnownSizes(values, axis); sizes.has_value()) {
    return ops::SplitV(scope, dy, *sizes, axis);
  }
  const std::vector<Output> shapes = ops::ShapeN(scope, values);
  const std::vector<Output> begins = ops::ConcatOffset(scope, axis, shapes);
  std::vector<Output> pieces;
  for (size_t i = 0; i < values.size(); ++i) {
    pieces.push_back(scope.Op("Slice").In(dy).In(begins[i]).In(shapes[i]).Build());
  }
  return pieces;
}

// Each value's gradient is the piece of dy that it became.
template <bool kAxisFirst>
absl::Status ConcatGradient(GradientContext& g) {
  const ConcatArguments args = ArgumentsOf(kAxisFirst, g.num_inputs());
  std::vector<Output> values;
  for (int i = 0; i < args.count; ++i) values.push_back(g.In(args.first + i));
  const std::vector<Output> pieces = PiecesOf(g.scope(), g.Grad(0), values, g.In(args.axis));
  for (int i = 0; i < args.count; ++i) g.Set(args.first + i, pieces[static_cast<size_t>(i)]);
  return absl::OkStatus();
}

}  // namespace

void RegisterConcatOps(OpRegistry& ops) {
  ops.Add("Concat")
      .Doc("The values one after another along axis `concat_dim`.")
      .In("concat_dim: int32")
      .In("values: N * T")
      .Out("output: T")
      .Attr("N: int >= 2")
      .Attr("T: type")
      .Shape(ConcatShape<true>)
      .Value(ConcatValue<true>)
      .Gradient(ConcatGradient<true>);
  ops.Add("ConcatV2")
      .Doc("The values one after another along `axis`.")
      .In("values: N * T")
      .In("axis: Tidx")
      .Out("output: T")
      .Attr("N: int >= 2")
      .Attr("T: type")
      .Attr("Tidx: {int32, int64} = int32")
      .Shape(ConcatShape<false>)
      .Value(ConcatValue<false>)
      .Gradient(ConcatGradient<false>);
  ops.Add("ConcatOffset")
      .Doc("Where each of several tensors begins in their concatenation along `concat_dim`.")
      .In("concat_dim: int32")
      .In("shape: N * int32")
      .Out("offset: N * int32")
      .Attr("N: int >= 2")
      .Shape(ConcatOffsetShape)
      .NotDifferentiable();
}

}  // namespace weir
