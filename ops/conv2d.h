#ifndef WEIR_OPS_CONV2D_H_
#define WEIR_OPS_CONV2D_H_

// Convolution over two spatial dimensions, and the two ops that its gradient consists of.

#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// Lists have one entry per dimension of the input, in the order of data_format.
struct Conv2DOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1};  // Batch and channels: 1.
  // "VALID": no padding. "SAME": as much zero padding as makes the output ceil(input / stride)
  // large, the odd element at the end. "EXPLICIT": as explicit_paddings says.
  std::string padding = "SAME";
  std::vector<int64_t> explicit_paddings = {};  // Before and after, for each dimension.
  std::string data_format = "NHWC";             // Or "NCHW".
  std::vector<int64_t> dilations = {1, 1, 1, 1};
};

// output[n, y, x, o] = sum over (ky, kx, i) of
//     input[n, y * stride + ky * dilation - pad, x * stride + kx * dilation - pad, i]
//     * filter[ky, kx, i, o]
// (the filter is not flipped). input: [batch, height, width, channels] or as data_format says;
// filter: [filter height, filter width, channels, output channels]. When the input has a multiple
// of the filter's channels, they form groups, each with its share of the output channels.
// Floating types.
Output Conv2D(const OpScope& scope, const Input& input, const Input& filter,
              const Conv2DOptions& options = {});

// The gradient of the input, whose shape `input_sizes` spells; also known as transposed
// convolution.
Output Conv2DBackpropInput(const OpScope& scope, const Input& input_sizes, const Input& filter,
                           const Input& out_backprop, const Conv2DOptions& options = {});

// The gradient of the filter, whose shape `filter_sizes` spells.
Output Conv2DBackpropFilter(const OpScope& scope, const Input& input, const Input& filter_sizes,
                            const Input& out_backprop, const Conv2DOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_CONV2D_H_
