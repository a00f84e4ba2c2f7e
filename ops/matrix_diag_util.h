#ifndef WEIR_OPS_MATRIX_DIAG_UTIL_H_
#define WEIR_OPS_MATRIX_DIAG_UTIL_H_

// The arithmetic of bands of diagonals, for shape functions and kernels alike. Diagonal d of a
// matrix holds the elements whose column less row is d.

#include "weir/core/shape.h"

namespace weir {

// Diagonals lower .. upper.
struct DiagBand {
  int64_t lower = 0;
  int64_t upper = 0;

  int64_t count() const { return upper - lower + 1; }
};

// From the one or two values of the op's input k. InvalidArgument for other counts, or a lower
// bound above the upper.
absl::StatusOr<DiagBand> BandOf(absl::Span<const int64_t> k);

// The number of elements of diagonal d of a rows x columns matrix; 0 when it lies outside.
int64_t DiagLength(int64_t rows, int64_t columns, int64_t d);

// The length of the longest diagonal of the band. InvalidArgument when the band reaches outside of
// the matrix.
absl::StatusOr<int64_t> LongestDiag(int64_t rows, int64_t columns, const DiagBand& band);

struct MatrixExtents {
  int64_t rows;
  int64_t columns;
};
// The matrix that MatrixDiagV2 makes of diagonals of length `longest`, where -1 for rows or columns
// asks for the smallest fit. InvalidArgument when the given extents do not fit.
absl::StatusOr<MatrixExtents> MatrixOfDiags(const DiagBand& band, int64_t longest, int64_t rows,
                                            int64_t columns);

}  // namespace weir

#endif  // WEIR_OPS_MATRIX_DIAG_UTIL_H_
