#include "weir/ops/losses_util.h"

#include "weir/graph/gradients.h"
#include "weir/ops/add_n.h"
#include "weir/ops/binary.h"
#include "weir/ops/cast.h"
#include "weir/ops/reduction.h"
#include "weir/ops/term_util.h"
#include "weir/ops/unary.h"

namespace weir {
namespace {

constexpr char kLosses[] = "losses";

// x as a tensor of `like`'s type.
Output As(const OpScope& s, const Output& x, const Output& like) {
  if (!x.valid() || !like.valid() || x.type() == like.type()) return x;
  return ops::Cast(s, x, like.type());
}

// labels * (1 - smoothing) + smoothing * middle
Output Smooth(const OpScope& s, const Output& labels, double smoothing, const Term& middle) {
  if (smoothing == 0) return labels;
  return (1 - smoothing) * Term(s, labels) + smoothing * middle;
}

}  // namespace

Output WeightedMeanLoss(const OpScope& scope, const Output& losses, const Output& weights) {
  if (!losses.valid()) return Output();
  const OpScope s = scope.Composite("weighted_loss");
  Output mean;
  if (!weights.valid()) {
    // Over no elements the sum divided by "no nan" is 0.
    const Output count = As(s, s.Op("Size").In(losses).Build(), losses);
    mean = ops::DivNoNan(s, ops::ReduceSum(s, losses), count);
  } else {
    const Output typed = As(s, weights, losses);
    const Output weighted = ops::Mul(s, losses, typed);
    // The weights as often as they are used.
    const Output spread = ops::Mul(s, s.Op("OnesLike").In(losses).Build(), typed);
    const Output present = As(s, ops::NotEqual(s, spread, 0), losses);
    mean = ops::DivNoNan(s, ops::ReduceSum(s, weighted), ops::ReduceSum(s, present));
  }
  if (mean.valid()) scope.scope().state()->collections[kLosses].push_back(mean.name());
  return mean;
}

Output TotalLoss(const OpScope& scope) {
  const std::shared_ptr<GraphState>& state = scope.scope().state();
  const auto it = state->collections.find(kLosses);
  if (it == state->collections.end()) return Output();
  std::vector<Output> losses;
  for (const std::string& name : it->second) {
    const absl::StatusOr<Endpoint> endpoint = state->graph.FindEndpoint(name);
    if (!endpoint.ok()) {
      scope.Fail(endpoint.status());
      return Output();
    }
    losses.push_back(Output(state, *endpoint));
  }
  return losses.size() == 1 ? losses[0] : ops::AddN(scope, losses);
}

Output SoftmaxCrossEntropyLoss(const OpScope& scope, const Output& logits, const Output& labels,
                               const LossOptions& options) {
  const OpScope s = scope.Composite("softmax_cross_entropy_loss");
  if (!logits.valid() || !labels.valid()) return Output();
  Output target = As(s, labels, logits);
  if (options.label_smoothing != 0) {
    if (!logits.shape().known_rank() || logits.shape().dim(-1) <= 0) {
      scope.Fail(
          InvalidArgument("label smoothing needs the number of classes, but logits have "
                          "shape ",
                          logits.shape().ToString()));
      return Output();
    }
    const double share = options.label_smoothing / static_cast<double>(logits.shape().dim(-1));
    const Term kept = (1 - options.label_smoothing) * Term(s, target);
    target = share + kept;
  }
  const Operation entropy = s.Op("SoftmaxCrossEntropyWithLogits").In(logits).In(target).Build();
  return WeightedMeanLoss(s, entropy.out(0), options.weights);
}

Output SparseSoftmaxCrossEntropyLoss(const OpScope& scope, const Output& logits,
                                     const Output& labels, const LossOptions& options) {
  const OpScope s = scope.Composite("sparse_softmax_cross_entropy_loss");
  const Operation entropy =
      s.Op("SparseSoftmaxCrossEntropyWithLogits").In(logits).In(labels).Build();
  return WeightedMeanLoss(s, entropy.out(0), options.weights);
}

Output SigmoidCrossEntropyLoss(const OpScope& scope, const Output& logits, const Output& labels,
                               const LossOptions& options) {
  const OpScope s = scope.Composite("sigmoid_cross_entropy_loss");
  const Term x(s, logits);
  const Term half = 0.5 * Term(s, s.Op("OnesLike").In(logits).Build());
  const Term z(s, Smooth(s, As(s, labels, logits), options.label_smoothing, half));
  // max(x, 0) - x z + ln(1 + e^-|x|), which does not overflow.
  const Term positive(s, s.Op("Relu").In(logits).Build());
  const Term tail(s, ops::Log1p(s, ops::Exp(s, -Term(s, ops::Abs(s, x)))));
  return WeightedMeanLoss(s, positive - x * z + tail, options.weights);
}

Output MeanSquaredErrorLoss(const OpScope& scope, const Output& predictions, const Output& labels,
                            const LossOptions& options) {
  const OpScope s = scope.Composite("mean_squared_error");
  return WeightedMeanLoss(s, ops::SquaredDifference(s, predictions, As(s, labels, predictions)),
                          options.weights);
}

Output AbsoluteDifferenceLoss(const OpScope& scope, const Output& predictions, const Output& labels,
                              const LossOptions& options) {
  const OpScope s = scope.Composite("absolute_difference");
  const Output difference = ops::Sub(s, predictions, As(s, labels, predictions));
  return WeightedMeanLoss(s, ops::Abs(s, difference), options.weights);
}

Output HuberLoss(const OpScope& scope, const Output& predictions, const Output& labels,
                 double delta, const LossOptions& options) {
  const OpScope s = scope.Composite("huber_loss");
  const Term size(s, ops::Abs(s, ops::Sub(s, predictions, As(s, labels, predictions))));
  const Term quadratic(s, ops::Minimum(s, size, delta));
  const Term linear = size - quadratic;
  return WeightedMeanLoss(s, 0.5 * Square(quadratic) + delta * linear, options.weights);
}

Output HingeLoss(const OpScope& scope, const Output& logits, const Output& labels,
                 const LossOptions& options) {
  const OpScope s = scope.Composite("hinge_loss");
  const Term sign = -1.0 + 2.0 * Term(s, As(s, labels, logits));
  const Output margin = 1.0 - sign * Term(s, logits);
  return WeightedMeanLoss(s, s.Op("Relu").In(margin).Build(), options.weights);
}

Output LogLoss(const OpScope& scope, const Output& predictions, const Output& labels,
               double epsilon, const LossOptions& options) {
  const OpScope s = scope.Composite("log_loss");
  const Term p(s, predictions), y(s, As(s, labels, predictions));
  const Term yes(s, ops::Log(s, epsilon + p));
  const Term no(s, ops::Log(s, (1.0 + epsilon) - p));
  return WeightedMeanLoss(s, -(y * yes) - (1.0 - y) * no, options.weights);
}

}  // namespace weir
