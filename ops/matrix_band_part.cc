#include "weir/ops/matrix_band_part.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output MatrixBandPart(const OpScope& scope, const Input& input, const Input& num_lower,
                      const Input& num_upper) {
  return scope.Op("MatrixBandPart").In(input).In(num_lower).In(num_upper).Build();
}

}  // namespace ops

void RegisterMatrixBandPartOps(OpRegistry& ops) {
  ops.Add("MatrixBandPart")
      .Doc(
          "band = input where -num_lower <= column - row <= num_upper, 0 elsewhere; negative "
          "numbers mean all diagonals.")
      .In("input: T")
      .In("num_lower: Tindex")
      .In("num_upper: Tindex")
      .Out("band: T")
      .Attr("T: type")
      .Attr("Tindex: {int32, int64} = int64")
      .Shape([](ShapeContext& c) -> absl::Status {
        RETURN_IF_ERROR(c.WithRank(1, 0).status());
        RETURN_IF_ERROR(c.WithRank(2, 0).status());
        return c.SameAsInput(0, 2);
      })
      .Gradient([](GradientContext& g) {  // The same band of the gradient.
        return g.Return(
            {ops::MatrixBandPart(g.scope(), g.Grad(0), g.In(1), g.In(2)), Output(), Output()});
      });
}

}  // namespace weir
