#ifndef WEIR_KERNELS_CPU_ELEMENTWISE_UTIL_H_
#define WEIR_KERNELS_CPU_ELEMENTWISE_UTIL_H_

// Element-wise kernels, as loops over untyped arrays: a family of ops is a table of such loops, and
// everything around them exists once.

#include <algorithm>
#include <string>
#include <type_traits>

#include "weir/kernels/common/numbers.h"
#include "weir/kernels/cpu/simd_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

// out[i] = f(in[i]) for n elements; `in` may be `out`.
using UnaryLoop = void (*)(const void* in, void* out, int64_t n);

// The loop of Op::Of<C>(C), C being ComputeType<T>. Results of the 16-bit types are rounded once.
template <typename Op, typename T>
WEIR_ALWAYS_INLINE void RunUnary(const void* in, void* out, int64_t n) {
  const T* x = static_cast<const T*>(in);
  using C = ComputeType<T>;
  using R = decltype(Op::Of(C()));
  using Result = std::conditional_t<std::is_same_v<R, C>, T, R>;
  Result* y = static_cast<Result*>(out);
  if constexpr (kIsHalfType<T>) {
    constexpr int64_t kBlock = 256;
    float wide[kBlock];
    for (int64_t begin = 0; begin < n; begin += kBlock) {
      const int64_t count = std::min(kBlock, n - begin);
      for (int64_t i = 0; i < count; ++i) wide[i] = x[begin + i];
      for (int64_t i = 0; i < count; ++i) y[begin + i] = Result(Op::Of(wide[i]));
    }
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = Op::Of(x[i]);
  }
}

template <typename Op, typename T>
void PlainUnaryLoop(const void* in, void* out, int64_t n) {
  RunUnary<Op, T>(in, out, n);
}
template <typename Op, typename T>
WEIR_TARGET_AVX2 void Avx2UnaryLoop(const void* in, void* out, int64_t n) {
  RunUnary<Op, T>(in, out, n);
}

// The loop of Op on elements of type T that suits this processor. Only what is computed in float
// is worth two loops.
template <typename Op, typename T>
UnaryLoop UnaryLoopOf() {
  if constexpr (std::is_same_v<ComputeType<T>, float>) {
    if (HasAvx2()) return Avx2UnaryLoop<Op, T>;
  }
  return PlainUnaryLoop<Op, T>;
}

// out[i] = f(x[i], y[i]); with `x_stride` (`y_stride`) 0 the first element of x (y) stands for all.
// Strides are 0 or 1. False when an element has no result, as an integer divided by zero.
using BinaryLoop = bool (*)(const void* x, int64_t x_stride, const void* y, int64_t y_stride,
                            void* out, int64_t n);

// The loop of Op::Of<C>(C, C). An op of which some elements have no result has a `static bool
// Valid(C, C)`, and gives any value for those.
template <typename Op, typename T>
WEIR_ALWAYS_INLINE bool RunBinary(const void* x_in, int64_t x_stride, const void* y_in,
                                  int64_t y_stride, void* out, int64_t n) {
  using C = ComputeType<T>;
  using R = std::decay_t<decltype(Op::Of(C(), C()))>;
  using Result = std::conditional_t<std::is_same_v<R, C>, T, R>;
  // Strings are looked at in place.
  using Arg = std::conditional_t<std::is_same_v<T, std::string>, const std::string&, const C>;
  const T* x = static_cast<const T*>(x_in);
  const T* y = static_cast<const T*>(y_in);
  Result* z = static_cast<Result*>(out);
  if (n <= 0) return true;
  if constexpr (requires(C a) { Op::Valid(a, a); }) {
    bool valid = true;
    for (int64_t i = 0; i < n; ++i) {
      Arg a = x[i * x_stride];
      Arg b = y[i * y_stride];
      valid &= Op::Valid(a, b);
      z[i] = Result(Op::Of(a, b));
    }
    return valid;
  } else if (x_stride == 0) {
    Arg a = x[0];
    for (int64_t i = 0; i < n; ++i) z[i] = Result(Op::Of(a, static_cast<Arg>(y[i])));
  } else if (y_stride == 0) {
    Arg b = y[0];
    for (int64_t i = 0; i < n; ++i) z[i] = Result(Op::Of(static_cast<Arg>(x[i]), b));
  } else {
    for (int64_t i = 0; i < n; ++i) {
      z[i] = Result(Op::Of(static_cast<Arg>(x[i]), static_cast<Arg>(y[i])));
    }
  }
  return true;
}

template <typename Op, typename T>
bool PlainBinaryLoop(const void* x, int64_t x_stride, const void* y, int64_t y_stride, void* out,
                     int64_t n) {
  return RunBinary<Op, T>(x, x_stride, y, y_stride, out, n);
}
template <typename Op, typename T>
WEIR_TARGET_AVX2 bool Avx2BinaryLoop(const void* x, int64_t x_stride, const void* y,
                                     int64_t y_stride, void* out, int64_t n) {
  return RunBinary<Op, T>(x, x_stride, y, y_stride, out, n);
}

// The loop of Op on elements of type T that suits this processor.
template <typename Op, typename T>
BinaryLoop BinaryLoopOf() {
  if constexpr (std::is_same_v<T, float>) {
    if (HasAvx2()) return Avx2BinaryLoop<Op, T>;
  }
  return PlainBinaryLoop<Op, T>;
}

// Prepares out 0 = loop(in 0): output 0 has input 0's shape.
absl::Status PrepareUnaryLoop(KernelPrepare& k, UnaryLoop loop, double cost);

// Prepares out 0 = loop(in 0, in 1) under broadcasting. `error` is what a false loop means.
absl::Status PrepareBinaryLoop(KernelPrepare& k, BinaryLoop loop, double cost,
                               const char* error = "no result");

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_ELEMENTWISE_UTIL_H_
