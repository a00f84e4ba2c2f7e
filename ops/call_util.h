#ifndef WEIR_OPS_CALL_UTIL_H_
#define WEIR_OPS_CALL_UTIL_H_

#include "weir/graph/scope.h"

namespace weir {

// One node of an op that takes single tensors and no attrs but inferred or default ones; the short
// way to say so in gradients.
template <typename... Inputs>
Output Call(const OpScope& scope, absl::string_view op, const Inputs&... inputs) {
  OpBuilder builder = scope.Op(op);
  (builder.In(inputs), ...);
  return builder.Build();
}

// The shape of `x` as a vector of `type` (int32 or int64).
inline Output ShapeAs(const OpScope& scope, const Output& x, DataType type) {
  return scope.Op("Shape").In(x).Attr("out_type", type).Build();
}

// `x` as a vector.
inline Output Flatten(const OpScope& scope, const Output& x) {
  return scope.Op("Reshape").In(x).In({-1}).Build();
}

// The pieces one after another along `axis`.
inline Output Concat(const OpScope& scope, std::initializer_list<Output> pieces, int axis) {
  return scope.Op("ConcatV2").InList(std::vector<Output>(pieces)).In(axis).Build();
}

}  // namespace weir

#endif  // WEIR_OPS_CALL_UTIL_H_
