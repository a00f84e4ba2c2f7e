#ifndef WEIR_KERNELS_CUDA_COMPLEX_UTIL_H_
#define WEIR_KERNELS_CUDA_COMPLEX_UTIL_H_

// Complex numbers in kernels: a compiler for the GPU does not take the arithmetic of std::complex.

#include <type_traits>

#include "weir/kernels/common/numbers.h"

namespace weir {

// Laid out as std::complex<F>.
template <typename F>
struct alignas(2 * sizeof(F)) ComplexNumber {
  F re = 0, im = 0;

  constexpr ComplexNumber() = default;
  constexpr ComplexNumber(F real, F imaginary = 0) : re(real), im(imaginary) {}  // NOLINT

  constexpr F real() const { return re; }
  constexpr F imag() const { return im; }

  friend constexpr ComplexNumber operator+(ComplexNumber a, ComplexNumber b) {
    return {a.re + b.re, a.im + b.im};
  }
  friend constexpr ComplexNumber operator-(ComplexNumber a, ComplexNumber b) {
    return {a.re - b.re, a.im - b.im};
  }
  friend constexpr ComplexNumber operator*(ComplexNumber a, ComplexNumber b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
  friend constexpr ComplexNumber operator/(ComplexNumber a, ComplexNumber b) {
    // Scaled by the larger part, so that squares do not overflow.
    const F re = b.re < 0 ? -b.re : b.re, im = b.im < 0 ? -b.im : b.im;
    if (re >= im) {
      const F ratio = b.im / b.re, scale = b.re + b.im * ratio;
      return {(a.re + a.im * ratio) / scale, (a.im - a.re * ratio) / scale};
    }
    const F ratio = b.re / b.im, scale = b.re * ratio + b.im;
    return {(a.re * ratio + a.im) / scale, (a.im * ratio - a.re) / scale};
  }
  friend constexpr bool operator==(const ComplexNumber&, const ComplexNumber&) = default;
  constexpr ComplexNumber& operator-=(ComplexNumber b) { return *this = *this - b; }
};

template <typename T>
inline constexpr bool kIsComplexNumber = false;
template <typename F>
inline constexpr bool kIsComplexNumber<ComplexNumber<F>> = true;

// The type that stands for elements of type T in a kernel.
template <typename T>
struct DeviceNumberOf {
  using Type = T;
};
template <typename F>
struct DeviceNumberOf<std::complex<F>> {
  using Type = ComplexNumber<F>;
};
template <typename T>
using DeviceNumber = typename DeviceNumberOf<T>::Type;

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_COMPLEX_UTIL_H_
