#include "weir/ops/metrics_util.h"

#include "weir/ops/binary.h"
#include "weir/ops/cast.h"
#include "weir/ops/reduction.h"
#include "weir/ops/unary.h"

namespace weir {
namespace {

Output Float(const OpScope& s, const Output& x) {
  return x.valid() && x.type() != DT_FLOAT ? ops::Cast(s, x, DT_FLOAT) : x;
}

// A sum over runs: a local float variable, and an op that adds to it.
struct Accumulator {
  ops::Variable total;
  Output after;  // The total with this batch.
};

Accumulator Accumulate(const OpScope& s, absl::string_view name, const Output& amount) {
  GetVariableOptions options;
  options.local = true;
  options.collections = {"metric_variables"};
  Accumulator sum;
  sum.total = GetVariable(s, name, Shape(), Zeros(), options);
  const Operation add = sum.total.AssignAdd(s, amount);
  if (!add.valid()) return sum;
  sum.after = sum.total.Read(OpScope(s.scope().ControlDependencies({add}), s.where()));
  return sum;
}

// part / whole over all runs.
StreamingMetric Ratio(const OpScope& s, const Output& part, const Output& whole) {
  const Accumulator total = Accumulate(s, "total", part);
  const Accumulator count = Accumulate(s, "count", whole);
  StreamingMetric metric;
  if (!total.after.valid() || !count.after.valid()) return metric;
  const auto named = [&](absl::string_view name) {
    return OpScope(s.scope().Named(name), s.where());
  };
  metric.value = ops::DivNoNan(named("value"), total.total, count.total);
  metric.update = ops::DivNoNan(named("update_op"), total.after, count.after);
  return metric;
}

StreamingMetric MeanOf(const OpScope& s, const Output& values, const Output& weights) {
  const Output x = Float(s, values);
  if (!x.valid()) return {};
  if (!weights.valid()) {
    return Ratio(s, ops::ReduceSum(s, x), Float(s, s.Op("Size").In(x).Build()));
  }
  const Output w = Float(s, weights);
  const Output spread = ops::Mul(s, s.Op("OnesLike").In(x).Build(), w);
  return Ratio(s, ops::ReduceSum(s, ops::Mul(s, x, w)), ops::ReduceSum(s, spread));
}

// True positives in relation to what `whole` marks.
StreamingMetric PositiveRatio(const OpScope& s, const Output& predictions, const Output& labels,
                              const Output& whole) {
  const Output hits = ops::LogicalAnd(s, predictions, labels);
  return Ratio(s, ops::ReduceSum(s, Float(s, hits)), ops::ReduceSum(s, Float(s, whole)));
}

}  // namespace

Output Accuracy(const OpScope& scope, const Output& predictions, const Output& labels) {
  const OpScope s = scope.Composite("accuracy");
  return ops::ReduceMean(s, Float(s, ops::Equal(s, predictions, labels)));
}

Output ClassificationAccuracy(const OpScope& scope, const Output& logits, const Output& labels) {
  const OpScope s = scope.Composite("accuracy");
  if (!labels.valid()) return Output();
  const Output best =
      s.Op("ArgMax").In(logits).In(-1).Attr("output_type", RemoveRef(labels.type())).Build();
  return ops::ReduceMean(s, Float(s, ops::Equal(s, best, labels)));
}

StreamingMetric StreamingMean(const OpScope& scope, const Output& values, const Output& weights) {
  return MeanOf(scope.Composite("mean"), values, weights);
}

StreamingMetric StreamingAccuracy(const OpScope& scope, const Output& predictions,
                                  const Output& labels, const Output& weights) {
  const OpScope s = scope.Composite("accuracy");
  return MeanOf(s, ops::Equal(s, predictions, labels), weights);
}

StreamingMetric StreamingMeanSquaredError(const OpScope& scope, const Output& predictions,
                                          const Output& labels, const Output& weights) {
  const OpScope s = scope.Composite("mean_squared_error");
  return MeanOf(s, ops::SquaredDifference(s, predictions, labels), weights);
}

StreamingMetric StreamingMeanAbsoluteError(const OpScope& scope, const Output& predictions,
                                           const Output& labels, const Output& weights) {
  const OpScope s = scope.Composite("mean_absolute_error");
  return MeanOf(s, ops::Abs(s, ops::Sub(s, predictions, labels)), weights);
}

StreamingMetric StreamingPrecision(const OpScope& scope, const Output& predictions,
                                   const Output& labels) {
  return PositiveRatio(scope.Composite("precision"), predictions, labels, predictions);
}

StreamingMetric StreamingRecall(const OpScope& scope, const Output& predictions,
                                const Output& labels) {
  return PositiveRatio(scope.Composite("recall"), predictions, labels, labels);
}

}  // namespace weir
