#include "weir/ops/cast.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output Cast(const OpScope& scope, const Input& x, DataType type, const CastOptions& options) {
  if (!x.is_constant() && x.output().valid() && x.output().type() == type) return x.output();
  return scope.Op("Cast").In(x).Attr("DstT", type).Attr("Truncate", options.truncate).Build();
}

}  // namespace ops

namespace {

// Integers that fit keep their value.
std::optional<PartialInts> CastValue(const ValueContext& c) {
  const DataType from = c.InType(0), to = c.OutType();
  const auto is_index = [](DataType type) { return type == DT_INT32 || type == DT_INT64; };
  if (c.In(0) == nullptr || !is_index(from) || !is_index(to)) return std::nullopt;
  PartialInts out = *c.In(0);
  for (int64_t& v : out.values) {
    if (to == DT_INT32 && v != static_cast<int32_t>(v)) v = PartialInts::kUnknown;
  }
  return out;
}

bool IsContinuous(DataType type) { return IsFloatingType(type) || IsComplexType(type); }

// dx = dy in x's type; none through integers.
absl::Status CastGradient(GradientContext& g) {
  const DataType from = RemoveRef(g.InType(0));
  if (!IsContinuous(from) || !IsContinuous(g.Attr<DataType>("DstT"))) {
    return g.Return({Output()});
  }
  return g.Return({ops::Cast(g.scope(), g.Grad(0), from)});
}

}  // namespace

void RegisterCastOps(OpRegistry& ops) {
  ops.Add("Cast")
      .Doc("y = x in another element type.")
      .In("x: SrcT")
      .Out("y: DstT")
      .Attr("SrcT: type")
      .Attr("DstT: type")
      .Attr("Truncate: bool = false")
      .Shape([](ShapeContext& c) { return c.SameAsInput(0); })
      .Value(CastValue)
      .Gradient(CastGradient);
}

}  // namespace weir
