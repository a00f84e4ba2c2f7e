#include "weir/ops/linalg.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"

namespace weir {
namespace ops {

Output MatrixInverse(const OpScope& scope, const Input& input, const AdjointOptions& options) {
  return scope.Op("MatrixInverse").In(input).Attr("adjoint", options.adjoint).Build();
}

Output MatrixSolve(const OpScope& scope, const Input& matrix, const Input& rhs,
                   const AdjointOptions& options) {
  return scope.Op("MatrixSolve").In(matrix).In(rhs).Attr("adjoint", options.adjoint).Build();
}

Output MatrixTriangularSolve(const OpScope& scope, const Input& matrix, const Input& rhs,
                             const MatrixTriangularSolveOptions& options) {
  return scope.Op("MatrixTriangularSolve")
      .In(matrix)
      .In(rhs)
      .Attr("lower", options.lower)
      .Attr("adjoint", options.adjoint)
      .Build();
}

Output MatrixDeterminant(const OpScope& scope, const Input& input) {
  return scope.Op("MatrixDeterminant").In(input).Build();
}

LogDeterminant LogMatrixDeterminant(const OpScope& scope, const Input& input) {
  const Operation op = scope.Op("LogMatrixDeterminant").In(input).Build();
  return {op.out(0), op.out(1)};
}

Output Cholesky(const OpScope& scope, const Input& input) {
  return scope.Op("Cholesky").In(input).Build();
}

Output CholeskyGrad(const OpScope& scope, const Input& l, const Input& grad) {
  return scope.Op("CholeskyGrad").In(l).In(grad).Build();
}

}  // namespace ops

namespace {

// Input i's shape, held to square matrices.
absl::StatusOr<PartialShape> SquareMatrices(ShapeContext& c, int i) {
  ASSIGN_OR_RETURN(PartialShape shape, c.WithRankAtLeast(i, 2));
  if (!shape.known_rank()) return shape;
  const int64_t rows = shape.dim(-2), columns = shape.dim(-1);
  if (rows >= 0 && columns >= 0 && rows != columns) {
    return InvalidArgument("Input matrix must be square, but has shape ", shape.ToString());
  }
  return shape.WithDim(-2, rows >= 0 ? rows : columns).WithDim(-1, rows >= 0 ? rows : columns);
}

absl::Status SquareShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, SquareMatrices(c, 0));
  return c.Return(std::move(shape));
}

absl::Status DeterminantShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape shape, SquareMatrices(c, 0));
  if (!shape.known_rank()) return c.Unknown();
  const PartialShape batch(shape.dims().subspan(0, shape.rank() - 2));
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOut(i, batch);
  return absl::OkStatus();
}

// rhs' shape, of the matrix' batch and number of rows.
absl::Status SolveShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape matrix, SquareMatrices(c, 0));
  ASSIGN_OR_RETURN(const PartialShape rhs, c.WithRankAtLeast(1, 2));
  if (!matrix.known_rank()) return c.Return(rhs);
  PartialShape want = matrix.WithDim(-1, PartialShape::kUnknown);
  absl::StatusOr<PartialShape> merged = want.Merge(rhs);
  if (!merged.ok()) {
    return InvalidArgument("Input matrix and rhs are incompatible: ", matrix.ToString(), " vs ",
                           c.In(1).ToString());
  }
  return c.Return(*std::move(merged));
}

absl::Status CholeskyGradShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape l, SquareMatrices(c, 0));
  ASSIGN_OR_RETURN(const PartialShape grad, SquareMatrices(c, 1));
  ASSIGN_OR_RETURN(PartialShape shape, l.Merge(grad));
  return c.Return(std::move(shape));
}

// ---- Gradients ----

struct Adjoint {
  bool x = false;
  bool y = false;
};

Output Product(const OpScope& s, const Output& x, const Output& y, Adjoint adjoint = {}) {
  return s.Op("BatchMatMulV2")
      .In(x)
      .In(y)
      .Attr("adj_x", adjoint.x)
      .Attr("adj_y", adjoint.y)
      .Build();
}

