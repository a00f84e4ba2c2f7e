#ifndef WEIR_KERNELS_COMMON_SPECIAL_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_SPECIAL_FUNCTIONS_H_

// Special functions of real numbers, and the tables of the ops that they compute element by
// element, for all devices (unary_functions.h, binary_functions.h).

#include <cmath>
#include <limits>
#include <numbers>

#include "weir/kernels/common/numbers.h"

namespace weir {

// In double precision; relative errors are near 1e-14 where the function is well conditioned.
// Math::LogGamma(x) is ln |Gamma(x)| as the device's library has it: C++'s own sets a global sign.
template <typename Math>
class SpecialFunctions {
 public:
  // ln |Gamma(x)|; +infinity at 0, -1, -2, ...
  static constexpr double LogGamma(double x) { return Math::LogGamma(x); }

  // d/dx ln Gamma(x). At 0, -1, -2, ... NaN, but at 0 the infinity of the side of x's sign.
  static constexpr double Digamma(double x) {
    if (x != x || x == kInf) return x;
    if (x == -kInf) return kNan;
    if (x == 0) return std::copysign(kInf, -x);
    double result = 0;
    if (x < 0) {  // psi(x) = psi(1 - x) - pi / tan(pi x)
      const double fraction = x - std::floor(x);
      if (fraction == 0) return kNan;
      result = -kPi / std::tan(kPi * fraction);
      x = 1 - x;
    }
    for (; x < 10; x += 1) result -= 1 / x;  // psi(x) = psi(x + 1) - 1 / x
    const double z = 1 / (x * x);
    double tail = 1.0 / 12;
    tail = 691.0 / 32760 - z * tail;
    tail = 1.0 / 132 - z * tail;
    tail = 1.0 / 240 - z * tail;
    tail = 1.0 / 252 - z * tail;
    tail = 1.0 / 120 - z * tail;
    tail = 1.0 / 12 - z * tail;
    return result + std::log(x) - 0.5 / x - z * tail;
  }

  // Hurwitz zeta: sum over k >= 0 of (q + k)^-x. Infinity for x = 1; NaN for x < 1, and for q <= 0
  // unless x is whole; infinity at the poles q = 0, -1, ...
  static constexpr double HurwitzZeta(double x, double q) {
    if (x != x || q != q) return kNan;
    if (x == 1) return kInf;
    if (x < 1) return kNan;
    if (q <= 0) {
      if (q == std::floor(q)) return kInf;
      if (x != std::floor(x)) return kNan;
    }
    // Sum the first terms, then use the Euler-Maclaurin formula for the rest, from w on.
    double sum = 0, w = q;
    int rounds = 0;
    do {
      const double term = std::pow(w, -x);
      sum += term;
      if (w > 0 && std::fabs(term) <= std::fabs(sum) * kEpsilon) return sum;
      w += 1;
    } while (++rounds < 12 || (w < 12 && rounds < kMaxRounds));
    const double at = std::pow(w, -x);
    sum += at * w / (x - 1) + at / 2;
    // B_2k / (2k)!: the weights of the odd derivatives in the Euler-Maclaurin formula.
    constexpr double kBernoulli[] = {
        1.0 / 12,
        -1.0 / 720,
        1.0 / 30240,
        -1.0 / 1209600,
        1.0 / 47900160,
        -691.0 / 1307674368000,
        1.0 / 74724249600,
        -3617.0 / 10670622842880000,
        43867.0 / 5109094217170944000,
        -174611.0 / 802857662698291200000.0,
    };
    double derivative = x * at / w;
    for (int k = 0; k < 10; ++k) {
      const double term = kBernoulli[k] * derivative;
      sum += term;
      if (std::fabs(term) <= std::fabs(sum) * kEpsilon) break;
      derivative *= (x + 2 * k + 1) * (x + 2 * k + 2) / (w * w);
    }
    return sum;
  }

  // The n-th derivative of Digamma; NaN unless n is a whole number >= 0.
  static constexpr double Polygamma(double n, double x) {
    if (n == 0) return Digamma(x);
    if (!(n > 0) || n != std::floor(n)) return kNan;
    // psi^(n)(x) = (-1)^(n+1) n! zeta(n + 1, x)
    const double sign = std::fmod(n, 2) == 0 ? -1 : 1;
    return sign * std::exp(LogGamma(n + 1)) * HurwitzZeta(n + 1, x);
  }

  // The regularised incomplete gamma functions, P lower and Q = 1 - P upper. NaN unless a > 0 and
  // x >= 0, but P(a, 0) is 0 for every a, as in TensorFlow.
  static constexpr double IncompleteGammaP(double a, double x) {
    if (x == 0) return 0;
    if (!(a > 0) || !(x >= 0)) return kNan;
    if (x == kInf) return a == kInf ? kNan : 1;
    if (a == kInf) return 0;
    return UsesSeries(a, x) ? GammaSeries(a, x) : 1 - GammaFraction(a, x);
  }

