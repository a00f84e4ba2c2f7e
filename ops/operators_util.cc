#include "weir/ops/operators.h"

namespace weir {
namespace {

// The scope of the node behind the first of the operands that is a tensor of the graph; nothing
// when there is none.
std::optional<OpScope> ScopeOf(const Operand& x, const Operand& y) {
  for (const Operand* operand : {&x, &y}) {
    const Output& output = operand->input().output();
    if (operand->input().is_constant() || !output.valid()) continue;
    const std::string& name = output.op().name();
    const size_t slash = name.rfind('/');
    const absl::string_view prefix =
        slash == std::string::npos ? "" : absl::string_view(name).substr(0, slash);
    return OpScope(Scope::Of(output.state()).WithPrefix(prefix), operand->where());
  }
  return std::nullopt;
}

DataType TypeOf(const Operand& x, const Operand& y) {
  for (const Operand* operand : {&x, &y}) {
    const Output& output = operand->input().output();
    if (!operand->input().is_constant() && output.valid()) return RemoveRef(output.type());
  }
  return DT_INVALID;
}

Output Apply(absl::string_view op, const Operand& x, const Operand& y) {
  const std::optional<OpScope> scope = ScopeOf(x, y);
  if (!scope.has_value()) return Output();
  return scope->Op(op).In(x.input()).In(y.input()).Build();
}

}  // namespace

Output operator+(const Operand& x, const Operand& y) {
  return Apply(TypeOf(x, y) == DT_STRING ? "Add" : "AddV2", x, y);
}

Output operator-(const Operand& x, const Operand& y) { return Apply("Sub", x, y); }

Output operator*(const Operand& x, const Operand& y) { return Apply("Mul", x, y); }

Output operator/(const Operand& x, const Operand& y) {
  return Apply(IsIntegerType(TypeOf(x, y)) ? "Div" : "RealDiv", x, y);
}

Output operator-(const Operand& x) {
  const std::optional<OpScope> scope = ScopeOf(x, x);
  if (!scope.has_value()) return Output();
  return scope->Op("Neg").In(x.input()).Build();
}

}  // namespace weir
