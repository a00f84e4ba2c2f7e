#ifndef WEIR_KERNELS_COMMON_SCAN_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_SCAN_FUNCTIONS_H_

// Running sums and products, for every device: Step puts the value of some elements and that of
// those behind them together, and Start is the value of none.

#include <cmath>
#include <limits>

#include "weir/kernels/common/numbers.h"

namespace weir {

// The type that keeps the running value: wider than T where T is narrow.
template <typename T>
struct RunningType {
  using type = T;
};
template <>
struct RunningType<float> {
  using type = double;
};
template <>
struct RunningType<Half> {
  using type = float;
};
template <>
struct RunningType<BFloat16> {
  using type = float;
};
template <>
struct RunningType<Complex64> {
  using type = Complex128;
};

template <typename T>
struct SumStep {
  using Acc = typename RunningType<T>::type;
  static constexpr Acc Start() { return Acc(0); }
  static constexpr Acc Step(Acc acc, Acc x) {
    if constexpr (std::is_integral_v<Acc>) {
      using U = std::conditional_t<(sizeof(Acc) > 4), uint64_t, uint32_t>;
      return static_cast<Acc>(static_cast<U>(acc) + static_cast<U>(x));
    } else {
      return acc + x;
    }
  }
};

template <typename T>
struct ProdStep {
  using Acc = typename RunningType<T>::type;
  static constexpr Acc Start() { return Acc(1); }
  static constexpr Acc Step(Acc acc, Acc x) {
    if constexpr (std::is_integral_v<Acc>) {
      using U = std::conditional_t<(sizeof(Acc) > 4), uint64_t, uint32_t>;
      return static_cast<Acc>(static_cast<U>(acc) * static_cast<U>(x));
    } else {
      return acc * x;
    }
  }
};

template <typename T>
struct LogSumExpStep {
  using Acc = typename RunningType<T>::type;
  static constexpr Acc Start() {
    if constexpr (kIsHalfType<T>) {
      return static_cast<float>(std::numeric_limits<T>::lowest());
    } else {
      return std::numeric_limits<T>::lowest();
    }
  }
  static constexpr Acc Step(Acc acc, Acc x) {
    const Acc high = acc < x ? x : acc, low = acc < x ? acc : x;
    if (!(high > -std::numeric_limits<Acc>::infinity()) || std::isinf(high)) return high;
    return high + std::log1p(std::exp(low - high));
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_SCAN_FUNCTIONS_H_
