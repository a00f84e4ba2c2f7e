#include "weir/ops/gather.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/nd_index_util.h"

namespace weir {
namespace ops {

Output Gather(const OpScope& scope, const Input& params, const Input& indices) {
  return scope.Op("Gather").In(params).In(indices).Build();
}

Output GatherV2(const OpScope& scope, const Input& params, const Input& indices, const Input& axis,
                const GatherOptions& options) {
  return scope.Op("GatherV2")
      .In(params)
      .In(indices)
      .In(axis)
      .Attr("batch_dims", options.batch_dims)
      .Build();
}

Output GatherNd(const OpScope& scope, const Input& params, const Input& indices) {
  return scope.Op("GatherNd").In(params).In(indices).Build();
}

}  // namespace ops

namespace {

absl::Status GatherShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, RowsShape(c.In(1), c.In(0)));
  return c.Return(std::move(shape));
}

// With a known axis: params[:axis] + indices[batch_dims:] + params[axis + 1:].
absl::Status GatherV2Shape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape params, c.WithRankAtLeast(0, 1));
  const PartialShape& indices = c.In(1);
  RETURN_IF_ERROR(c.WithRankAtMost(2, 1).status());
  if (!params.known_rank() || !indices.known_rank()) return c.Unknown();
  int64_t batch_dims = c.Attr<int64_t>("batch_dims");
  if (batch_dims < 0) batch_dims += indices.rank();
  if (batch_dims < 0 || batch_dims > indices.rank() || batch_dims >= params.rank()) {
    return InvalidArgument("batch_dims ", c.Attr<int64_t>("batch_dims"),
                           " does not fit params of shape ", params.ToString(),
                           " and indices of shape ", indices.ToString());
  }
  const int batch = static_cast<int>(batch_dims);
  const int rank = params.rank() - 1 + indices.rank() - batch;
  const std::optional<int64_t> known = c.IntValue(2);
  if (!known.has_value()) {
    if (rank > kMaxRank) return InvalidArgument("the result would have rank ", rank);
    return c.Return(PartialShape::UnknownOfRank(rank));
  }
  const int64_t axis = *known < 0 ? *known + params.rank() : *known;
  if (axis < 0 || axis >= params.rank()) {
    return InvalidArgument("axis ", *known, " is out of range for params of shape ",
                           params.ToString());
  }
  if (batch > axis) {
    return InvalidArgument("batch_dims (", batch, ") must be less than or equal to axis (", axis,
                           ").");
  }
  Dims dims;
  for (int d = 0; d < axis; ++d) {
    int64_t size = params.dim(d);
    if (d < batch) {
      if (size >= 0 && indices.dim(d) >= 0 && size != indices.dim(d)) {
        return InvalidArgument("params.shape[", d, "]: ", size,
                               " should be equal to indices.shape[", d, "]: ", indices.dim(d));
      }
      if (size < 0) size = indices.dim(d);
    }
    dims.push_back(size);
  }
  for (int d = batch; d < indices.rank(); ++d) dims.push_back(indices.dim(d));
  for (int d = static_cast<int>(axis) + 1; d < params.rank(); ++d) dims.push_back(params.dim(d));
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(dims));
  return c.Return(std::move(shape));
}

absl::Status GatherNdShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, NdSlicesShape(c.In(1), c.In(0)));
  return c.Return(std::move(shape));
}

// Picks entries of a known vector. (With batch dimensions params has more than one dimension.)
std::optional<PartialInts> GatherValue(const ValueContext& c) {
  const PartialInts* params = c.In(0);
  const PartialInts* indices = c.In(1);
  if (params == nullptr || indices == nullptr || params->rank != 1) return std::nullopt;
  PartialInts out;
  out.rank = indices->rank;
  const int64_t n = static_cast<int64_t>(params->values.size());
  for (int64_t i : indices->values) {
    if (i < 0 || i >= n) return std::nullopt;
    out.values.push_back(params->values[i]);
  }
  return out;
}