Output Negative(const OpScope& s, const Output& x) { return Call(s, "Neg", x); }

// Y = A^-1: dA = -Y^H dY Y^H. Y = A^-H: dA = -Y dY^H Y.
absl::Status InverseGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output y = g.Out(0), dy = g.Grad(0);
  if (g.Attr<bool>("adjoint")) {
    return g.Return({Negative(s, Product(s, y, Product(s, dy, y, {.x = true})))});
  }
  return g.Return({Negative(s, Product(s, y, Product(s, dy, y, {.y = true}), {.x = true}))});
}

// A X = B: dB = A^-H dX, dA = -dB X^H. A^H X = B: dB = A^-1 dX, dA = -X dB^H.
absl::Status SolveGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const bool adjoint = g.Attr<bool>("adjoint");
  const Output x = g.Out(0);
  const Output db = ops::MatrixSolve(s, g.In(0), g.Grad(0), {.adjoint = !adjoint});
  const Output da = adjoint ? Product(s, x, db, {.y = true}) : Product(s, db, x, {.y = true});
  return g.Return({Negative(s, da), db});
}

// The same, of which dA keeps the half that is read.
absl::Status TriangularSolveGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const bool adjoint = g.Attr<bool>("adjoint"), lower = g.Attr<bool>("lower");
  const Output x = g.Out(0);
  const Output db =
      ops::MatrixTriangularSolve(s, g.In(0), g.Grad(0), {.lower = lower, .adjoint = !adjoint});
  const Output da = adjoint ? Product(s, x, db, {.y = true}) : Product(s, db, x, {.y = true});
  const Output half = s.Op("MatrixBandPart")
                          .In(Negative(s, da))
                          .In(Tensor::Scalar<int64_t>(lower ? -1 : 0))
                          .In(Tensor::Scalar<int64_t>(lower ? 0 : -1))
                          .Build();
  return g.Return({half, db});
}

// A batch of numbers as a batch of 1 x 1 matrices.
Output AsMatrices(const OpScope& s, const Output& numbers) {
  return Call(s, "ExpandDims", Call(s, "ExpandDims", numbers, -1), -1);
}

// d det(A) = det(A) A^-H. (For complex types this is TensorFlow's formula.)
absl::Status DeterminantGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output factor = AsMatrices(s, Call(s, "Mul", g.Grad(0), g.Out(0)));
  return g.Return({Call(s, "Mul", factor, ops::MatrixInverse(s, g.In(0), {.adjoint = true}))});
}

// d log|det(A)| = A^-H; the sign does not change.
absl::Status LogDeterminantGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output inverse = ops::MatrixInverse(s, g.In(0), {.adjoint = true});
  return g.Return({Call(s, "Mul", AsMatrices(s, g.Grad(1)), inverse)});
}

Output LowerPart(const OpScope& s, const Output& x) {
  return s.Op("MatrixBandPart")
      .In(x)
      .In(Tensor::Scalar<int64_t>(-1))
      .In(Tensor::Scalar<int64_t>(0))
      .Build();
}

// The lower half of each matrix with half of the diagonal, which is its own adjoint.
Output LowerHalf(const OpScope& s, const Output& x) {
  const Output half = s.Op("Cast").In(0.5f).Attr("DstT", x.type()).Build();
  const Output diagonal = Call(s, "Mul", Call(s, "MatrixDiagPart", x), half);
  return LowerPart(s, Call(s, "MatrixSetDiag", x, diagonal));
}

// With M = L^H dL, its lower half P (half of the diagonal): dA = (S + S^H) / 2, S = L^-H P L^-1.
absl::Status CholeskyGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output l = g.Out(0);
  const Output diagonal_of_l = Call(s, "MatrixDiagPart", l);
  const Output identity = Call(s, "MatrixDiag", Call(s, "OnesLike", diagonal_of_l));
  const Output inverse = ops::MatrixTriangularSolve(s, l, identity);
  const Output p = LowerHalf(s, Product(s, l, g.Grad(0), {.x = true}));
  const Output half = s.Op("Cast").In(0.5f).Attr("DstT", l.type()).Build();
  const Output sum = Call(s, "AddV2", Product(s, Product(s, inverse, p, {.x = true}), inverse),
                          Product(s, Product(s, inverse, p, {.x = true, .y = true}), inverse));
  return g.Return({Call(s, "Mul", sum, half)});
}

