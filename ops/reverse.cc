#include "weir/ops/reverse.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Output Reverse(const OpScope& scope, const Input& x, const Input& axis) {
  return scope.Op("ReverseV2").In(x).In(axis).Build();
}

Output ReverseSequence(const OpScope& scope, const Input& x, const Input& seq_lengths,
                       int64_t seq_axis, const ReverseSequenceOptions& options) {
  return scope.Op("ReverseSequence")
      .In(x)
      .In(seq_lengths)
      .Attr("seq_dim", seq_axis)
      .Attr("batch_dim", options.batch_axis)
      .Build();
}

}  // namespace ops

namespace {

absl::Status ReverseV2Shape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(1, 1).status());
  const std::optional<std::vector<int64_t>> axes = c.IntValues(1);
  if (axes && c.In(0).known_rank()) {
    std::vector<bool> seen(static_cast<size_t>(c.In(0).rank()), false);
    for (int64_t given : *axes) {
      ASSIGN_OR_RETURN(const int axis, ResolveAxis(given, c.In(0).rank()));
      if (seen[static_cast<size_t>(axis)]) {
        return InvalidArgument("axis ", axis, " specified more than once");
      }
      seen[static_cast<size_t>(axis)] = true;
    }
  }
  return c.SameAsInput(0);
}

absl::Status ReverseShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape dims, c.WithRank(1, 1));
  const PartialShape& x = c.In(0);
  if (x.known_rank() && dims.dim(0) >= 0 && dims.dim(0) != x.rank()) {
    return InvalidArgument("'dims' must have one entry per axis of the input, ", x.rank(),
                           ", but has ", dims.dim(0));
  }
  return c.SameAsInput(0);
}

absl::Status ReverseSequenceShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape lengths, c.WithRank(1, 1));
  const PartialShape& x = c.In(0);
  if (!x.known_rank()) return c.Unknown();
  ASSIGN_OR_RETURN(const int batch,
                   ResolveAxis(c.Attr<int64_t>("batch_dim"), x.rank(), "batch_dim"));
  ASSIGN_OR_RETURN(const int seq, ResolveAxis(c.Attr<int64_t>("seq_dim"), x.rank(), "seq_dim"));
  if (batch == seq) return InvalidArgument("batch_dim == seq_dim == ", seq);
  const int64_t n = lengths.dim(0), extent = x.dim(batch);
  if (n >= 0 && extent >= 0 && n != extent) {
    return InvalidArgument("Length of seq_lengths != input.dims(", batch, "), ", n, " vs. ",
                           extent);
  }
  return c.Return(x.WithDim(batch, extent >= 0 ? extent : n));
}

// Turning round is its own inverse, and moves dy as it moved x.
absl::Status ReverseGradient(GradientContext& g) {
  return g.Return(
      {g.scope().Op(g.op().node().op().name).In(g.Grad(0)).In(g.In(1)).Build(), Output()});
}

absl::Status ReverseSequenceGradient(GradientContext& g) {
  return g.Return({ops::ReverseSequence(g.scope(), g.Grad(0), g.In(1), g.Attr<int64_t>("seq_dim"),
                                        {.batch_axis = g.Attr<int64_t>("batch_dim")}),
                   Output()});
}

}  // namespace

void RegisterReverseOps(OpRegistry& ops) {
  ops.Add("ReverseV2")
      .Doc("The tensor turned round along each listed axis.")
      .In("tensor: T")
      .In("axis: Tidx")
      .Out("output: T")
      .Attr("Tidx: {int32, int64} = int32")
      .Attr(
          "T: {uint8, int8, uint16, int16, int32, int64, bool, bfloat16, half, float, double, "
          "complex64, complex128, string}")
      .Shape(ReverseV2Shape)
      .Gradient(ReverseGradient);
  ops.Add("Reverse")
      .Doc("The tensor turned round along each axis i for which dims[i] is true.")
      .In("tensor: T")
      .In("dims: bool")
      .Out("output: T")
      .Attr(
          "T: {uint8, int8, uint16, int16, int32, int64, bool, half, float, double, complex64, "
          "complex128, string}")
      .Shape(ReverseShape)
      .Gradient(ReverseGradient);
  ops.Add("ReverseSequence")
      .Doc(
          "Turns round, for each i of the batch axis, the first seq_lengths[i] elements along the "
          "sequence axis.")
      .In("input: T")
      .In("seq_lengths: Tlen")
      .Out("output: T")
      .Attr("seq_dim: int")
      .Attr("batch_dim: int = 0")
      .Attr("T: type")
      .Attr("Tlen: {int32, int64} = int64")
      .Shape(ReverseSequenceShape)
      .Gradient(ReverseSequenceGradient);
}

}  // namespace weir
