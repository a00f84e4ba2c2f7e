#include "weir/ops/matrix_diag.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/ops/constant.h"
#include "weir/ops/matrix_diag_util.h"

namespace weir {
namespace ops {

Output MatrixDiag(const OpScope& scope, const Input& diagonal) {
  return scope.Op("MatrixDiag").In(diagonal).Build();
}

Output MatrixDiagPart(const OpScope& scope, const Input& x) {
  return scope.Op("MatrixDiagPart").In(x).Build();
}

Output MatrixSetDiag(const OpScope& scope, const Input& x, const Input& diagonal) {
  return scope.Op("MatrixSetDiag").In(x).In(diagonal).Build();
}

Output Diag(const OpScope& scope, const Input& diagonal) {
  return scope.Op("Diag").In(diagonal).Build();
}

Output DiagPart(const OpScope& scope, const Input& x) { return scope.Op("DiagPart").In(x).Build(); }

}  // namespace ops

namespace {

// The band in input `k`; nullopt when its values are unknown.
absl::StatusOr<std::optional<DiagBand>> KnownBand(const ShapeContext& c, int k) {
  RETURN_IF_ERROR(c.WithRankAtMost(k, 1).status());
  const PartialInts* value = c.Value(k);
  if (value == nullptr || !value->FullyKnown()) return std::nullopt;
  ASSIGN_OR_RETURN(const DiagBand band, BandOf(value->values));
  return band;
}

// The shape of the diagonals that `band` cuts out of matrices x.
absl::StatusOr<PartialShape> DiagPartShape(const PartialShape& x,
                                           const std::optional<DiagBand>& band) {
  if (!x.known_rank() || !band.has_value()) return PartialShape();
  Dims out = DimsOf(x);
  const int64_t rows = x.dim(-2), columns = x.dim(-1);
  out.pop_back();
  out.pop_back();
  if (band->count() > 1) out.push_back(band->count());
  int64_t longest = PartialShape::kUnknown;
  if (rows >= 0 && columns >= 0) {
    ASSIGN_OR_RETURN(longest, LongestDiag(rows, columns, *band));
  }
  out.push_back(longest);
  return PartialShape::Make(out);
}

absl::Status MatrixDiagPartShape(ShapeContext& c, bool has_band) {
  ASSIGN_OR_RETURN(const PartialShape x, c.WithRankAtLeast(0, 2));
  std::optional<DiagBand> band = DiagBand();
  if (has_band) {
    ASSIGN_OR_RETURN(band, KnownBand(c, 1));
    RETURN_IF_ERROR(c.WithRank(2, 0).status());
  }
  ASSIGN_OR_RETURN(PartialShape shape, DiagPartShape(x, band));
  return c.Return(std::move(shape));
}

absl::Status MatrixSetDiagShape(ShapeContext& c, bool has_band) {
  ASSIGN_OR_RETURN(PartialShape x, c.WithRankAtLeast(0, 2));
  RETURN_IF_ERROR(c.WithRankAtLeast(1, 1).status());
  std::optional<DiagBand> band = DiagBand();
  if (has_band) {
    ASSIGN_OR_RETURN(band, KnownBand(c, 2));
  }
  ASSIGN_OR_RETURN(const PartialShape want, DiagPartShape(x, band));
  if (!c.In(1).IsCompatibleWith(want)) {
    return InvalidArgument("diagonal must have shape ", want.ToString(), " for an input of shape ",
                           x.ToString(), ", but has ", c.In(1).ToString());
  }
  return c.Return(std::move(x));
}

absl::Status MatrixDiagShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape diagonal, c.WithRankAtLeast(0, 1));
  if (!diagonal.known_rank()) return c.Unknown();
  Dims out = DimsOf(diagonal);
  out.push_back(out.back());
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(out));
  return c.Return(std::move(shape));
}