// Row i of dx is the sum of the rows of dy that show it: IndexedSlices with one row of dy per
// index.
IndexedSlices RowGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output shape = ShapeAs(s, g.In(0), DT_INT64);
  const Output tail =
      s.Op("StridedSlice").In(shape).In({1}).In({0}).In({1}).Attr("end_mask", 1).Build();
  const Output rows =
      Call(s, "ExpandDims", s.Op("Size").In(g.In(1)).Attr("out_type", DT_INT64).Build().out(0), 0);
  return {Call(s, "Reshape", g.Grad(0), Concat(s, {rows, tail}, 0)), Flatten(s, g.In(1)), shape};
}

absl::Status GatherGradient(GradientContext& g) {
  g.SetSlices(0, RowGradient(g));
  return absl::OkStatus();
}

std::optional<int64_t> KnownAxis(GradientContext& g) {
  const Output axis = g.In(2);
  const PartialInts* value = axis.op().node().output_value(axis.endpoint().index);
  if (value == nullptr || value->values.size() != 1 || !value->FullyKnown()) return std::nullopt;
  return value->values[0];
}

// Entries [from, to) of `shape`; all three are vectors, `from` and `to` of one int32 element.
Output Part(const OpScope& s, const Output& shape, const Input& from, const Input& to) {
  return Call(s, "StridedSlice", shape, from, to, Input({1}));
}

// Their product, a vector of one element.
Output CountOf(const OpScope& s, const Output& shape, const Input& from, const Input& to) {
  return s.Op("Prod").In(Part(s, shape, from, to)).In({0}).Attr("keep_dims", true).Build();
}

// Where in the shape of params the batch ends, and where the axis begins and ends.
struct GatherCuts {
  Input batch;
  Input axis;
  Input after_axis;
  Input rank;
};

GatherCuts CutsOf(GradientContext& g) {
  const OpScope& s = g.scope();
  const PartialShape& params = g.In(0).shape();
  const PartialShape& indices = g.In(1).shape();
  const auto as_vector = [&](const Output& scalar) {
    return s.Op("Reshape").In(scalar).In({1}).Build().out(0);
  };
  int64_t batch = g.Attr<int64_t>("batch_dims");
  if (batch < 0 && indices.known_rank()) batch += indices.rank();
  const std::optional<int64_t> known = KnownAxis(g);
  int64_t axis = known.value_or(-1);
  if (axis < 0 && known.has_value() && params.known_rank()) axis += params.rank();

  const Input rank =
      params.known_rank() ? Input({params.rank()}) : Input(as_vector(Call(s, "Rank", g.In(0))));
  const Input batch_cut =
      batch >= 0
          ? Input({static_cast<int>(batch)})
          : Input(as_vector(Call(s, "Add", Call(s, "Rank", g.In(1)), static_cast<int>(batch))));
  if (axis >= 0) {
    return {batch_cut, Input({static_cast<int>(axis)}), Input({static_cast<int>(axis) + 1}), rank};
  }
  const Output given = s.Op("Cast").In(as_vector(g.In(2))).Attr("DstT", DT_INT32).Build();
  const Output at = Call(s, "FloorMod", given, rank);
  return {batch_cut, at, Call(s, "Add", at, Input({1})), rank};
}

