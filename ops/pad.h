#ifndef WEIR_OPS_PAD_H_
#define WEIR_OPS_PAD_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// Surrounds `input` with zeros: dimension d grows by paddings[d, 0] elements before and
// paddings[d, 1] after. `paddings` is an int32 or int64 tensor of shape [rank of input, 2] without
// negative entries (InvalidArgument otherwise). Any element type.
Output Pad(const OpScope& scope, const Input& input, const Input& paddings);

// The same with the scalar `constant_values` instead of zero.
Output PadV2(const OpScope& scope, const Input& input, const Input& paddings,
             const Input& constant_values);

// Surrounds `input` with its own mirror image. `mode` "REFLECT" does not repeat the border element
// (paddings are at most the dimension minus 1), "SYMMETRIC" does (at most the dimension).
Output MirrorPad(const OpScope& scope, const Input& input, const Input& paddings,
                 const std::string& mode);

// The transpose of MirrorPad: folds the borders of `input`, given in the padded shape, back onto
// the elements that they mirror.
Output MirrorPadGrad(const OpScope& scope, const Input& input, const Input& paddings,
                     const std::string& mode);

}  // namespace weir::ops

#endif  // WEIR_OPS_PAD_H_
