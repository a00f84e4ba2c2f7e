#include "weir/ops/debug.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Operation Assert(const OpScope& scope, const Input& condition, const std::vector<Input>& data,
                 int64_t summarize) {
  return scope.Op("Assert").In(condition).InList(data).Attr("summarize", summarize).Build();
}

Output Print(const OpScope& scope, const Input& input, const std::vector<Input>& data,
             const PrintOptions& options) {
  return scope.Op("Print")
      .In(input)
      .InList(data)
      .Attr("message", options.message)
      .Attr("first_n", options.first_n)
      .Attr("summarize", options.summarize)
      .Build();
}

Operation PrintV2(const OpScope& scope, const Input& input, const PrintV2Options& options) {
  return scope.Op("PrintV2")
      .In(input)
      .Attr("output_stream", options.output_stream)
      .Attr("end", options.end)
      .Build();
}

}  // namespace ops

void RegisterDebugOps(OpRegistry& ops) {
  ops.Add("Assert")
      .Doc("Fails with the values of `data` unless `condition` is true.")
      .In("condition: bool")
      .In("data: T")
      .Attr("T: list(type) >= 1")
      .Attr("summarize: int = 3")
      .Stateful()
      .Shape([](ShapeContext& c) { return c.WithRank(0, 0).status(); })
      .NotDifferentiable();
  ops.Add("Print")
      .Doc("Passes `input` on, after writing the message and the values of `data`.")
      .In("input: T")
      .In("data: U")
      .Out("output: T")
      .Attr("T: type")
      .Attr("U: list(type) >= 0")
      .Attr("message: string = ''")
      .Attr("first_n: int = -1")
      .Attr("summarize: int = 3")
      .Stateful()
      .Shape([](ShapeContext& c) { return c.SameAsInput(); })
      .Gradient([](GradientContext& g) {  // An identity; nothing flows into what is only shown.
        g.Set(0, g.Grad(0));
        return absl::OkStatus();
      });
  ops.Add("PrintV2")
      .Doc("Writes a string.")
      .In("input: string")
      .Attr("output_stream: string = 'stderr'")
      .Attr("end: string = '\n'")
      .Stateful()
      .Shape([](ShapeContext& c) { return c.WithRank(0, 0).status(); })
      .NotDifferentiable();
}

}  // namespace weir
