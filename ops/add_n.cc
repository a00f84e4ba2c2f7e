#include "weir/ops/add_n.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output AddN(const OpScope& scope, absl::Span<const Output> inputs) {
  return scope.Op("AddN").InList(inputs).Build();
}

Output AccumulateNV2(const OpScope& scope, absl::Span<const Output> inputs,
                     const PartialShape& shape) {
  return scope.Op("AccumulateNV2").InList(inputs).Attr("shape", shape).Build();
}

}  // namespace ops

namespace {

absl::Status AddNShape(ShapeContext& c) {
  if (c.OutType(0) == DT_VARIANT) return c.SameAsInput(0);
  return c.AllSame();
}

absl::Status AccumulateShape(ShapeContext& c) {
  PartialShape out = c.Attr<PartialShape>("shape");
  for (int i = 0; i < c.num_inputs(); ++i) {
    ASSIGN_OR_RETURN(out, out.Merge(c.In(i)));
  }
  return c.Return(out);
}

// Every input gets the sum's gradient.
absl::Status SumOfManyGradient(GradientContext& g) {
  const Output dz = g.Grad(0);
  for (int i = 0; i < g.num_inputs(); ++i) g.Set(i, dz);
  return absl::OkStatus();
}

}  // namespace

void RegisterAddNOps(OpRegistry& ops) {
  ops.Add("AddN")
      .Doc("sum = inputs[0] + inputs[1] + ..., all of one shape.")
      .In("inputs: N * T")
      .Out("sum: T")
      .Attr("N: int >= 1")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, uint16, complex128, half, uint32, uint64, variant}")
      .Commutative()
      .Aggregate()
      .Shape(AddNShape)
      .Gradient(SumOfManyGradient);
  ops.Add("AccumulateNV2")
      .Doc("sum = inputs[0] + inputs[1] + ..., all of the shape that the attr tells.")
      .In("inputs: N * T")
      .Out("sum: T")
      .Attr("N: int >= 1")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, uint16, complex128, half, uint32, uint64}")
      .Attr("shape: shape")
      .Commutative()
      .Aggregate()
      .Shape(AccumulateShape)
      .Gradient(SumOfManyGradient);
}

}  // namespace weir
