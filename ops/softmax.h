#ifndef WEIR_OPS_SOFTMAX_H_
#define WEIR_OPS_SOFTMAX_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// softmax[..., j] = exp(logits[..., j]) / sum_k exp(logits[..., k]), over the last dimension.
// Floating types, rank >= 1.
Output Softmax(const OpScope& scope, const Input& logits);

// ln(Softmax(logits)), without its loss of digits. Floating types, rank >= 1.
Output LogSoftmax(const OpScope& scope, const Input& logits);

}  // namespace weir::ops

#endif  // WEIR_OPS_SOFTMAX_H_
