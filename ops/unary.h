#ifndef WEIR_OPS_UNARY_H_
#define WEIR_OPS_UNARY_H_

// Element-wise functions of one tensor. The result has x's shape.
//
// "floating" below means half, bfloat16, float and double; "numbers" additionally int32, int64,
// complex64 and complex128. Outside a function's domain the result is NaN; no function fails.

#include "weir/graph/scope.h"

namespace weir::ops {

// |x|. Floating, int32, int64; complex x gives a real result (the op ComplexAbs).
Output Abs(const OpScope& scope, const Input& x);
// -x. Numbers.
Output Neg(const OpScope& scope, const Input& x);
// -1, 0 or 1; x / |x| for complex x. NaN stays NaN. Numbers. Its gradient is zero.
Output Sign(const OpScope& scope, const Input& x);
// x * x. Numbers.
Output Square(const OpScope& scope, const Input& x);

// Floating and complex:
Output Sqrt(const OpScope& scope, const Input& x);   // x^(1/2)
Output Rsqrt(const OpScope& scope, const Input& x);  // x^(-1/2)
Output Exp(const OpScope& scope, const Input& x);
Output Expm1(const OpScope& scope, const Input& x);  // e^x - 1, accurate near 0
Output Log(const OpScope& scope, const Input& x);    // natural logarithm
Output Log1p(const OpScope& scope, const Input& x);  // ln(1 + x), accurate near 0
Output Sin(const OpScope& scope, const Input& x);    // radians
Output Cos(const OpScope& scope, const Input& x);
Output Sinh(const OpScope& scope, const Input& x);
Output Cosh(const OpScope& scope, const Input& x);
Output Tanh(const OpScope& scope, const Input& x);
Output Asinh(const OpScope& scope, const Input& x);
Output Acosh(const OpScope& scope, const Input& x);
Output Atanh(const OpScope& scope, const Input& x);
Output Sigmoid(const OpScope& scope, const Input& x);  // 1 / (1 + e^-x)
Output Tan(const OpScope& scope, const Input& x);
Output Asin(const OpScope& scope, const Input& x);
Output Acos(const OpScope& scope, const Input& x);
Output Atan(const OpScope& scope, const Input& x);

// 1 / x. Numbers; for integers the quotient is truncated, and a zero gives zero.
Output Reciprocal(const OpScope& scope, const Input& x);

// Floating:
Output Erf(const OpScope& scope, const Input& x);
Output Erfc(const OpScope& scope, const Input& x);       // 1 - erf(x)
Output Lgamma(const OpScope& scope, const Input& x);     // ln |Gamma(x)|
Output Digamma(const OpScope& scope, const Input& x);    // d/dx ln Gamma(x)
Output BesselI0e(const OpScope& scope, const Input& x);  // e^-|x| I0(x)
Output BesselI1e(const OpScope& scope, const Input& x);  // e^-|x| I1(x)
Output Floor(const OpScope& scope, const Input& x);
Output Ceil(const OpScope& scope, const Input& x);
Output Rint(const OpScope& scope, const Input& x);   // nearest, ties to even
Output Round(const OpScope& scope, const Input& x);  // the same; also integers

// Floating to bool.
Output IsNan(const OpScope& scope, const Input& x);
Output IsInf(const OpScope& scope, const Input& x);
Output IsFinite(const OpScope& scope, const Input& x);

// Bool.
Output LogicalNot(const OpScope& scope, const Input& x);
// All bits flipped. Integers.
Output Invert(const OpScope& scope, const Input& x);

// The conjugate of complex x; real x unchanged.
Output Conj(const OpScope& scope, const Input& x);
// Complex to real: the parts, and the argument in radians.
Output Real(const OpScope& scope, const Input& x);
Output Imag(const OpScope& scope, const Input& x);
Output Angle(const OpScope& scope, const Input& x);

}  // namespace weir::ops

#endif  // WEIR_OPS_UNARY_H_
