#include "weir/ops/segment.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"

namespace weir {
namespace ops {
namespace {

Operation Build(const OpScope& scope, absl::string_view op, std::initializer_list<Input> inputs) {
  OpBuilder builder = scope.Op(op);
  for (const Input& input : inputs) builder.In(input);
  return builder.Build();
}

}  // namespace

Output UnsortedSegmentSum(const OpScope& scope, const Input& data, const Input& segment_ids,
                          const Input& num_segments) {
  return Build(scope, "UnsortedSegmentSum", {data, segment_ids, num_segments});
}

Output UnsortedSegmentProd(const OpScope& scope, const Input& data, const Input& segment_ids,
                           const Input& num_segments) {
  return Build(scope, "UnsortedSegmentProd", {data, segment_ids, num_segments});
}

Output UnsortedSegmentMax(const OpScope& scope, const Input& data, const Input& segment_ids,
                          const Input& num_segments) {
  return Build(scope, "UnsortedSegmentMax", {data, segment_ids, num_segments});
}

Output UnsortedSegmentMin(const OpScope& scope, const Input& data, const Input& segment_ids,
                          const Input& num_segments) {
  return Build(scope, "UnsortedSegmentMin", {data, segment_ids, num_segments});
}

Output SegmentSum(const OpScope& scope, const Input& data, const Input& segment_ids) {
  return Build(scope, "SegmentSum", {data, segment_ids});
}

Output SegmentMean(const OpScope& scope, const Input& data, const Input& segment_ids) {
  return Build(scope, "SegmentMean", {data, segment_ids});
}

Output SegmentProd(const OpScope& scope, const Input& data, const Input& segment_ids) {
  return Build(scope, "SegmentProd", {data, segment_ids});
}

Output SegmentMax(const OpScope& scope, const Input& data, const Input& segment_ids) {
  return Build(scope, "SegmentMax", {data, segment_ids});
}

Output SegmentMin(const OpScope& scope, const Input& data, const Input& segment_ids) {
  return Build(scope, "SegmentMin", {data, segment_ids});
}

Output SparseSegmentSum(const OpScope& scope, const Input& data, const Input& indices,
                        const Input& segment_ids) {
  return Build(scope, "SparseSegmentSum", {data, indices, segment_ids});
}

Output SparseSegmentMean(const OpScope& scope, const Input& data, const Input& indices,
                         const Input& segment_ids) {
  return Build(scope, "SparseSegmentMean", {data, indices, segment_ids});
}

Output SparseSegmentSqrtN(const OpScope& scope, const Input& data, const Input& indices,
                          const Input& segment_ids) {
  return Build(scope, "SparseSegmentSqrtN", {data, indices, segment_ids});
}

Output SparseSegmentSumWithNumSegments(const OpScope& scope, const Input& data,
                                       const Input& indices, const Input& segment_ids,
                                       const Input& num_segments) {
  return Build(scope, "SparseSegmentSumWithNumSegments",
               {data, indices, segment_ids, num_segments});
}

Output SparseSegmentMeanWithNumSegments(const OpScope& scope, const Input& data,
                                        const Input& indices, const Input& segment_ids,
                                        const Input& num_segments) {
  return Build(scope, "SparseSegmentMeanWithNumSegments",
               {data, indices, segment_ids, num_segments});
}

Output SparseSegmentSqrtNWithNumSegments(const OpScope& scope, const Input& data,
                                         const Input& indices, const Input& segment_ids,
                                         const Input& num_segments) {
  return Build(scope, "SparseSegmentSqrtNWithNumSegments",
               {data, indices, segment_ids, num_segments});
}

Output SparseSegmentMeanGrad(const OpScope& scope, const Input& grad, const Input& indices,
                             const Input& segment_ids, const Input& output_dim0) {
  return Build(scope, "SparseSegmentMeanGrad", {grad, indices, segment_ids, output_dim0});
}

Output SparseSegmentSqrtNGrad(const OpScope& scope, const Input& grad, const Input& indices,
                              const Input& segment_ids, const Input& output_dim0) {
  return Build(scope, "SparseSegmentSqrtNGrad", {grad, indices, segment_ids, output_dim0});
}

}  // namespace ops

namespace {

// [first] + data.shape[lead:].
absl::StatusOr<PartialShape> WithRows(int64_t first, const PartialShape& data, int lead) {
  Dims dims = {first};
  dims.insert(dims.end(), data.dims().begin() + lead, data.dims().end());
  return PartialShape::Make(dims);
}

// A number of rows from a scalar input; -1 when it is not known.
absl::StatusOr<int64_t> RowsFrom(ShapeContext& c, int i) {
  RETURN_IF_ERROR(c.WithRank(i, 0).status());
  const std::optional<int64_t> rows = c.IntValue(i);
  if (!rows.has_value()) return PartialShape::kUnknown;
  if (*rows < 0) return InvalidArgument("input ", i, " must not be negative, but is ", *rows);
  return *rows;
}

absl::Status UnsortedSegmentShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const int64_t rows, RowsFrom(c, 2));
  const PartialShape& data = c.In(0);
  const PartialShape& ids = c.In(1);
  if (!data.known_rank() || !ids.known_rank()) return c.Unknown();
  const int lead = ids.rank();
  if (data.rank() < lead || !PartialShape(data.dims().subspan(0, lead)).IsCompatibleWith(ids)) {
    return InvalidArgument("data.shape = ", data.ToString(),
                           " does not start with segment_ids.shape = ", ids.ToString());
  }
  ASSIGN_OR_RETURN(PartialShape shape, WithRows(rows, data, lead));
  return c.Return(std::move(shape));
}

