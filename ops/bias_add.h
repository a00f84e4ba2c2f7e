#ifndef WEIR_OPS_BIAS_ADD_H_
#define WEIR_OPS_BIAS_ADD_H_

#include <string>

#include "weir/graph/scope.h"

namespace weir::ops {

struct BiasAddOptions {
  std::string data_format = "NHWC";  // "NCHW": the channels are dimension 1.
};

// value + bias, where bias (a vector) goes along the last dimension of value, the channels, or
// along dimension 1 with data_format "NCHW". Numbers; value needs rank >= 2 (NCHW: >= 3).
Output BiasAdd(const OpScope& scope, const Input& value, const Input& bias,
               const BiasAddOptions& options = {});

// The gradient of the bias: the sum of out_backprop over all dimensions but the channels.
Output BiasAddGrad(const OpScope& scope, const Input& out_backprop,
                   const BiasAddOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_BIAS_ADD_H_
