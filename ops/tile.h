#ifndef WEIR_OPS_TILE_H_
#define WEIR_OPS_TILE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// x repeated multiples[i] times along axis i: y[j...] = x[j_i mod x.shape[i] ...]. `multiples` is
// an int32 or int64 vector with one non-negative entry per axis of x.
Output Tile(const OpScope& scope, const Input& x, const Input& multiples);

}  // namespace weir::ops

#endif  // WEIR_OPS_TILE_H_
