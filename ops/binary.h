#ifndef WEIR_OPS_BINARY_H_
#define WEIR_OPS_BINARY_H_

// Element-wise functions of two tensors of one type. The shapes broadcast under NumPy's rules:
// trailing dimensions are aligned, extents of 1 stretch; others are InvalidArgument "Incompatible
// shapes". Integers wrap around on overflow; an integer divided by zero is InvalidArgument "Integer
// division by zero".

#include "weir/graph/scope.h"

namespace weir::ops {

// Numbers; strings are joined by Add only:
// x + y.
Output Add(const OpScope& scope, const Input& x, const Input& y);
// x + y; no strings.
Output AddV2(const OpScope& scope, const Input& x, const Input& y);
// x - y.
Output Sub(const OpScope& scope, const Input& x, const Input& y);
// x * y.
Output Mul(const OpScope& scope, const Input& x, const Input& y);
// x / y; integers are truncated towards zero.
Output Div(const OpScope& scope, const Input& x, const Input& y);
// x / y; no integers.
Output RealDiv(const OpScope& scope, const Input& x, const Input& y);
// floor(x / y).
Output FloorDiv(const OpScope& scope, const Input& x, const Input& y);
// x / y, truncated towards zero.
Output TruncateDiv(const OpScope& scope, const Input& x, const Input& y);
// x - y * floor(x / y): has the sign of y.
Output FloorMod(const OpScope& scope, const Input& x, const Input& y);
// the remainder of TruncateDiv: has the sign of x.
Output Mod(const OpScope& scope, const Input& x, const Input& y);
// the same as Mod.
Output TruncateMod(const OpScope& scope, const Input& x, const Input& y);
// (x - y)^2, of complex numbers (x - y) conj(x - y).
Output SquaredDifference(const OpScope& scope, const Input& x, const Input& y);
// x^y; integers to negative powers are an error.
Output Pow(const OpScope& scope, const Input& x, const Input& y);
// the larger one.
Output Maximum(const OpScope& scope, const Input& x, const Input& y);
// the smaller one.
Output Minimum(const OpScope& scope, const Input& x, const Input& y);

// Floating and complex:
// x / y, but 0 where y is 0.
Output DivNoNan(const OpScope& scope, const Input& x, const Input& y);
// x * y, but 0 where y is 0, even if x is infinite or NaN.
Output MulNoNan(const OpScope& scope, const Input& x, const Input& y);
// x / y, but 0 where x is 0.
Output Xdivy(const OpScope& scope, const Input& x, const Input& y);
// x * ln(y), but 0 where x is 0.
Output Xlogy(const OpScope& scope, const Input& x, const Input& y);

// Floating:
// the angle of the point (x, y) = (second, first argument), in radians.
Output Atan2(const OpScope& scope, const Input& x, const Input& y);
// the next number after x in the direction of y (float, double).
Output NextAfter(const OpScope& scope, const Input& x, const Input& y);

// Comparisons: results are bool; Equal and NotEqual also take strings, bools and complex:
// x < y.
Output Less(const OpScope& scope, const Input& x, const Input& y);
// x <= y.
Output LessEqual(const OpScope& scope, const Input& x, const Input& y);
// x > y.
Output Greater(const OpScope& scope, const Input& x, const Input& y);
// x >= y.
Output GreaterEqual(const OpScope& scope, const Input& x, const Input& y);
// x == y.
Output Equal(const OpScope& scope, const Input& x, const Input& y);
// x != y.
Output NotEqual(const OpScope& scope, const Input& x, const Input& y);

// Bool:
// x and y.
Output LogicalAnd(const OpScope& scope, const Input& x, const Input& y);
// x or y.
Output LogicalOr(const OpScope& scope, const Input& x, const Input& y);

// Integers:
// x & y.
Output BitwiseAnd(const OpScope& scope, const Input& x, const Input& y);
// x | y.
Output BitwiseOr(const OpScope& scope, const Input& x, const Input& y);
// x ^ y.
Output BitwiseXor(const OpScope& scope, const Input& x, const Input& y);
// x << y, with y held to [0, width - 1].
Output LeftShift(const OpScope& scope, const Input& x, const Input& y);
// x >> y, with y held to [0, width - 1]; signed x keeps its sign.
Output RightShift(const OpScope& scope, const Input& x, const Input& y);

// Float and double:
// the regularised lower incomplete gamma function P(x, y).
Output Igamma(const OpScope& scope, const Input& x, const Input& y);
// the regularised upper incomplete gamma function Q(x, y) = 1 - P(x, y).
Output Igammac(const OpScope& scope, const Input& x, const Input& y);
// dP(x, y)/dx.
Output IgammaGradA(const OpScope& scope, const Input& x, const Input& y);
// the derivative in x of a sample y of the gamma distribution with shape x.
Output RandomGammaGrad(const OpScope& scope, const Input& x, const Input& y);
// the x-th derivative of digamma at y.
Output Polygamma(const OpScope& scope, const Input& x, const Input& y);
// Hurwitz's zeta(x, y): sum over k >= 0 of (y + k)^-x.
Output Zeta(const OpScope& scope, const Input& x, const Input& y);

// |x - y| < tolerance. Numbers of equal shapes.
Output ApproximateEqual(const OpScope& scope, const Input& x, const Input& y,
                        float tolerance = 1e-5f);

// Complex numbers of the parts `real` and `imag` (float or double).
Output Complex(const OpScope& scope, const Input& real, const Input& imag);

// The regularised incomplete beta function I_x(a, b). Float and double; all shapes are equal, but
// scalars stand for any shape.
Output Betainc(const OpScope& scope, const Input& a, const Input& b, const Input& x);

}  // namespace weir::ops

#endif  // WEIR_OPS_BINARY_H_
