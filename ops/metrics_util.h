#ifndef WEIR_OPS_METRICS_UTIL_H_
#define WEIR_OPS_METRICS_UTIL_H_

// Measures of quality, of one batch or of all batches so far.

#include "weir/ops/variables_util.h"

namespace weir {

// The share of elements in which predictions and labels, of one type and shape, are equal; a float.
Output Accuracy(const OpScope& scope, const Output& predictions, const Output& labels);
// The share of rows of logits [batch, classes] whose largest entry is at the label, int32 or int64
// [batch].
Output ClassificationAccuracy(const OpScope& scope, const Output& logits, const Output& labels);

// A measure over many runs. It is kept in local variables: LocalVariablesInitializer starts it
// anew.
struct StreamingMetric {
  Output value;   // Over all updates so far; 0 before the first.
  Output update;  // Takes the batch in, and gives the value after that.
};

// The mean of all values (of weight `weights`, which broadcast to them), a float.
StreamingMetric StreamingMean(const OpScope& scope, const Output& values,
                              const Output& weights = {});
StreamingMetric StreamingAccuracy(const OpScope& scope, const Output& predictions,
                                  const Output& labels, const Output& weights = {});
StreamingMetric StreamingMeanSquaredError(const OpScope& scope, const Output& predictions,
                                          const Output& labels, const Output& weights = {});
StreamingMetric StreamingMeanAbsoluteError(const OpScope& scope, const Output& predictions,
                                           const Output& labels, const Output& weights = {});
// Of bool tensors: true positives / predicted positives, and true positives / positive labels.
StreamingMetric StreamingPrecision(const OpScope& scope, const Output& predictions,
                                   const Output& labels);
StreamingMetric StreamingRecall(const OpScope& scope, const Output& predictions,
                                const Output& labels);

}  // namespace weir

#endif  // WEIR_OPS_METRICS_UTIL_H_
