#ifndef WEIR_OPS_CROSS_ENTROPY_H_
#define WEIR_OPS_CROSS_ENTROPY_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// A loss per example, and what the gradient needs; converts to the loss.
struct CrossEntropy {
  Output loss;      // [batch]
  Output backprop;  // [batch, classes]: the derivative of the loss by the logits.
  operator Output() const { return loss; }  // NOLINT
};

// loss[i] = -sum_j labels[i, j] * ln(softmax(logits[i])[j]); backprop = softmax(logits) - labels.
// logits and labels are [batch, classes] (1 stretches) of one floating type. Rows of labels should
// be distributions; the derivative by the logits is exact only then.
CrossEntropy SoftmaxCrossEntropyWithLogits(const OpScope& scope, const Input& logits,
                                           const Input& labels);

// The same for one class per example: loss[i] = -ln(softmax(logits[i])[labels[i]]).
// logits: [batch, classes], floating; labels: [batch], int32 or int64. Running fails with
// InvalidArgument when a label is no class.
CrossEntropy SparseSoftmaxCrossEntropyWithLogits(const OpScope& scope, const Input& logits,
                                                 const Input& labels);

// Element-wise, for independent classes: max(x, 0) - x * z + ln(1 + exp(-|x|)), which is
// -z * ln(sigmoid(x)) - (1 - z) * ln(1 - sigmoid(x)) without overflow. Floating types; logits x and
// labels z have one shape.
Output SigmoidCrossEntropyWithLogits(const OpScope& scope, const Output& logits,
                                     const Input& labels);

}  // namespace weir::ops

#endif  // WEIR_OPS_CROSS_ENTROPY_H_
