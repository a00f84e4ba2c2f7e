#include "weir/ops/timestamp.h"

#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output Timestamp(const OpScope& scope) { return scope.Op("Timestamp").Build(); }

}  // namespace ops

void RegisterTimestampOps(OpRegistry& ops) {
  ops.Add("Timestamp")
      .Doc("Seconds since 1970, when the op runs.")
      .Out("ts: double")
      .Stateful()
      .Shape([](ShapeContext& c) { return c.Scalars(); })
      .NotDifferentiable();
}

}  // namespace weir
