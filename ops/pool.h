#ifndef WEIR_OPS_POOL_H_
#define WEIR_OPS_POOL_H_

// Pooling over two spatial dimensions, and the ops that its gradients consist of.

#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// Lists have one entry per dimension of the input, in the order of data_format.
struct PoolOptions {
  std::vector<int64_t> ksize = {1, 2, 2, 1};    // The window. Batch: 1.
  std::vector<int64_t> strides = {1, 2, 2, 1};  // Batch: 1.
  std::string padding = "VALID";                // Or "SAME"; see conv2d.h.
  std::string data_format = "NHWC";             // Or "NCHW".
};

// The largest element of each window; padding does not count. input: [batch, height, width,
// channels]. Real types. A window over channels excludes one over height and width.
Output MaxPool(const OpScope& scope, const Input& input, const PoolOptions& options = {});

// The mean of each window; padding does not count. Floating types.
Output AvgPool(const OpScope& scope, const Input& input, const PoolOptions& options = {});

// MaxPool whose window and strides are int32 vectors, known when the graph runs.
Output MaxPoolV2(const OpScope& scope, const Input& input, const Input& ksize, const Input& strides,
                 const std::string& padding = "VALID", const std::string& data_format = "NHWC");

struct MaxPoolArgmax {
  Output output;
  Output argmax;  // Where in the input: (y * width + x) * channels + channel.
};
struct MaxPoolWithArgmaxOptions {
  DataType argmax_type = DT_INT64;      // Or DT_INT32.
  bool include_batch_in_index = false;  // argmax counts from the start of the whole input.
};
// MaxPool together with the position of each maximum, the first in row-major order of several.
// NHWC only.
MaxPoolArgmax MaxPoolWithArgmax(const OpScope& scope, const Input& input,
                                const PoolOptions& pool = {},
                                const MaxPoolWithArgmaxOptions& options = {});

// The gradient of MaxPool's input: each element of `grad` goes to the first maximum of its window.
Output MaxPoolGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                   const Input& grad, const PoolOptions& options = {});

// The element of `grad`, which has the input's shape, at the first maximum of each window: the
// gradient of MaxPoolGrad's `grad`.
Output MaxPoolGradGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                       const Input& grad, const PoolOptions& options = {});

// The gradient of AvgPool's input, whose shape `orig_input_shape` spells: each element of `grad`
// is spread evenly over its window.
Output AvgPoolGrad(const OpScope& scope, const Input& orig_input_shape, const Input& grad,
                   const PoolOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_POOL_H_
