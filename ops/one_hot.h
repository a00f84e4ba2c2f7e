#ifndef WEIR_OPS_ONE_HOT_H_
#define WEIR_OPS_ONE_HOT_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct OneHotOptions {
  int64_t axis = -1;  // Where the new dimension goes; -1: last.
};

// output[i.., d, ...] = on_value where d == indices[i..], off_value elsewhere; the new dimension,
// of size `depth`, stands at `axis`. Indices outside [0, depth) give off_value everywhere.
//
// `indices` is uint8, int32 or int64, `depth` an int32 scalar, the values scalars of one type.
// InvalidArgument for a negative depth or an axis out of range.
Output OneHot(const OpScope& scope, const Input& indices, const Input& depth, const Input& on_value,
              const Input& off_value, const OneHotOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_ONE_HOT_H_