// Y = (S + S') / 2, S = L^-T P L^-1, P = the lower half of L' G. With W = (dY + dY') / 2 and M =
// the lower half of L^-1 W L^-T: dG = L M, dL = G M' - 2 Y W L^-T. All are lower triangular.
absl::Status CholeskyGradGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output l = LowerPart(s, g.In(0)), grad = LowerPart(s, g.In(1)), y = g.Out(0);
  const Output identity = Call(s, "MatrixDiag", Call(s, "OnesLike", Call(s, "MatrixDiagPart", l)));
  const Output inverse = ops::MatrixTriangularSolve(s, l, identity);
  const Output transposed = Product(s, identity, g.Grad(0), {.y = true});
  const Output twice_w = Call(s, "AddV2", g.Grad(0), transposed);
  const Output right = Product(s, twice_w, inverse, {.y = true});  // 2 W L^-T
  const Output half = s.Op("Cast").In(0.5f).Attr("DstT", l.type()).Build();
  const Output m = LowerHalf(s, Call(s, "Mul", Product(s, inverse, right), half));
  const Output dl = Call(s, "Sub", Product(s, grad, m, {.y = true}), Product(s, y, right));
  return g.Return({LowerPart(s, dl), Product(s, l, m)});
}

constexpr absl::string_view kTypes = "T: {double, float, half, complex64, complex128}";

}  // namespace

void RegisterLinalgOps(OpRegistry& ops) {
  ops.Add("MatrixInverse")
      .Doc("The inverse of each matrix, or of its adjoint.")
      .In("input: T")
      .Out("output: T")
      .Attr("adjoint: bool = false")
      .Attr(kTypes)
      .Shape(SquareShape)
      .Gradient(InverseGradient);
  ops.Add("MatrixSolve")
      .Doc("Solves A X = B, or A^H X = B, for each matrix A and right-hand side B.")
      .In("matrix: T")
      .In("rhs: T")
      .Out("output: T")
      .Attr("adjoint: bool = false")
      .Attr(kTypes)
      .Shape(SolveShape)
      .Gradient(SolveGradient);
  ops.Add("MatrixTriangularSolve")
      .Doc("Solves A X = B, or A^H X = B, where A is the lower or upper half of each matrix.")
      .In("matrix: T")
      .In("rhs: T")
      .Out("output: T")
      .Attr("lower: bool = true")
      .Attr("adjoint: bool = false")
      .Attr(kTypes)
      .Shape(SolveShape)
      .Gradient(TriangularSolveGradient);
  ops.Add("MatrixDeterminant")
      .Doc("The determinant of each matrix.")
      .In("input: T")
      .Out("output: T")
      .Attr("T: {half, float, double, complex64, complex128}")
      .Shape(DeterminantShape)
      .Gradient(DeterminantGradient);
  ops.Add("LogMatrixDeterminant")
      .Doc("The sign and the logarithm of the absolute value of each matrix' determinant.")
      .In("input: T")
      .Out("sign: T")
      .Out("log_abs_determinant: T")
      .Attr("T: {half, float, double, complex64, complex128}")
      .Shape(DeterminantShape)
      .Gradient(LogDeterminantGradient);
  ops.Add("Cholesky")
      .Doc("The lower triangular L with L L^H = A for each Hermitian positive definite A.")
      .In("input: T")
      .Out("output: T")
      .Attr(kTypes)
      .Shape(SquareShape)
      .Gradient(CholeskyGradient);
  ops.Add("CholeskyGrad")
      .Doc("The gradient of A from L = Cholesky(A) and the gradient of L.")
      .In("l: T")
      .In("grad: T")
      .Out("output: T")
      .Attr("T: {half, float, double}")
      .Shape(CholeskyGradShape)
      .Gradient(CholeskyGradGradient);
}

}  // namespace weir
