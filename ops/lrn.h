#ifndef WEIR_OPS_LRN_H_
#define WEIR_OPS_LRN_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct LrnOptions {
  int64_t depth_radius = 5;
  float bias = 1;
  float alpha = 1;
  float beta = 0.5f;
};

// Local response normalisation: output[..., d] = input[..., d] / (bias + alpha * sum)^beta, where
// sum is that of input[..., k]^2 over |k - d| <= depth_radius. input has rank 4; half, bfloat16 or
// float.
Output LRN(const OpScope& scope, const Input& input, const LrnOptions& options = {});

// The gradient of LRN's input, given the gradient of its output, its input and its output.
Output LRNGrad(const OpScope& scope, const Input& input_grads, const Input& input_image,
               const Input& output_image, const LrnOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_LRN_H_