  static constexpr double IncompleteGammaQ(double a, double x) {
    if (!(a > 0) || !(x >= 0)) return kNan;
    if (x == 0) return 1;
    if (x == kInf) return a == kInf ? kNan : 0;
    if (a == kInf) return 1;
    return UsesSeries(a, x) ? 1 - GammaSeries(a, x) : GammaFraction(a, x);
  }

  // dP(a, x)/da.
  static constexpr double IncompleteGammaPDerivativeA(double a, double x) {
    if (!(a > 0) || !(x >= 0)) return kNan;
    if (x == 0 || x == kInf || a == kInf) return 0;
    return GammaWeight(a, x) / a * WeightlessDerivativeA(a, x);
  }

  // dx/da of a number x of the gamma distribution with shape a that is drawn by inversion.
  // P(a, x(a)) stays as it is, so dx/da = -(dP/da) / (dP/dx), and dP/dx is GammaWeight / x.
  static constexpr double GammaSampleDerivative(double a, double x) {
    if (!(a > 0) || !(x >= 0)) return kNan;
    return x == 0 ? 0 : -x / a * WeightlessDerivativeA(a, x);
  }

  // The regularised incomplete beta function I_x(a, b). NaN unless a, b > 0 and 0 <= x <= 1.
  static constexpr double IncompleteBeta(double a, double b, double x) {
    if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return kNan;
    if (x == 0) return 0;
    if (x == 1) return 1;
    const double weight = std::exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * std::log(x) +
                                   b * std::log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return weight * BetaFraction(a, b, x) / a;
    return 1 - weight * BetaFraction(b, a, 1 - x) / b;
  }

  // e^-|x| I0(x) and e^-|x| I1(x).
  static constexpr double BesselI0e(double x) {
    return x != x ? x : std::fabs(x) == kInf ? 0 : BesselIe(0, std::fabs(x));
  }

  static constexpr double BesselI1e(double x) {
    if (x != x) return x;
    if (std::fabs(x) == kInf) return std::copysign(0.0, x);
    return x == 0 ? x : std::copysign(BesselIe(1, std::fabs(x)), x);
  }

 private:
  static constexpr double kInf = std::numeric_limits<double>::infinity();
  static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  static constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  static constexpr double kPi = std::numbers::pi;

  // x^a e^-x / Gamma(a).
  static constexpr double GammaWeight(double a, double x) {
    return std::exp(a * std::log(x) - x - LogGamma(a));
  }

  // Loops gain a digit every few rounds where they are used; the bound only stops hostile
  // input.
  static constexpr int kMaxRounds = 100000;

  // P(a, x) = x^a e^-x / Gamma(a + 1) * sum of x^n / ((a + 1) ... (a + n)): all terms are positive.
  static constexpr double GammaSeries(double a, double x) {
    double term = 1, sum = 1;
    for (int n = 1; n < kMaxRounds && term > sum * kEpsilon; ++n) {
      term *= x / (a + n);
      sum += term;
    }
    return GammaWeight(a, x) / a * sum;
  }

  // Q(a, x) as a continued fraction, evaluated from the front by the modified Lentz method.
  static constexpr double GammaFraction(double a, double x) {
    constexpr double kTiny = 1e-300;
    double b = x + 1 - a;
    double c = 1 / kTiny, d = 1 / b, h = d;
    for (int i = 1; i < kMaxRounds; ++i) {
      const double an = -i * (i - a);
      b += 2;
      d = an * d + b;
      if (std::fabs(d) < kTiny) d = kTiny;
      c = b + an / c;
      if (std::fabs(c) < kTiny) c = kTiny;
      d = 1 / d;
      const double step = d * c;
      h *= step;
      if (std::fabs(step - 1) < kEpsilon) break;
    }
    return GammaWeight(a, x) * h;
  }

  static constexpr bool UsesSeries(double a, double x) { return x < a + 1; }

