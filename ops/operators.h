#ifndef WEIR_OPS_OPERATORS_H_
#define WEIR_OPS_OPERATORS_H_

// Arithmetic on tensors of the graph as operators:
//
//   Output loss = 0.5f * (a - b) * (a - b) / n;
//
// The nodes are named by their op under the name prefix of the left operand (of the right one, if
// the left is a number or Tensor). To place them elsewhere, call the builders of binary.h.
// Comparisons are not operators: they would not mean what they mean elsewhere in C++.

#include "weir/core/source_location.h"
#include "weir/graph/scope.h"

namespace weir {

// Anything an operator works on, with the line of the call.
class Operand {
 public:
  template <typename T>
    requires(std::is_arithmetic_v<T> || std::is_convertible_v<const T&, Output> ||
             std::is_same_v<T, Tensor>)
  Operand(const T& value,  // NOLINT: converts at the operator on purpose.
          SourceLocation where = SourceLocation::Current())
      : input_(value), where_(where) {}

  const Input& input() const { return input_; }
  const SourceLocation& where() const { return where_; }

 private:
  Input input_;
  SourceLocation where_;
};

// AddV2; Add for strings.
Output operator+(const Operand& x, const Operand& y);
Output operator-(const Operand& x, const Operand& y);
Output operator*(const Operand& x, const Operand& y);
// RealDiv; Div for integers, whose quotients are truncated towards zero as in C++.
Output operator/(const Operand& x, const Operand& y);
Output operator-(const Operand& x);

}  // namespace weir

#endif  // WEIR_OPS_OPERATORS_H_
