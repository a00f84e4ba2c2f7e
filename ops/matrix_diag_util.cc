#include "weir/ops/matrix_diag_util.h"

#include <algorithm>

namespace weir {

absl::StatusOr<DiagBand> BandOf(absl::Span<const int64_t> k) {
  if (k.size() != 1 && k.size() != 2) {
    return InvalidArgument("k must have one or two elements, not ", k.size());
  }
  const DiagBand band{.lower = k.front(), .upper = k.back()};
  if (band.lower > band.upper) {
    return InvalidArgument("k[0] = ", band.lower, " must not be larger than k[1] = ", band.upper);
  }
  if (band.lower < INT32_MIN || band.upper > INT32_MAX) {
    return InvalidArgument("k must fit in int32");
  }
  return band;
}

int64_t DiagLength(int64_t rows, int64_t columns, int64_t d) {
  const int64_t length =
      std::min(rows + std::min<int64_t>(d, 0), columns - std::max<int64_t>(d, 0));
  return std::max<int64_t>(length, 0);
}

absl::StatusOr<int64_t> LongestDiag(int64_t rows, int64_t columns, const DiagBand& band) {
  for (int64_t d : {band.lower, band.upper}) {
    // The main diagonal of an empty matrix is there, and empty.
    if (d != 0 && (d <= -rows || d >= columns)) {
      return InvalidArgument("diagonal ", d, " is outside of a matrix of ", rows, " x ", columns);
    }
  }
  return std::min(rows + std::min<int64_t>(band.upper, 0),
                  columns - std::max<int64_t>(band.lower, 0));
}

absl::StatusOr<MatrixExtents> MatrixOfDiags(const DiagBand& band, int64_t longest, int64_t rows,
                                            int64_t columns) {
  if (longest > (INT64_C(1) << 62)) return InvalidArgument("the diagonals are too long");
  const int64_t least_rows = longest - std::min<int64_t>(band.upper, 0);
  const int64_t least_columns = longest + std::max<int64_t>(band.lower, 0);
  if (rows != -1 && rows < least_rows) {
    return InvalidArgument("The number of rows is too small: ", rows, " < ", least_rows);
  }
  if (columns != -1 && columns < least_columns) {
    return InvalidArgument("The number of columns is too small: ", columns, " < ", least_columns);
  }
  if (rows == -1 && columns == -1) {
    rows = columns = std::max(least_rows, least_columns);
  } else if (rows == -1) {
    rows = least_rows;
  } else if (columns == -1) {
    columns = least_columns;
  }
  if (rows != least_rows && columns != least_columns) {
    return InvalidArgument(
        "The number of rows or columns is not consistent with the specified "
        "d_lower, d_upper, and diagonal.");
  }
  return MatrixExtents{rows, columns};
}

}  // namespace weir
