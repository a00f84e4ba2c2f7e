#ifndef WEIR_OPS_DEPTHWISE_CONV_H_
#define WEIR_OPS_DEPTHWISE_CONV_H_

#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// As Conv2DOptions of conv2d.h.
struct DepthwiseConv2dOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1};
  std::string padding = "SAME";  // Or "VALID".
  std::string data_format = "NHWC";
  std::vector<int64_t> dilations = {1, 1, 1, 1};
};

// Each channel is convolved on its own: output channel c * multiplier + m comes from input channel
// c and filter[:, :, c, m]. input: [batch, height, width, channels]; filter: [filter height, filter
// width, channels, multiplier]. Floating types.
Output DepthwiseConv2dNative(const OpScope& scope, const Input& input, const Input& filter,
                             const DepthwiseConv2dOptions& options = {});

// The gradient of the input, whose shape `input_sizes` spells.
Output DepthwiseConv2dNativeBackpropInput(const OpScope& scope, const Input& input_sizes,
                                          const Input& filter, const Input& out_backprop,
                                          const DepthwiseConv2dOptions& options = {});

// The gradient of the filter, whose shape `filter_sizes` spells.
Output DepthwiseConv2dNativeBackpropFilter(const OpScope& scope, const Input& input,
                                           const Input& filter_sizes, const Input& out_backprop,
                                           const DepthwiseConv2dOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_DEPTHWISE_CONV_H_
