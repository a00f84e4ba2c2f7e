#ifndef WEIR_OPS_TERM_UTIL_H_
#define WEIR_OPS_TERM_UTIL_H_

// Terms: formulas over tensors whose nodes go to a given scope. Gradient functions use them, since
// the operators of operators.h name nodes after their operands:
//
//   const Term x(g.scope(), g.In(0)), dy(g.scope(), g.Grad(0));
//   return g.Return({dy * Cos(x)});

#include "weir/graph/gradients.h"
#include "weir/graph/scope.h"

namespace weir {

class Term {
 public:
  // REQUIRES: `scope` outlives the term.
  Term(const OpScope& scope, Output value) : scope_(&scope), value_(std::move(value)) {}

  const OpScope& scope() const { return *scope_; }
  const Output& output() const { return value_; }
  operator Output() const { return value_; }  // NOLINT: a term stands for its tensor.

  // The ops that are called like this on terms.
  Term Apply(absl::string_view op) const {
    return Term(*scope_, scope_->Op(op).In(value_).Build());
  }
  Term Apply(absl::string_view op, const Input& y) const {
    return Term(*scope_, scope_->Op(op).In(value_).In(y).Build());
  }

 private:
  const OpScope* scope_;
  Output value_;
};

inline Term operator-(const Term& x) { return x.Apply("Neg"); }
inline Term operator+(const Term& x, const Term& y) { return x.Apply("AddV2", y.output()); }
inline Term operator-(const Term& x, const Term& y) { return x.Apply("Sub", y.output()); }
inline Term operator*(const Term& x, const Term& y) { return x.Apply("Mul", y.output()); }
inline Term operator/(const Term& x, const Term& y) { return x.Apply("RealDiv", y.output()); }
inline Term operator+(double c, const Term& x) { return x.Apply("AddV2", c); }
inline Term operator*(double c, const Term& x) { return x.Apply("Mul", c); }
inline Term operator-(double c, const Term& x) {
  return Term(x.scope(), x.scope().Op("Sub").In(c).In(x.output()).Build());
}

// The complex conjugate; the term itself for real types.
inline Term Conj(const Term& x) {
  if (!x.output().valid() || !IsComplexType(RemoveRef(x.output().type()))) return x;
  return x.Apply("Conj");
}
inline Term Square(const Term& x) { return x.Apply("Square"); }
inline Term Reciprocal(const Term& x) { return x.Apply("Reciprocal"); }
inline Term ZerosLike(const Term& x) { return x.Apply("ZerosLike"); }

}  // namespace weir

#endif  // WEIR_OPS_TERM_UTIL_H_
