#include "weir/ops/bits.h"

#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output PopulationCount(const OpScope& scope, const Input& x) {
  return scope.Op("PopulationCount").In(x).Build();
}

Output CompareAndBitpack(const OpScope& scope, const Input& input, const Input& threshold) {
  return scope.Op("CompareAndBitpack").In(input).In(threshold).Build();
}

}  // namespace ops

namespace {

absl::Status BitpackShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape input, c.WithRankAtLeast(0, 1));
  RETURN_IF_ERROR(c.WithRank(1, 0).status());
  if (!input.known_rank()) return c.Unknown();
  const int64_t width = input.dim(-1);
  if (width < 0) return c.Return(input);
  if (width % 8 != 0) {
    return InvalidArgument("the innermost dimension must be a multiple of 8, but is ", width);
  }
  return c.Return(input.WithDim(-1, width / 8));
}

}  // namespace

void RegisterBitsOps(OpRegistry& ops) {
  ops.Add("PopulationCount")
      .Doc("y = the number of ones in the binary form of x.")
      .In("x: T")
      .Out("y: uint8")
      .Attr("T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}")
      .Shape([](ShapeContext& c) { return c.SameAsInput(0); })
      .NotDifferentiable();
  ops.Add("CompareAndBitpack")
      .Doc(
          "output = eight neighbouring comparisons input > threshold in a byte, the first in the "
          "highest bit.")
      .In("input: T")
      .In("threshold: T")
      .Out("output: uint8")
      .Attr("T: {bool, half, float, double, int8, int16, int32, int64}")
      .Shape(BitpackShape)
      .NotDifferentiable();
}

}  // namespace weir