// Inputs `first` to `last` are vectors of one length.
absl::Status CheckVectors(ShapeContext& c, int first, int last) {
  PartialShape length = PartialShape::UnknownOfRank(1);
  for (int i = first; i <= last; ++i) {
    ASSIGN_OR_RETURN(const PartialShape shape, c.WithRank(i, 1));
    absl::StatusOr<PartialShape> merged = length.Merge(shape);
    if (!merged.ok()) {
      return InvalidArgument("segment_ids and indices should have same size, but have shapes ",
                             length.ToString(), " and ", shape.ToString());
    }
    length = *std::move(merged);
  }
  return absl::OkStatus();
}

absl::Status SegmentShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape data, c.WithRankAtLeast(0, 1));
  ASSIGN_OR_RETURN(const PartialShape ids, c.WithRank(1, 1));
  if (!data.known_rank()) return c.Unknown();
  if (data.dim(0) >= 0 && ids.dim(0) >= 0 && data.dim(0) != ids.dim(0)) {
    return InvalidArgument(
        "segment_ids should be the same size as dimension 0 of input, but have "
        "shapes ",
        ids.ToString(), " and ", data.ToString());
  }
  ASSIGN_OR_RETURN(PartialShape shape, WithRows(PartialShape::kUnknown, data, 1));
  return c.Return(std::move(shape));
}

// With the number of rows in input 3, if there is one.
absl::Status SparseSegmentShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape data, c.WithRankAtLeast(0, 1));
  RETURN_IF_ERROR(CheckVectors(c, 1, 2));
  int64_t rows = PartialShape::kUnknown;
  if (c.num_inputs() == 4) {
    ASSIGN_OR_RETURN(rows, RowsFrom(c, 3));
  }
  if (!data.known_rank()) return c.Unknown();
  ASSIGN_OR_RETURN(PartialShape shape, WithRows(rows, data, 1));
  return c.Return(std::move(shape));
}

// ---- Gradients ----

// rows[ids] as rows of `shape`, and zeros where an id is negative.
Output GatherOrZero(const OpScope& s, const Output& rows, const Output& ids, const Output& shape) {
  const Output flat = Flatten(s, ids);
  const Output taken = Call(s, "GatherV2", rows, Call(s, "Maximum", flat, 0), 0);
  const Output kept =
      Call(s, "Select", Call(s, "GreaterEqual", flat, 0), taken, Call(s, "ZerosLike", taken));
  return Call(s, "Reshape", kept, shape);
}

// What the sorted and the unsorted families do differently: how to reduce rows alike, and how to
// give every row the row of its segment.
struct SegmentFamily {
  explicit SegmentFamily(GradientContext& g)
      : s(g.scope()),
        sorted(g.num_inputs() == 2),
        data(g.In(0)),
        ids(g.In(1)),
        num_segments(sorted ? Output() : g.In(2)),
        shape(ShapeAs(s, data, DT_INT32)) {}

  Output Reduce(absl::string_view reduction, const Output& rows) const {
    if (sorted) return Call(s, absl::StrCat("Segment", reduction), rows, ids);
    return Call(s, absl::StrCat("UnsortedSegment", reduction), rows, ids, num_segments);
  }
  Output Spread(const Output& segments) const {
    return sorted ? Call(s, "GatherV2", segments, ids, 0) : GatherOrZero(s, segments, ids, shape);
  }

  OpScope s;
  bool sorted;
  Output data;
  Output ids;
  Output num_segments;
  Output shape;
};

absl::Status ReturnForData(GradientContext& g, const Output& dx) {
  g.Set(0, dx);
  return absl::OkStatus();
}

// Every row gets the gradient of its segment.
absl::Status SegmentSumGradient(GradientContext& g) {
  return ReturnForData(g, SegmentFamily(g).Spread(g.Grad(0)));
}