  // The continued fraction of I_x(a, b), which converges fast for x < (a + 1) / (a + b + 2).
  static constexpr double BetaFraction(double a, double b, double x) {
    constexpr double kTiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (std::fabs(d) < kTiny) d = kTiny;
    d = 1 / d;
    double h = d;
    const auto advance = [&](double numerator) {
      d = 1 + numerator * d;
      if (std::fabs(d) < kTiny) d = kTiny;
      c = 1 + numerator / c;
      if (std::fabs(c) < kTiny) c = kTiny;
      d = 1 / d;
      h *= d * c;
      return d * c;
    };
    for (int m = 1; m < kMaxRounds; ++m) {
      advance(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
      const double step = advance(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
      if (std::fabs(step - 1) < kEpsilon) break;
    }
    return h;
  }

  // e^-x I_order(x) for x >= 0: the power series (positive terms), or for large x the asymptotic
  // one.
  static constexpr double BesselIe(int order, double x) {
    if (x < 40) {
      double term = order == 0 ? 1 : x / 2, sum = term;
      for (int k = 1; term > sum * kEpsilon; ++k) {
        term *= x * x / (4.0 * k * (k + order));
        sum += term;
      }
      return std::exp(-x) * sum;
    }
    const double mu = 4.0 * order * order;
    double term = 1, sum = 1;
    for (int k = 1; k < 30; ++k) {
      term *= -(mu - (2.0 * k - 1) * (2 * k - 1)) / (8.0 * k * x);
      sum += term;
      if (std::fabs(term) < kEpsilon) break;
    }
    return sum / std::sqrt(2 * kPi * x);
  }

  // (dP/da) / (x^a e^-x / Gamma(a + 1)), P being the series GammaWeight / a * sum t_n:
  // sum t_n (ln x - psi(a + 1)) - sum t_n (1/(a+1) + ... + 1/(a+n)).
  static constexpr double WeightlessDerivativeA(double a, double x) {
    double term = 1, sum = 1, harmonic = 0, weighted = 0;
    for (int n = 1; n < kMaxRounds && term > sum * kEpsilon; ++n) {
      term *= x / (a + n);
      harmonic += 1 / (a + n);
      sum += term;
      weighted += term * harmonic;
    }
    return sum * (std::log(x) - Digamma(a + 1)) - weighted;
  }
};

#define WEIR_SPECIAL_UNARY(name, function)                                             \
  template <typename Math>                                                             \
  struct name##Op {                                                                    \
    template <typename T>                                                              \
    static constexpr T Of(T x) {                                                       \
      return static_cast<T>(SpecialFunctions<Math>::function(static_cast<double>(x))); \
    }                                                                                  \
  };
WEIR_SPECIAL_UNARY(Lgamma, LogGamma)
WEIR_SPECIAL_UNARY(Digamma, Digamma)
WEIR_SPECIAL_UNARY(BesselI0e, BesselI0e)
WEIR_SPECIAL_UNARY(BesselI1e, BesselI1e)
#undef WEIR_SPECIAL_UNARY

#define WEIR_SPECIAL_BINARY(name, function)                                                  \
  template <typename Math>                                                                   \
  struct name##Op {                                                                          \
    template <typename T>                                                                    \
    static constexpr T Of(T a, T b) {                                                        \
      return static_cast<T>(                                                                 \
          SpecialFunctions<Math>::function(static_cast<double>(a), static_cast<double>(b))); \
    }                                                                                        \
  };
WEIR_SPECIAL_BINARY(Igamma, IncompleteGammaP)
WEIR_SPECIAL_BINARY(Igammac, IncompleteGammaQ)
WEIR_SPECIAL_BINARY(IgammaGradA, IncompleteGammaPDerivativeA)
WEIR_SPECIAL_BINARY(RandomGammaGrad, GammaSampleDerivative)
WEIR_SPECIAL_BINARY(Polygamma, Polygamma)
WEIR_SPECIAL_BINARY(Zeta, HurwitzZeta)
#undef WEIR_SPECIAL_BINARY

// Calls table.Add<Op>(name, cost, Types<...>()) for each op of one tensor, or of two.
template <typename Math, typename Table>
void FillSpecialUnaryTable(Table& table) {
  constexpr FloatTypes kFloat;

  table.template Add<LgammaOp<Math>>("Lgamma", 60, kFloat);
  table.template Add<DigammaOp<Math>>("Digamma", 60, kFloat);
  table.template Add<BesselI0eOp<Math>>("BesselI0e", 100, kFloat);
  table.template Add<BesselI1eOp<Math>>("BesselI1e", 100, kFloat);
}
template <typename Math, typename Table>
void FillSpecialBinaryTable(Table& table) {
  constexpr Types<float, double> kFloat;

  table.template Add<IgammaOp<Math>>("Igamma", 200, kFloat);
  table.template Add<IgammacOp<Math>>("Igammac", 200, kFloat);
  table.template Add<IgammaGradAOp<Math>>("IgammaGradA", 300, kFloat);
  table.template Add<RandomGammaGradOp<Math>>("RandomGammaGrad", 300, kFloat);
  table.template Add<PolygammaOp<Math>>("Polygamma", 200, kFloat);
  table.template Add<ZetaOp<Math>>("Zeta", 200, kFloat);
}

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_SPECIAL_FUNCTIONS_H_
