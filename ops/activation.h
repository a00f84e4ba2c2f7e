#ifndef WEIR_OPS_ACTIVATION_H_
#define WEIR_OPS_ACTIVATION_H_

// Activation functions: element-wise, the result has the shape of `x`.

#include "weir/graph/scope.h"

namespace weir::ops {

// max(x, 0). Real types; NaN stays NaN.
Output Relu(const OpScope& scope, const Input& x);
// min(max(x, 0), 6). Real types; NaN stays NaN.
Output Relu6(const OpScope& scope, const Input& x);
// x for x >= 0, exp(x) - 1 below. Floating types.
Output Elu(const OpScope& scope, const Input& x);
// s * x for x >= 0, s * a * (exp(x) - 1) below, with s = 1.0507..., a = 1.6732... Floating types.
Output Selu(const OpScope& scope, const Input& x);
// ln(1 + exp(x)). Floating types.
Output Softplus(const OpScope& scope, const Input& x);
// x / (1 + |x|). Floating types.
Output Softsign(const OpScope& scope, const Input& x);

struct LeakyReluOptions {
  float alpha = 0.2f;
};
// x for x > 0, alpha * x otherwise. Floating types.
Output LeakyRelu(const OpScope& scope, const Input& x, const LeakyReluOptions& options = {});

// The gradients: `gradients` times the derivative at `features`, the function's input (for Relu and
// Relu6 its output serves as well), or at `outputs`, the function's output. InvalidArgument when
// the shapes differ.
Output ReluGrad(const OpScope& scope, const Input& gradients, const Input& features);
Output Relu6Grad(const OpScope& scope, const Input& gradients, const Input& features);
Output EluGrad(const OpScope& scope, const Input& gradients, const Input& outputs);
Output SeluGrad(const OpScope& scope, const Input& gradients, const Input& outputs);
Output SoftplusGrad(const OpScope& scope, const Input& gradients, const Input& features);
Output SoftsignGrad(const OpScope& scope, const Input& gradients, const Input& features);
Output LeakyReluGrad(const OpScope& scope, const Input& gradients, const Input& features,
                     const LeakyReluOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_ACTIVATION_H_