absl::Status MatrixDiagV2Shape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape diagonal, c.WithRankAtLeast(0, 1));
  ASSIGN_OR_RETURN(const std::optional<DiagBand> band, KnownBand(c, 1));
  for (int i = 2; i < 5; ++i) RETURN_IF_ERROR(c.WithRank(i, 0).status());
  if (!band.has_value() || !diagonal.known_rank()) return c.Unknown();
  Dims out = DimsOf(diagonal);
  const int64_t longest = out.back();
  out.pop_back();
  if (band->count() > 1) {
    RETURN_IF_ERROR(c.WithRankAtLeast(0, 2).status());
    if (out.back() >= 0 && out.back() != band->count()) {
      return InvalidArgument("diagonal must hold ", band->count(), " diagonals, but has shape ",
                             diagonal.ToString());
    }
    out.pop_back();
  }
  const std::optional<int64_t> rows = c.IntValue(2), columns = c.IntValue(3);
  if (longest >= 0 && rows.has_value() && columns.has_value()) {
    ASSIGN_OR_RETURN(const MatrixExtents matrix, MatrixOfDiags(*band, longest, *rows, *columns));
    out.push_back(matrix.rows);
    out.push_back(matrix.columns);
  } else {
    for (const std::optional<int64_t>& extent : {rows, columns}) {
      out.push_back(extent.has_value() && *extent >= 0 ? *extent : PartialShape::kUnknown);
    }
  }
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(out));
  return c.Return(std::move(shape));
}

absl::Status DiagShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape diagonal, c.WithRankAtLeast(0, 1));
  if (!diagonal.known_rank()) return c.Unknown();
  Dims out = DimsOf(diagonal);
  out.insert(out.end(), diagonal.dims().begin(), diagonal.dims().end());
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(out));
  return c.Return(std::move(shape));
}

absl::Status DiagPartHalves(ShapeContext& c) {
  const PartialShape& x = c.In(0);
  if (!x.known_rank()) return c.Unknown();
  if (x.rank() % 2 != 0 || x.rank() == 0) {
    return InvalidArgument("Input must have even and non-zero rank, input rank is ", x.rank());
  }
  const size_t half = static_cast<size_t>(x.rank() / 2);
  const PartialShape first(x.dims().subspan(0, half)), second(x.dims().subspan(half));
  ASSIGN_OR_RETURN(PartialShape both, first.Merge(second));
  return c.Return(std::move(both));
}

// Diagonals and the matrices they stand in: the gradient of one direction is the other.
absl::Status MatrixDiagGradient(GradientContext& g) {
  return g.Return({ops::MatrixDiagPart(g.scope(), g.Grad(0))});
}

absl::Status MatrixDiagPartGradient(GradientContext& g) {
  const PartialShape& x = g.In(0).shape();
  if (x.known_rank() && x.dim(-1) >= 0 && x.dim(-1) == x.dim(-2)) {
    return g.Return({ops::MatrixDiag(g.scope(), g.Grad(0))});
  }
  const Output zeros = ops::ZerosLike(g.scope(), g.In(0));
  return g.Return({ops::MatrixSetDiag(g.scope(), zeros, g.Grad(0))});
}

// The diagonal's gradient is dy's diagonal; the input's is dy with zeros there.
absl::Status MatrixSetDiagGradient(GradientContext& g) {
  const Output zeros = ops::ZerosLike(g.scope(), g.In(1));
  return g.Return(
      {ops::MatrixSetDiag(g.scope(), g.Grad(0), zeros), ops::MatrixDiagPart(g.scope(), g.Grad(0))});
}

Output DiagPartV2(GradientContext& g, const Output& x, const Output& k) {
  const Output zero = ops::ScalarConst(g.scope(), x.type(), 0);
  return g.scope().Op("MatrixDiagPartV2").In(x).In(k).In(zero).Build();
}

// As above; the padding, where it shows, has no gradient.
absl::Status MatrixDiagV2Gradient(GradientContext& g) {
  g.Set(0, DiagPartV2(g, g.Grad(0), g.In(1)));
  return absl::OkStatus();
}

absl::Status MatrixDiagPartV2Gradient(GradientContext& g) {
  const Output zeros = ops::ZerosLike(g.scope(), g.In(0));
  g.Set(0, g.scope().Op("MatrixSetDiagV2").In(zeros).In(g.Grad(0)).In(g.In(1)).Build());
  return absl::OkStatus();
}

