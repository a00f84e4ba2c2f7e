#ifndef WEIR_OPS_CLIP_UTIL_H_
#define WEIR_OPS_CLIP_UTIL_H_

// Clipping by norms, mostly of gradients. All are differentiable and keep shapes and types.

#include <vector>

#include "weir/graph/gradients.h"

namespace weir {

// t * clip_norm / max(|t|, clip_norm), where |t| is the Euclidean norm along `axes` (of all of t
// when they are empty). `clip_norm` is a positive scalar.
Output ClipByNorm(const OpScope& scope, const Output& t, const Input& clip_norm,
                  const std::vector<int64_t>& axes = {});

// t * clip_norm * min(n / |t|, 1 / clip_norm), where n is the number of elements: clips the root of
// the sum of squares per element.
Output ClipByAverageNorm(const OpScope& scope, const Output& t, const Input& clip_norm);

// sqrt(sum of the squares of all elements of all tensors), a scalar. Tensors of one floating type,
// at least one valid; invalid ones are passed over.
Output GlobalNorm(const OpScope& scope, const std::vector<Output>& tensors);

struct ClippedTensors {
  std::vector<Output> tensors;  // As given; invalid ones stay invalid.
  Output global_norm;           // Before clipping.
};
// Each tensor times clip_norm / max(global norm, clip_norm). If any element is not finite, all
// results are NaN. `global_norm` is computed when it is invalid.
ClippedTensors ClipByGlobalNorm(const OpScope& scope, const std::vector<Output>& tensors,
                                const Input& clip_norm, const Output& global_norm = {});

struct ClippedGradients {
  std::vector<Gradient> gradients;
  Output global_norm;
};
// The same for gradients, of which some may be rows or missing: rows are clipped as rows.
ClippedGradients ClipByGlobalNorm(const OpScope& scope, const std::vector<Gradient>& gradients,
                                  const Input& clip_norm);

}  // namespace weir

#endif  // WEIR_OPS_CLIP_UTIL_H_
