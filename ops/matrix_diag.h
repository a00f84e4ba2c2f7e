#ifndef WEIR_OPS_MATRIX_DIAG_H_
#define WEIR_OPS_MATRIX_DIAG_H_

// Diagonals of matrices, which are the last two axes of a tensor.

#include "weir/graph/scope.h"

namespace weir::ops {

// Square matrices with `diagonal` along their main diagonals and zeros elsewhere:
// y[..., i, j] = diagonal[..., i] if i == j, else 0.
Output MatrixDiag(const OpScope& scope, const Input& diagonal);

// The main diagonals: y[..., i] = x[..., i, i] for i < min(rows, columns).
Output MatrixDiagPart(const OpScope& scope, const Input& x);

// x with its main diagonals replaced. `diagonal` has the shape of MatrixDiagPart(x).
Output MatrixSetDiag(const OpScope& scope, const Input& x, const Input& diagonal);

// A tensor of twice the rank: y[i..., j...] = diagonal[i...] if i == j, else 0.
Output Diag(const OpScope& scope, const Input& diagonal);

// y[i...] = x[i..., i...], for x of even rank whose first and second half of extents are equal.
Output DiagPart(const OpScope& scope, const Input& x);

}  // namespace weir::ops

#endif  // WEIR_OPS_MATRIX_DIAG_H_