absl::Status MatrixSetDiagV2Gradient(GradientContext& g) {
  const Output zeros = ops::ZerosLike(g.scope(), g.In(1));
  g.Set(0, g.scope().Op("MatrixSetDiagV2").In(g.Grad(0)).In(zeros).In(g.In(2)).Build());
  g.Set(1, DiagPartV2(g, g.Grad(0), g.In(2)));
  return absl::OkStatus();
}

void RegisterBands(OpRegistry& ops) {
  ops.Add("MatrixDiagV2")
      .Doc(
          "Matrices with the given diagonals, k[0] to k[1] counted from the main one upwards, and "
          "padding_value elsewhere. Shorter diagonals are filled up at their ends.")
      .In("diagonal: T")
      .In("k: int32")
      .In("num_rows: int32")
      .In("num_cols: int32")
      .In("padding_value: T")
      .Out("output: T")
      .Attr("T: type")
      .Shape(MatrixDiagV2Shape)
      .Gradient(MatrixDiagV2Gradient);
  ops.Add("MatrixDiagPartV2")
      .Doc("Diagonals k[1] down to k[0] of matrices, filled up at their ends with padding_value.")
      .In("input: T")
      .In("k: int32")
      .In("padding_value: T")
      .Out("diagonal: T")
      .Attr("T: type")
      .Shape([](ShapeContext& c) { return MatrixDiagPartShape(c, true); })
      .Gradient(MatrixDiagPartV2Gradient);
  ops.Add("MatrixSetDiagV2")
      .Doc("Matrices with diagonals k[0] to k[1] replaced.")
      .In("input: T")
      .In("diagonal: T")
      .In("k: int32")
      .Out("output: T")
      .Attr("T: type")
      .Shape([](ShapeContext& c) { return MatrixSetDiagShape(c, true); })
      .Gradient(MatrixSetDiagV2Gradient);
}

}  // namespace

void RegisterMatrixDiagOps(OpRegistry& ops) {
  ops.Add("MatrixDiag")
      .Doc("Square matrices with the given main diagonals and zeros elsewhere.")
      .In("diagonal: T")
      .Out("output: T")
      .Attr("T: type")
      .Shape(MatrixDiagShape)
      .Gradient(MatrixDiagGradient);
  ops.Add("MatrixDiagPart")
      .Doc("The main diagonals of matrices.")
      .In("input: T")
      .Out("diagonal: T")
      .Attr("T: type")
      .Shape([](ShapeContext& c) { return MatrixDiagPartShape(c, false); })
      .Gradient(MatrixDiagPartGradient);
  ops.Add("MatrixSetDiag")
      .Doc("Matrices with their main diagonals replaced.")
      .In("input: T")
      .In("diagonal: T")
      .Out("output: T")
      .Attr("T: type")
      .Shape([](ShapeContext& c) { return MatrixSetDiagShape(c, false); })
      .Gradient(MatrixSetDiagGradient);
  RegisterBands(ops);
  ops.Add("Diag")
      .Doc("y[i..., j...] = diagonal[i...] if i == j, else 0.")
      .In("diagonal: T")
      .Out("output: T")
      .Attr("T: {bfloat16, half, float, double, int32, int64, complex64, complex128}")
      .Shape(DiagShape)
      .Gradient([](GradientContext& g) {  // dx[i] = dy[i, i].
        return g.Return({ops::DiagPart(g.scope(), g.Grad(0))});
      });
  ops.Add("DiagPart")
      .Doc("y[i...] = x[i..., i...].")
      .In("input: T")
      .Out("diagonal: T")
      .Attr("T: {bfloat16, half, float, double, int32, int64, complex64, complex128}")
      .Shape(DiagPartHalves)
      .Gradient([](GradientContext& g) {  // dx[i, j] = dy[i] if i == j, else 0.
        return g.Return({ops::Diag(g.scope(), g.Grad(0))});
      });
}

}  // namespace weir
