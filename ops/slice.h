#ifndef WEIR_OPS_SLICE_H_
#define WEIR_OPS_SLICE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// output[i0, i1, ...] = input[begin[0] + i0, begin[1] + i1, ...], of shape `size`.
//
// `begin` and `size` are int32 or int64 vectors with one entry per dimension of `input`; a size of
// -1 means "to the end". Any element type. InvalidArgument unless
// 0 <= begin[d] <= begin[d] + size[d] <= input's dimension d.
Output Slice(const OpScope& scope, const Input& input, const Input& begin, const Input& size);

}  // namespace weir::ops

#endif  // WEIR_OPS_SLICE_H_
