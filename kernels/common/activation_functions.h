#ifndef WEIR_KERNELS_COMMON_ACTIVATION_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_ACTIVATION_FUNCTIONS_H_

// Activation functions and their gradients, and the table of the ops that they compute, as in
// unary_functions.h.

#include <cmath>
#include <limits>
#include <type_traits>

#include "weir/kernels/common/numbers.h"

namespace weir {

// The constants of Selu: its scale s, and s * a.
inline constexpr double kSeluScale = 1.0507009873554804934193349852946;
inline constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;

// 0 for negative numbers, else x: NaN passes.
template <typename T>
constexpr T PositivePart(T x) {
  if constexpr (std::is_unsigned_v<T>) {
    return x;
  } else {
    return x < T(0) ? T(0) : x;
  }
}

// Comparisons are written so that NaN passes through.
struct ReluOp {
  template <typename T>
  static constexpr T Of(T x) {
    return PositivePart(x);
  }
};
struct Relu6Op {
  template <typename T>
  static constexpr T Of(T x) {
    const T positive = PositivePart(x);
    return positive > T(6) ? T(6) : positive;
  }
};
struct EluOp {
  template <typename T>
  static constexpr T Of(T x) {
    return x < T(0) ? std::expm1(x) : x;
  }
};
struct SeluOp {
  template <typename T>
  static constexpr T Of(T x) {
    return x < T(0) ? T(kSeluScaleAlpha) * std::expm1(x) : T(kSeluScale) * x;
  }
};
struct SoftplusOp {
  template <typename T>
  static constexpr T Of(T x) {
    // Beyond these ln(1 + e^x) is x, or e^x, to the last digit.
    const T threshold = std::log(std::numeric_limits<T>::epsilon()) + T(2);
    return x > -threshold ? x : x < threshold ? std::exp(x) : std::log1p(std::exp(x));
  }
};
struct SoftsignOp {
  template <typename T>
  static constexpr T Of(T x) {
    return x / (T(1) + std::abs(x));
  }
};

// z = f(gradient, x) or, of Elu and Selu, f(gradient, y).
struct ReluGradOp {
  template <typename T>
  static constexpr T Of(T g, T x) {
    return x > T(0) ? g : T(0);
  }
};
struct Relu6GradOp {
  template <typename T>
  static constexpr T Of(T g, T x) {
    const T positive = x > T(0) ? g : T(0);
    return x < T(6) ? positive : T(0);
  }
};
struct EluGradOp {
  template <typename T>
  static constexpr T Of(T g, T y) {
    return y < T(0) ? (y + T(1)) * g : g;
  }
};
struct SeluGradOp {
  template <typename T>
  static constexpr T Of(T g, T y) {
    return g * (y < T(0) ? y + T(kSeluScaleAlpha) : T(kSeluScale));
  }
};
struct SoftplusGradOp {
  template <typename T>
  static constexpr T Of(T g, T x) {
    return g / (std::exp(-x) + T(1));
  }
};
struct SoftsignGradOp {
  template <typename T>
  static constexpr T Of(T g, T x) {
    const T d = T(1) + std::abs(x);
    return g / (d * d);
  }
};

// LeakyRelu(x), and its gradient with g = x. They depend on an attr and stand outside the table.
template <typename C>
constexpr C LeakyRelu(C g, C x, C alpha) {
  const C scaled = g * alpha;
  return x > C(0) ? g : scaled;
}

// Calls table.Add<Op>(name, cost, Types<...>()) for each op of one tensor, and table.AddGrad<Op>
// for those of a gradient and a tensor. `cost`: operations per element, roughly.
template <typename Table>
void FillActivationTable(Table& table) {
  constexpr FloatTypes kFloat;
  constexpr Types<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                  uint16_t, uint32_t, uint64_t>
      kReal;

  table.template Add<ReluOp>("Relu", 1, kReal);
  table.template Add<Relu6Op>("Relu6", 1, kReal);
  table.template Add<EluOp>("Elu", 20, kFloat);
  table.template Add<SeluOp>("Selu", 20, kFloat);
  table.template Add<SoftplusOp>("Softplus", 40, kFloat);
  table.template Add<SoftsignOp>("Softsign", 4, kFloat);
  table.template AddGrad<ReluGradOp>("ReluGrad", 1, kReal);
  table.template AddGrad<Relu6GradOp>("Relu6Grad", 1, kReal);
  table.template AddGrad<EluGradOp>("EluGrad", 2, kFloat);
  table.template AddGrad<SeluGradOp>("SeluGrad", 2, kFloat);
  table.template AddGrad<SoftplusGradOp>("SoftplusGrad", 10, kFloat);
  table.template AddGrad<SoftsignGradOp>("SoftsignGrad", 4, kFloat);
}

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_ACTIVATION_FUNCTIONS_H_
