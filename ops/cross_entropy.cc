#include "weir/ops/cross_entropy.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/broadcast_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

CrossEntropy SoftmaxCrossEntropyWithLogits(const OpScope& scope, const Input& logits,
                                           const Input& labels) {
  const Operation op = scope.Op("SoftmaxCrossEntropyWithLogits").In(logits).In(labels).Build();
  return {op.out(0), op.out(1)};
}

CrossEntropy SparseSoftmaxCrossEntropyWithLogits(const OpScope& scope, const Input& logits,
                                                 const Input& labels) {
  const Operation op =
      scope.Op("SparseSoftmaxCrossEntropyWithLogits").In(logits).In(labels).Build();
  return {op.out(0), op.out(1)};
}

Output SigmoidCrossEntropyWithLogits(const OpScope& scope, const Output& logits,
                                     const Input& labels) {
  const OpScope s = scope.Composite("logistic_loss");
  const Output zeros = s.Op("ZerosLike").In(logits).Build();
  const Output positive = s.Op("GreaterEqual").In(logits).In(zeros).Build();
  const Output negated = s.Op("Neg").In(logits).Build();
  const Term relu(s, s.Op("Select").In(positive).In(logits).In(zeros).Build());
  const Term below(s, s.Op("Select").In(positive).In(negated).In(logits).Build());
  const Term product(s, s.Op("Mul").In(logits).In(labels).Build());
  return relu - product + below.Apply("Exp").Apply("Log1p");
}

}  // namespace ops

namespace {

absl::Status SoftmaxCrossEntropyShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape logits, c.WithRank(0, 2));
  ASSIGN_OR_RETURN(const PartialShape labels, c.WithRank(1, 2));
  ASSIGN_OR_RETURN(const PartialShape both, BroadcastShapes(logits, labels));
  c.SetOut(0, {both.dim(0)});
  c.SetOut(1, both);
  return absl::OkStatus();
}

absl::Status SparseSoftmaxCrossEntropyShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape logits, c.WithRank(0, 2));
  ASSIGN_OR_RETURN(const PartialShape labels, c.WithRank(1, 1));
  ASSIGN_OR_RETURN(const PartialShape batch, labels.Merge({logits.dim(0)}));
  c.SetOut(0, batch);
  c.SetOut(1, logits.WithDim(0, batch.dim(0)));
  return absl::OkStatus();
}

// rows[i, ...] * losses[i]
Term ScaleRows(const OpScope& s, const Output& losses, const Term& rows) {
  return Term(s, s.Op("ExpandDims").In(losses).In(-1).Build()) * rows;
}

// d(logits) = dloss * backprop + (dback - sum(dback * p)) * p, where p = softmax(logits)
Term LogitsGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  Term result = ScaleRows(s, g.Grad(0), Term(s, g.Out(1)));
  if (!g.HasGrad(1)) return result;
  const Term p(s, s.Op("Softmax").In(g.In(0)).Build()), dback(s, g.Grad(1));
  const Term sum(s, s.Op("Sum")
                        .In((dback * p).output())
                        .In(Tensor::Vector<int32_t>({-1}))
                        .Attr("keep_dims", true)
                        .Build());
  return result + (dback - sum) * p;
}

// True when the static shapes show that x is stretched to broadcast with `other`.
bool Stretched(const Output& x, const Output& other) {
  if (!x.valid() || !other.valid()) return false;
  for (int i = 0; i < 2; ++i) {
    if (x.shape().dim(i) == 1 && other.shape().dim(i) != 1) return true;
  }
  return false;
}

// d(labels) = dloss * -ln(softmax(logits)); what reaches backprop does not count, as in TensorFlow.
absl::Status SoftmaxCrossEntropyGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output logits = g.In(0), labels = g.In(1);
  const Term log_softmax(s, s.Op("LogSoftmax").In(logits).Build());
  Output dlogits = LogitsGradient(g), dlabels = ScaleRows(s, g.Grad(0), -log_softmax);
  if (Stretched(logits, labels)) dlogits = SumToShapeOf(s, dlogits, logits, labels);
  if (Stretched(labels, logits)) dlabels = SumToShapeOf(s, dlabels, labels, logits);
  return g.Return({dlogits, dlabels});
}

absl::Status SparseSoftmaxCrossEntropyGradient(GradientContext& g) {
  return g.Return({LogitsGradient(g), Output()});
}

}  // namespace

void RegisterCrossEntropyOps(OpRegistry& ops) {
  ops.Add("SoftmaxCrossEntropyWithLogits")
      .Doc(
          "loss[i] = -sum_j labels[i, j] * ln(softmax(features[i])[j]); backprop = "
          "softmax(features) - labels.")
      .In("features: T")
      .In("labels: T")
      .Out("loss: T")
      .Out("backprop: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape(SoftmaxCrossEntropyShape)
      .Gradient(SoftmaxCrossEntropyGradient);
  ops.Add("SparseSoftmaxCrossEntropyWithLogits")
      .Doc(
          "loss[i] = -ln(softmax(features[i])[labels[i]]); backprop = softmax(features) - "
          "one_hot(labels).")
      .In("features: T")
      .In("labels: Tlabels")
      .Out("loss: T")
      .Out("backprop: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Attr("Tlabels: {int32, int64} = int64")
      .Shape(SparseSoftmaxCrossEntropyShape)
      .Gradient(SparseSoftmaxCrossEntropyGradient);
}

}  // namespace weir
