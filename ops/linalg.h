#ifndef WEIR_OPS_LINALG_H_
#define WEIR_OPS_LINALG_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// Linear algebra on the matrices in the last two dimensions; the dimensions before them are a
// batch. Element types float, double, complex64 and complex128; all arithmetic is done in double.

struct AdjointOptions {
  bool adjoint = false;  // Works on the adjoint (conjugate transpose) of the matrix.
};

// A^-1, or (A^H)^-1. InvalidArgument "Input is not invertible." for a singular matrix.
Output MatrixInverse(const OpScope& scope, const Input& input, const AdjointOptions& options = {});

// X with A X = B, or A^H X = B. `matrix` is [..., n, n] and `rhs` [..., n, k] of the same batch.
// InvalidArgument "Input matrix is not invertible."
Output MatrixSolve(const OpScope& scope, const Input& matrix, const Input& rhs,
                   const AdjointOptions& options = {});

struct MatrixTriangularSolveOptions {
  bool lower = true;  // Which half of the matrix is read; the other counts as zero.
  bool adjoint = false;
};
Output MatrixTriangularSolve(const OpScope& scope, const Input& matrix, const Input& rhs,
                             const MatrixTriangularSolveOptions& options = {});

// det(A), and its sign (a unit complex number for complex types) and log |det(A)|.
Output MatrixDeterminant(const OpScope& scope, const Input& input);
struct LogDeterminant {
  Output sign;
  Output log_abs_determinant;
};
LogDeterminant LogMatrixDeterminant(const OpScope& scope, const Input& input);

// The lower triangular L with L L^H = A, of a Hermitian positive definite A, of which only the
// lower half is read. InvalidArgument "Cholesky decomposition was not successful."
Output Cholesky(const OpScope& scope, const Input& input);

// The gradient of A, given L = Cholesky(A) and the gradient of L.
Output CholeskyGrad(const OpScope& scope, const Input& l, const Input& grad);

}  // namespace weir::ops

#endif  // WEIR_OPS_LINALG_H_
