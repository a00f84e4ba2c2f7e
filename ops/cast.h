#ifndef WEIR_OPS_CAST_H_
#define WEIR_OPS_CAST_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct CastOptions {
  bool truncate = false;  // Narrower floats: cut the mantissa instead of rounding to nearest even.
};

// x in element type `type`; any numeric type or bool to any other. Nothing is added when x already
// has that type.
//   float to integer   towards zero; what does not fit, and NaN, gives the smallest number of the
//                      type where it is int32 or int64, and wraps around from there for narrower
//   integer to integer wraps around
//   to bool            whether it is not zero
//   from complex       the real part
Output Cast(const OpScope& scope, const Input& x, DataType type, const CastOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_CAST_H_