// dx[i] = dy[s] / n[s] for the segment s of row i and its number of rows n[s].
absl::Status SegmentMeanGradient(GradientContext& g) {
  const SegmentFamily f(g);
  const OpScope& s = f.s;
  // Ones of shape [rows, 1, 1, ...], so that the counts broadcast over dy.
  const Output rows = Call(s, "Shape", f.ids);
  const Output tail = Call(s, "OnesLike",
                           Call(s, "StridedSlice", f.shape, Input({1}),
                                Call(s, "ExpandDims", Call(s, "Rank", f.data), 0), Input({1})));
  const Output one = s.Op("Cast").In(1.0f).Attr("DstT", f.data.type()).Build();
  const Output ones = Call(s, "Fill", Concat(s, {rows, tail}, 0), one);
  const Output counts = f.Reduce("Sum", ones);
  return ReturnForData(g, f.Spread(Call(s, "RealDiv", g.Grad(0), counts)));
}

// dx = dy[s] / (number of rows equal to y[s]) for those rows, 0 for the others: ties share.
absl::Status SegmentExtremeGradient(GradientContext& g) {
  const SegmentFamily f(g);
  const OpScope& s = f.s;
  const Output dy = g.Grad(0);
  const Output chosen = Call(s, "Equal", f.data, f.Spread(g.Out(0)));
  const Output ties =
      f.Reduce("Sum", s.Op("Cast").In(chosen).Attr("DstT", dy.type()).Build().out(0));
  const Output share = f.Spread(Call(s, "RealDiv", dy, ties));
  return ReturnForData(g, Call(s, "Select", chosen, share, Call(s, "ZerosLike", share)));
}

// dx[i] = dy[s] * (product of the other rows of s): y[s] / x[i] unless x[i] is zero; then the
// product of the non-zero rows, or nothing when the segment has a second zero.
absl::Status SegmentProdGradient(GradientContext& g) {
  const SegmentFamily f(g);
  const OpScope& s = f.s;
  const Output is_zero = Call(s, "Equal", f.data, Call(s, "ZerosLike", f.data));
  const Output zeros =
      f.Reduce("Sum", s.Op("Cast").In(is_zero).Attr("DstT", DT_INT32).Build().out(0));
  Output dy = g.Grad(0);
  dy = Call(s, "Select", Call(s, "Greater", zeros, 1), Call(s, "ZerosLike", dy), dy);
  const Output non_zero = Call(s, "Select", is_zero, Call(s, "OnesLike", f.data), f.data);
  const Output others = Call(s, "Select", is_zero, f.Spread(f.Reduce("Prod", non_zero)),
                             Call(s, "RealDiv", f.Spread(g.Out(0)), f.data));
  return ReturnForData(g, Call(s, "Mul", f.Spread(dy), others));
}

Output RowCount(GradientContext& g, DataType type) {
  const OpScope& s = g.scope();
  return s.Op("StridedSlice")
      .In(ShapeAs(s, g.In(0), type))
      .In({0})
      .In({1})
      .In({1})
      .Attr("shrink_axis_mask", 1)
      .Build();
}

// Row indices[i] of dx gets dy[segment_ids[i]].
absl::Status SparseSegmentSumGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output rows = Call(s, "GatherV2", g.Grad(0), g.In(2), 0);
  return ReturnForData(g, Call(s, "UnsortedSegmentSum", rows, g.In(1), RowCount(g, DT_INT32)));
}

absl::Status SparseSegmentMeanGradient(GradientContext& g) {
  return ReturnForData(
      g, ops::SparseSegmentMeanGrad(g.scope(), g.Grad(0), g.In(1), g.In(2), RowCount(g, DT_INT32)));
}

absl::Status SparseSegmentSqrtNGradient(GradientContext& g) {
  return ReturnForData(g, ops::SparseSegmentSqrtNGrad(g.scope(), g.Grad(0), g.In(1), g.In(2),
                                                      RowCount(g, DT_INT32)));
}

// The op is linear in grad, which has as many rows as there are segments.
absl::Status SparseSegmentMeanGradGradient(GradientContext& g) {
  return ReturnForData(g, ops::SparseSegmentMeanWithNumSegments(g.scope(), g.Grad(0), g.In(1),
                                                                g.In(2), RowCount(g, DT_INT32)));
}

absl::Status SparseSegmentSqrtNGradGradient(GradientContext& g) {
  return ReturnForData(g, ops::SparseSegmentSqrtNWithNumSegments(g.scope(), g.Grad(0), g.In(1),
                                                                 g.In(2), RowCount(g, DT_INT32)));
}

// ---- Declarations ----

constexpr absl::string_view kNumbers =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    "bfloat16, "
    "uint16, complex128, half, uint32, uint64}";
