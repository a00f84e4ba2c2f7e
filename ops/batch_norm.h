#ifndef WEIR_OPS_BATCH_NORM_H_
#define WEIR_OPS_BATCH_NORM_H_

#include <string>

#include "weir/graph/scope.h"

namespace weir::ops {

struct FusedBatchNormOptions {
  float epsilon = 0.0001f;
  std::string data_format = "NHWC";  // Or "NCHW".
  bool is_training = true;
};

struct FusedBatchNormResult {
  Output y;                // As x.
  Output batch_mean;       // [channels], as the three below.
  Output batch_variance;   // Unbiased: the sum of squares over n - 1.
  Output reserve_space_1;  // What the gradient needs: the mean used,
  Output reserve_space_2;  // and the biased variance used.
  Output reserve_space_3;
};

// y = (x - mean) / sqrt(variance + epsilon) * scale + offset, per channel. Emits FusedBatchNormV3.
//
// In training, mean and variance (biased: the sum of squares over n) are those of the batch and the
// inputs `mean` and `variance`, empty vectors or whole ones, are ignored; otherwise they are these
// inputs, and the outputs repeat them. x: [batch, height, width, channels], half, bfloat16 or
// float; the others: [channels] vectors of float. Differentiable through y.
FusedBatchNormResult FusedBatchNorm(const OpScope& scope, const Input& x, const Input& scale,
                                    const Input& offset, const Input& mean, const Input& variance,
                                    const FusedBatchNormOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_BATCH_NORM_H_
