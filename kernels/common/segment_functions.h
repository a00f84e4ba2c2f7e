#ifndef WEIR_KERNELS_COMMON_SEGMENT_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_SEGMENT_FUNCTIONS_H_

// How the segment ops combine the rows of a segment, and what a segment without rows is.

#include <cstdint>
#include <limits>
#include <type_traits>

namespace weir {

// Integers wrap around: they are combined as unsigned numbers, whose low bits are the same.
struct SumReduction {
  template <typename T>
  static constexpr T Empty() {
    return T(0.0f);
  }
  template <typename A>
  static constexpr A Combine(const A& a, const A& b) {
    if constexpr (std::is_integral_v<A>) {
      return static_cast<A>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    } else {
      return a + b;
    }
  }
};

struct ProdReduction {
  template <typename T>
  static constexpr T Empty() {
    return T(1.0f);
  }
  template <typename A>
  static constexpr A Combine(const A& a, const A& b) {
    if constexpr (std::is_integral_v<A>) {
      return static_cast<A>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    } else {
      return a * b;
    }
  }
};

// NaN wins wherever it stands among the rows, so that their order does not matter.
template <typename A>
constexpr bool IsNan(const A& a) {
  if constexpr (std::is_floating_point_v<A>) {
    return a != a;
  } else {
    return false;
  }
}

struct MaxReduction {
  template <typename T>
  static constexpr T Empty() {
    return std::numeric_limits<T>::lowest();
  }
  template <typename A>
  static constexpr A Combine(const A& a, const A& b) {
    return a < b || IsNan(b) ? b : a;
  }
};

struct MinReduction {
  template <typename T>
  static constexpr T Empty() {
    return std::numeric_limits<T>::max();
  }
  template <typename A>
  static constexpr A Combine(const A& a, const A& b) {
    return b < a || IsNan(b) ? b : a;
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_SEGMENT_FUNCTIONS_H_