constexpr absl::string_view kReal =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
constexpr absl::string_view kFloats = "T: {float, double}";

struct Reduction {
  absl::string_view name;
  absl::string_view what;
  absl::string_view types;
  GradientFn gradient;
};

void AddUnsorted(OpRegistry& ops, const Reduction& reduction) {
  ops.Add(absl::StrCat("UnsortedSegment", reduction.name))
      .Doc(absl::StrCat("output[s, b..] is the ", reduction.what,
                        " of data[i.., b..] over all i.. with segment_ids[i..] == s; rows with a "
                        "negative id are dropped."))
      .In("data: T")
      .In("segment_ids: Tindices")
      .In("num_segments: Tnumsegments")
      .Out("output: T")
      .Attr(reduction.types)
      .Attr("Tindices: {int32, int64}")
      .Attr("Tnumsegments: {int32, int64} = int32")
      .Shape(UnsortedSegmentShape)
      .Gradient(reduction.gradient);
}

void AddSorted(OpRegistry& ops, const Reduction& reduction) {
  ops.Add(absl::StrCat("Segment", reduction.name))
      .Doc(absl::StrCat("output[s, b..] is the ", reduction.what,
                        " of data[i, b..] over all i with segment_ids[i] == s; the ids do not "
                        "decrease."))
      .In("data: T")
      .In("segment_ids: Tindices")
      .Out("output: T")
      .Attr(reduction.types)
      .Attr("Tindices: {int32, int64}")
      .Shape(SegmentShape)
      .Gradient(reduction.gradient);
}

void AddSparse(OpRegistry& ops, const Reduction& reduction, bool with_num_segments) {
  OpDeclaration op = ops.Add(
      absl::StrCat("SparseSegment", reduction.name, with_num_segments ? "WithNumSegments" : ""));
  op.Doc(absl::StrCat(
             "output[s, b..] is the ", reduction.what,
             " of data[indices[i], b..] over all i with segment_ids[i] == s; the ids do not "
             "decrease."))
      .In("data: T")
      .In("indices: Tidx")
      .In("segment_ids: int32");
  if (with_num_segments) op.In("num_segments: Tnumsegments");
  op.Out("output: T").Attr(reduction.types).Attr("Tidx: {int32, int64} = int32");
  if (with_num_segments) op.Attr("Tnumsegments: {int32, int64} = int32");
  op.Shape(SparseSegmentShape).Gradient(reduction.gradient);
}

void AddSparseGrad(OpRegistry& ops, absl::string_view name, absl::string_view doc,
                   GradientFn gradient) {
  ops.Add(name)
      .Doc(doc)
      .In("grad: T")
      .In("indices: Tidx")
      .In("segment_ids: int32")
      .In("output_dim0: int32")
      .Out("output: T")
      .Attr(kFloats)
      .Attr("Tidx: {int32, int64} = int32")
      .Shape(SparseSegmentShape)
      .Gradient(std::move(gradient));
}

}  // namespace

void RegisterSegmentOps(OpRegistry& ops) {
  const Reduction kSum = {"Sum", "sum", kNumbers, SegmentSumGradient};
  const Reduction kMean = {"Mean", "mean", kNumbers, SegmentMeanGradient};
  const Reduction kProd = {"Prod", "product", kNumbers, SegmentProdGradient};
  const Reduction kMax = {"Max", "maximum (NaN if there is one)", kReal, SegmentExtremeGradient};
  const Reduction kMin = {"Min", "minimum (NaN if there is one)", kReal, SegmentExtremeGradient};
  for (const Reduction& r : {kSum, kProd, kMax, kMin}) AddUnsorted(ops, r);
  for (const Reduction& r : {kSum, kMean, kProd, kMax, kMin}) AddSorted(ops, r);
  const Reduction kSparse[] = {
      {"Sum", "sum", kReal, SparseSegmentSumGradient},
      {"Mean", "mean", kFloats, SparseSegmentMeanGradient},
      {"SqrtN", "sum, over the root of the number of rows,", kFloats, SparseSegmentSqrtNGradient}};
  for (const Reduction& r : kSparse) {
    AddSparse(ops, r, /*with_num_segments=*/false);
    AddSparse(ops, r, /*with_num_segments=*/true);
  }
  AddSparseGrad(
      ops, "SparseSegmentMeanGrad",
      "Row indices[i] of the output, which has output_dim0 rows, gets grad[segment_ids[i]] "
      "over the number of rows of that segment.",
      SparseSegmentMeanGradGradient);
  AddSparseGrad(
      ops, "SparseSegmentSqrtNGrad",
      "Row indices[i] of the output, which has output_dim0 rows, gets grad[segment_ids[i]] "
      "over the root of the number of rows of that segment.",
      SparseSegmentSqrtNGradGradient);
}

}  // namespace weir
