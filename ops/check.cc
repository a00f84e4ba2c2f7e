#include "weir/ops/check.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output CheckNumerics(const OpScope& scope, const Input& x, absl::string_view message) {
  return scope.Op("CheckNumerics").In(x).Attr("message", message).Build();
}

}  // namespace ops

void RegisterCheckOps(OpRegistry& ops) {
  ops.Add("CheckNumerics")
      .Doc("output = tensor; an error with the message if an element is infinite or NaN.")
      .In("tensor: T")
      .Out("output: T")
      .Attr("T: {bfloat16, half, float, double}")
      .Attr("message: string")
      .Stateful()
      .Shape([](ShapeContext& c) { return c.SameAsInput(0); })
      .Gradient([](GradientContext& g) {  // dx = dy, which is checked too.
        return g.Return({ops::CheckNumerics(
            g.scope(), g.Grad(0),
            "Not a number (NaN) or infinity (Inf) values detected in gradient.")});
      });
}

}  // namespace weir
