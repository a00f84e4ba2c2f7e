#ifndef WEIR_KERNELS_COMMON_NUMBERS_H_
#define WEIR_KERNELS_COMMON_NUMBERS_H_

// What the functions of this folder know of number types.

#include <complex>
#include <cstdint>
#include <type_traits>

#include "weir/core/dtype.h"

namespace weir {

template <typename T>
struct IsComplexT : std::false_type {};
template <typename T>
struct IsComplexT<std::complex<T>> : std::true_type {};
template <typename T>
inline constexpr bool kIsComplex = IsComplexT<T>::value;
template <typename T>
inline constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <typename T>
inline constexpr bool kIsHalfType = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// The type in which an op computes: float for the 16-bit types.
template <typename T>
using ComputeType = std::conditional_t<kIsHalfType<T>, float, T>;

// The element types of a line of a table.
template <typename... Ts>
struct Types {};

using FloatTypes = Types<Half, BFloat16, float, double>;
using FloatAndComplexTypes = Types<Half, BFloat16, float, double, Complex64, Complex128>;
using RealTypes = Types<Half, BFloat16, float, double, int32_t, int64_t>;

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_NUMBERS_H_
