#ifndef WEIR_OPS_SPACE_BATCH_H_
#define WEIR_OPS_SPACE_BATCH_H_

// Moving blocks of a spatial grid into the batch or the depth axis, and back.

#include <string>

#include "weir/graph/scope.h"

namespace weir::ops {

// x is [batch, space..., rest...] with one spatial axis per entry of `block_shape`. Pads the
// spatial axes with zeros by the rows [before, after] of `paddings` and moves the position within a
// block to the front: y[o * batch + b, s..., rest...] = padded[b, s * block + o, rest...], where o
// counts the positions of a block in row-major order. Errors: InvalidArgument unless the blocks
// divide the padded extents.
Output SpaceToBatchND(const OpScope& scope, const Input& x, const Input& block_shape,
                      const Input& paddings);

// The inverse: puts blocks back into space and cuts off `crops`.
Output BatchToSpaceND(const OpScope& scope, const Input& x, const Input& block_shape,
                      const Input& crops);

struct SpaceDepthOptions {
  std::string data_format = "NHWC";  // Or "NCHW", "NCHW_VECT_C".
};
// Moves the pixels of each block_size x block_size block into the depth axis:
// y[n, h, w, (i * block + j) * C + c] = x[n, h * block + i, w * block + j, c].
Output SpaceToDepth(const OpScope& scope, const Input& x, int64_t block_size,
                    const SpaceDepthOptions& options = {});
// The inverse.
Output DepthToSpace(const OpScope& scope, const Input& x, int64_t block_size,
                    const SpaceDepthOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_SPACE_BATCH_H_
