#include "weir/ops/clip_util.h"

#include "weir/ops/add_n.h"
#include "weir/ops/binary.h"
#include "weir/ops/cast.h"
#include "weir/ops/constant.h"
#include "weir/ops/reduction.h"
#include "weir/ops/select.h"
#include "weir/ops/unary.h"

namespace weir {

Output ClipByNorm(const OpScope& scope, const Output& t, const Input& clip_norm,
                  const std::vector<int64_t>& axes) {
  const OpScope s = scope.Composite("clip_by_norm");
  const Output squares = ops::Mul(s, t, t);
  const Output sum = axes.empty() ? ops::ReduceSum(s, squares)
                                  : ops::ReduceSum(s, squares, axes, {.keep_dims = true});
  if (!sum.valid()) return Output();
  // The root has no derivative at 0: there it is not taken.
  const Output positive = ops::Greater(s, sum, 0);
  const Output safe = ops::Select(s, positive, sum, ops::OnesLike(s, sum));
  const Output norm = ops::Select(s, positive, ops::Sqrt(s, safe), sum);
  const Output scaled = ops::Mul(s, t, clip_norm);
  return ops::RealDiv(s, scaled, ops::Maximum(s, norm, clip_norm));
}

Output ClipByAverageNorm(const OpScope& scope, const Output& t, const Input& clip_norm) {
  const OpScope s = scope.Composite("clip_by_average_norm");
  if (!t.valid()) return Output();
  const Output inverse_norm = ops::Rsqrt(s, ops::ReduceSum(s, ops::Mul(s, t, t)));
  const Output count = ops::Cast(s, s.Op("Size").In(t).Build(), t.type());
  const Output largest = ops::RealDiv(s, ops::OnesLike(s, inverse_norm), clip_norm);
  const Output factor = ops::Minimum(s, ops::Mul(s, inverse_norm, count), largest);
  return ops::Mul(s, ops::Mul(s, t, clip_norm), factor);
}

Output GlobalNorm(const OpScope& scope, const std::vector<Output>& tensors) {
  const OpScope s = scope.Composite("global_norm");
  std::vector<Output> halves;
  for (const Output& t : tensors) {
    if (t.valid()) halves.push_back(ops::L2Loss(s, t));
  }
  if (halves.empty()) {
    scope.Fail(InvalidArgument("GlobalNorm: there is no tensor"));
    return Output();
  }
  const Output sum = halves.size() == 1 ? halves[0] : ops::AddN(s, halves);
  return ops::Sqrt(s, ops::Mul(s, sum, 2));
}

ClippedTensors ClipByGlobalNorm(const OpScope& scope, const std::vector<Output>& tensors,
                                const Input& clip_norm, const Output& global_norm) {
  const OpScope s = scope.Composite("clip_by_global_norm");
  ClippedTensors clipped;
  clipped.global_norm = global_norm.valid() ? global_norm : GlobalNorm(s, tensors);
  if (!clipped.global_norm.valid()) return clipped;
  const Output& norm = clipped.global_norm;
  const Output one = ops::OnesLike(s, norm);
  const Output inverse =
      ops::Minimum(s, ops::RealDiv(s, one, norm), ops::RealDiv(s, one, clip_norm));
  // norm - norm is 0 for finite norms, else NaN.
  const Output scale = ops::AddV2(s, ops::Mul(s, inverse, clip_norm), ops::Sub(s, norm, norm));
  for (const Output& t : tensors) {
    clipped.tensors.push_back(t.valid() ? ops::Mul(s, t, scale) : Output());
  }
  return clipped;
}

ClippedGradients ClipByGlobalNorm(const OpScope& scope, const std::vector<Gradient>& gradients,
                                  const Input& clip_norm) {
  std::vector<Output> values;
  for (const Gradient& g : gradients) {
    values.push_back(g.slices.has_value() ? g.slices->values : g.dense);
  }
  const ClippedTensors clipped = ClipByGlobalNorm(scope, values, clip_norm);
  ClippedGradients result;
  result.global_norm = clipped.global_norm;
  if (!result.global_norm.valid()) return result;
  result.gradients = gradients;
  for (size_t i = 0; i < gradients.size(); ++i) {
    Gradient& g = result.gradients[i];
    (g.slices.has_value() ? g.slices->values : g.dense) = clipped.tensors[i];
  }
  return result;
}

}  // namespace weir
