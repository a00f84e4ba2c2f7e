#ifndef WEIR_OPS_MATRIX_BAND_PART_H_
#define WEIR_OPS_MATRIX_BAND_PART_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// The matrices in the last two dimensions of `input`, with zeros outside a band around the main
// diagonal: `num_lower` diagonals below it and `num_upper` above, all of them where negative. So
// (-1, 0) is the lower triangle and (0, 0) the diagonal. Both are int64 (or int32) scalars.
// Errors: InvalidArgument for more diagonals than there are rows or columns.
Output MatrixBandPart(const OpScope& scope, const Input& input, const Input& num_lower,
                      const Input& num_upper);

}  // namespace weir::ops

#endif  // WEIR_OPS_MATRIX_BAND_PART_H_
