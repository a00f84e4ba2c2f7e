#ifndef WEIR_KERNELS_COMMON_UPDATE_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_UPDATE_FUNCTIONS_H_

// What the scatter ops make of an element and an update of it.

#include <cstdint>
#include <type_traits>

namespace weir {

// Integers are combined as unsigned 64-bit numbers, where overflow is defined and the low bits,
// which are all that is kept, are the same.
struct AddUpdate {
  template <typename T>
  static constexpr T Combine(const T& a, const T& b) {
    if constexpr (std::is_same_v<T, bool>) {
      return a || b;
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    } else {
      return static_cast<T>(a + b);
    }
  }
};

struct SubUpdate {
  template <typename T>
  static constexpr T Combine(const T& a, const T& b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
    } else {
      return static_cast<T>(a - b);
    }
  }
};

struct MulUpdate {
  template <typename T>
  static constexpr T Combine(const T& a, const T& b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    } else {
      return static_cast<T>(a * b);
    }
  }
};

struct DivUpdate {
  template <typename T>
  static constexpr T Combine(const T& a, const T& b) {
    if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      // The lowest integer divided by -1 does not fit.
      if (b == -1) return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a));
    }
    return static_cast<T>(a / b);
  }
};

struct MinUpdate {
  template <typename T>
  static constexpr T Combine(const T& a, const T& b) {
    return b < a ? b : a;
  }
};

struct MaxUpdate {
  template <typename T>
  static constexpr T Combine(const T& a, const T& b) {
    return a < b ? b : a;
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_UPDATE_FUNCTIONS_H_
