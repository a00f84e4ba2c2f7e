#ifndef WEIR_OPS_EXTRACT_IMAGE_PATCHES_H_
#define WEIR_OPS_EXTRACT_IMAGE_PATCHES_H_

#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// The patches that a convolution would look at, each laid out along the last dimension:
//   patches[b, y, x, (i * kw + j) * channels + c] =
//       images[b, y * strides[1] + i * rates[1] - pad, x * strides[2] + j * rates[2] - pad, c]
// and zero outside of the image. `images` is [batch, height, width, channels]; ksizes, strides and
// rates are [1, rows, columns, 1]; `padding` is "SAME" or "VALID".
Output ExtractImagePatches(const OpScope& scope, const Input& images,
                           const std::vector<int64_t>& ksizes, const std::vector<int64_t>& strides,
                           const std::vector<int64_t>& rates, const std::string& padding);

}  // namespace weir::ops

#endif  // WEIR_OPS_EXTRACT_IMAGE_PATCHES_H_
