#ifndef WEIR_OPS_LOSSES_UTIL_H_
#define WEIR_OPS_LOSSES_UTIL_H_

// Losses: one floating scalar from predictions and the truth. Each is the weighted mean of a loss
// per element (or example): sum(weight * loss) / number of elements with a weight that is not 0,
// and 0 when there is none. The scalar is listed in the graph's collection "losses".

#include "weir/graph/scope.h"

namespace weir {

struct LossOptions {
  // A scalar, or a tensor that broadcasts to the loss per element. Absent: 1.
  Output weights = {};
  double label_smoothing = 0;  // Cross entropies: moves labels towards the middle.
};

// Per example of logits [batch, classes]: the cross entropy of softmax(logits) with labels of the
// same shape and type, or with one class per example, int32 or int64 of shape [batch].
Output SoftmaxCrossEntropyLoss(const OpScope& scope, const Output& logits, const Output& labels,
                               const LossOptions& options = {});
Output SparseSoftmaxCrossEntropyLoss(const OpScope& scope, const Output& logits,
                                     const Output& labels, const LossOptions& options = {});
// Per element: the cross entropy of sigmoid(logits) with labels in [0, 1].
Output SigmoidCrossEntropyLoss(const OpScope& scope, const Output& logits, const Output& labels,
                               const LossOptions& options = {});

// Per element: (p - y)^2, |p - y|.
Output MeanSquaredErrorLoss(const OpScope& scope, const Output& predictions, const Output& labels,
                            const LossOptions& options = {});
Output AbsoluteDifferenceLoss(const OpScope& scope, const Output& predictions, const Output& labels,
                              const LossOptions& options = {});
// Per element: d^2 / 2 up to |d| = delta, then delta * |d| - delta^2 / 2, with d = p - y.
Output HuberLoss(const OpScope& scope, const Output& predictions, const Output& labels,
                 double delta = 1, const LossOptions& options = {});
// Per element: max(0, 1 - (2 y - 1) * logit), labels 0 or 1.
Output HingeLoss(const OpScope& scope, const Output& logits, const Output& labels,
                 const LossOptions& options = {});
// Per element: -y * ln(p + epsilon) - (1 - y) * ln(1 - p + epsilon).
Output LogLoss(const OpScope& scope, const Output& predictions, const Output& labels,
               double epsilon = 1e-7, const LossOptions& options = {});

// The mean of a loss per element, as described above.
Output WeightedMeanLoss(const OpScope& scope, const Output& losses, const Output& weights = {});

// The sum of all losses in the collection "losses"; invalid when there is none.
Output TotalLoss(const OpScope& scope);

}  // namespace weir

#endif  // WEIR_OPS_LOSSES_UTIL_H_
