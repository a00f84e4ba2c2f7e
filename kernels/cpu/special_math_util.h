#ifndef WEIR_KERNELS_CPU_SPECIAL_MATH_UTIL_H_
#define WEIR_KERNELS_CPU_SPECIAL_MATH_UTIL_H_

// Special functions of real numbers that the C++ library lacks, in double precision. Relative
// errors are near 1e-14 where the function is well conditioned.

namespace weir {

// ln |Gamma(x)|, without the library's global sign; +infinity at 0, -1, -2, ...
double LogGamma(double x);

// d/dx ln Gamma(x). At 0, -1, -2, ... NaN, but at 0 the infinity of the side of x's sign.
double Digamma(double x);

// Hurwitz zeta: sum over k >= 0 of (q + k)^-x. Infinity for x = 1; NaN for x < 1, and for q <= 0
// unless x is whole; infinity at the poles q = 0, -1, ...
double HurwitzZeta(double x, double q);

// The n-th derivative of Digamma; NaN unless n is a whole number >= 0.
double Polygamma(double n, double x);

// The regularised incomplete gamma functions, P lower and Q = 1 - P upper. NaN unless a > 0 and
// x >= 0, but P(a, 0) is 0 for every a, as in TensorFlow.
double IncompleteGammaP(double a, double x);
double IncompleteGammaQ(double a, double x);
// dP(a, x)/da.
double IncompleteGammaPDerivativeA(double a, double x);
// dx/da of a number x of the gamma distribution with shape a that is drawn by inversion.
double GammaSampleDerivative(double a, double x);

// The regularised incomplete beta function I_x(a, b). NaN unless a, b > 0 and 0 <= x <= 1.
double IncompleteBeta(double a, double b, double x);

// e^-|x| I0(x) and e^-|x| I1(x).
double BesselI0e(double x);
double BesselI1e(double x);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_SPECIAL_MATH_UTIL_H_
