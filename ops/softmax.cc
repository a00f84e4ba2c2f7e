#include "weir/ops/softmax.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

Output Softmax(const OpScope& scope, const Input& logits) {
  return scope.Op("Softmax").In(logits).Build();
}

Output LogSoftmax(const OpScope& scope, const Input& logits) {
  return scope.Op("LogSoftmax").In(logits).Build();
}

}  // namespace ops

namespace {

absl::Status VectorsShape(ShapeContext& c) { return c.SameAsInput(0, 1); }

// The sum over the last dimension, which stays with extent 1.
Term RowSum(const Term& x) {
  const OpScope& s = x.scope();
  const Tensor axis = Tensor::Vector<int32_t>({-1});
  return Term(s, s.Op("Sum").In(x.output()).In(axis).Attr("keep_dims", true).Build());
}

absl::Status SoftmaxGradient(GradientContext& g) {  // dx = (dy - sum(dy * y)) * y
  const Term y(g.scope(), g.Out(0)), dy(g.scope(), g.Grad(0));
  return g.Return({(dy - RowSum(dy * y)) * y});
}

absl::Status LogSoftmaxGradient(GradientContext& g) {  // dx = dy - sum(dy) * exp(y)
  const Term y(g.scope(), g.Out(0)), dy(g.scope(), g.Grad(0));
  return g.Return({dy - RowSum(dy) * y.Apply("Exp")});
}

}  // namespace

void RegisterSoftmaxOps(OpRegistry& ops) {
  ops.Add("Softmax")
      .Doc(
          "softmax[..., j] = exp(logits[..., j]) / sum_k exp(logits[..., k]), over the last "
          "dimension.")
      .In("logits: T")
      .Out("softmax: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape(VectorsShape)
      .Gradient(SoftmaxGradient);
  ops.Add("LogSoftmax")
      .Doc(
          "logsoftmax[..., j] = logits[..., j] - ln(sum_k exp(logits[..., k])), over the last "
          "dimension.")
      .In("logits: T")
      .Out("logsoftmax: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape(VectorsShape)
      .Gradient(LogSoftmaxGradient);
}

}  // namespace weir