// Seen as params [B, O, N, I] (batch, before axis, axis, after axis) and dy [B, O, K, I]:
//   dx[b, o, n, i] = sum over k of dy[b, o, k, i] where indices[b, k] == n,
// a sum over rows of the transposed dy [B * K, O, I] into rows numbered b * N + n.
Output DenseGatherGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const GatherCuts cuts = CutsOf(g);
  const Output shape = ShapeAs(s, g.In(0), DT_INT64);
  const Output batches = CountOf(s, shape, {0}, cuts.batch);
  const Output outer = CountOf(s, shape, cuts.batch, cuts.axis);
  const Output length = Part(s, shape, cuts.axis, cuts.after_axis);
  const Output inner = CountOf(s, shape, cuts.after_axis, cuts.rank);
  const Output one_batch = Call(s, "Maximum", batches, Input({1}));
  const Output picks = Call(
      s, "FloorDiv", s.Op("Size").In(g.In(1)).Attr("out_type", DT_INT64).Build().out(0), one_batch);

  const Output dy = Call(s, "Reshape", g.Grad(0), Concat(s, {batches, outer, picks, inner}, 0));
  const Output by_pick = Call(s, "Transpose", dy, Input({0, 2, 1, 3}));
  const Output rows =
      Call(s, "Reshape", by_pick, Concat(s, {Call(s, "Mul", batches, picks), outer, inner}, 0));

  const Output indices = s.Op("Cast").In(g.In(1)).Attr("DstT", DT_INT64).Build();
  const Output first_rows =
      Call(s, "Mul",
           Call(s, "Range", Tensor::Scalar<int64_t>(0), s.Op("Squeeze").In(batches).Build().out(0),
                Tensor::Scalar<int64_t>(1)),
           length);
  const Output row_numbers =
      Flatten(s, Call(s, "Add", Call(s, "Reshape", indices, Concat(s, {batches, picks}, 0)),
                      Call(s, "ExpandDims", first_rows, 1)));
  const Output num_rows = s.Op("Squeeze").In(Call(s, "Mul", batches, length)).Build();
  const Output sums = Call(s, "UnsortedSegmentSum", rows, row_numbers, num_rows);

  const Output by_row = Call(s, "Reshape", sums, Concat(s, {batches, length, outer, inner}, 0));
  return Call(s, "Reshape", Call(s, "Transpose", by_row, Input({0, 2, 1, 3})), shape);
}

absl::Status GatherV2Gradient(GradientContext& g) {
  if (KnownAxis(g) == 0) return GatherGradient(g);
  g.Set(0, DenseGatherGradient(g));
  return absl::OkStatus();
}

// Each element of x gets the sum of dy over the index vectors that name it: ScatterNd; rows along
// dimension 0 stay IndexedSlices.
absl::Status GatherNdGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output indices = g.In(1);
  const Output shape = ShapeAs(s, g.In(0), indices.type());
  if (indices.shape().rank() == 2 && indices.shape().dim(1) == 1) {
    g.SetSlices(0, {g.Grad(0), Flatten(s, indices), shape});
  } else {
    g.Set(0, Call(s, "ScatterNd", indices, g.Grad(0), shape));
  }
  return absl::OkStatus();
}

}  // namespace

void RegisterGatherOps(OpRegistry& ops) {
  ops.Add("Gather")
      .Doc("output[i.., b..] = params[indices[i..], b..]: rows of params.")
      .In("params: Tparams")
      .In("indices: Tindices")
      .Out("output: Tparams")
      .Attr("validate_indices: bool = true")
      .Attr("Tparams: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(GatherShape)
      .Value(GatherValue)
      .Gradient(GatherGradient);
  ops.Add("GatherV2")
      .Doc(
          "output[a.., i.., b..] = params[a.., indices[i..], b..], where a runs over the "
          "dimensions "
          "before axis; the first batch_dims dimensions of indices belong to those of params.")
      .In("params: Tparams")
      .In("indices: Tindices")
      .In("axis: Taxis")
      .Out("output: Tparams")
      .Attr("batch_dims: int = 0")
      .Attr("Tparams: type")
      .Attr("Tindices: {int32, int64}")
      .Attr("Taxis: {int32, int64}")
      .Shape(GatherV2Shape)
      .Value(GatherValue)
      .Gradient(GatherV2Gradient);
  ops.Add("GatherNd")
      .Doc("output[i.., b..] = params[indices[i.., 0], indices[i.., 1], ..., b..].")
      .In("params: Tparams")
      .In("indices: Tindices")
      .Out("output: Tparams")
      .Attr("Tparams: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(GatherNdShape)
      .Gradient(GatherNdGradient);
}

}  // namespace weir
