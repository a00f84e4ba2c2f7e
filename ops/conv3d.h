#ifndef WEIR_OPS_CONV3D_H_
#define WEIR_OPS_CONV3D_H_

#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// As Conv2DOptions of conv2d.h, with five entries per list.
struct Conv3DOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1, 1};
  std::string padding = "SAME";       // Or "VALID".
  std::string data_format = "NDHWC";  // Or "NCDHW".
  std::vector<int64_t> dilations = {1, 1, 1, 1, 1};
};

// As Conv2D, over three spatial dimensions. input: [batch, depth, height, width, channels];
// filter: [filter depth, height, width, channels, output channels]. Floating types.
Output Conv3D(const OpScope& scope, const Input& input, const Input& filter,
              const Conv3DOptions& options = {});

// The gradient of the input, whose shape `input_sizes` spells.
Output Conv3DBackpropInputV2(const OpScope& scope, const Input& input_sizes, const Input& filter,
                             const Input& out_backprop, const Conv3DOptions& options = {});

// The gradient of the filter, whose shape `filter_sizes` spells.
Output Conv3DBackpropFilterV2(const OpScope& scope, const Input& input, const Input& filter_sizes,
                              const Input& out_backprop, const Conv3DOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_CONV3D_H_
