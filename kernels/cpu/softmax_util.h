#ifndef WEIR_KERNELS_CPU_SOFTMAX_UTIL_H_
#define WEIR_KERNELS_CPU_SOFTMAX_UTIL_H_

// The exponentials that softmax and its losses share.

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/vector_math_util.h"

namespace weir {

template <typename C>
inline C ExpOf(C x) {
  if constexpr (std::is_same_v<C, float>) {
    return ExpF(x);
  } else {
    return std::exp(x);
  }
}

// The sum of n numbers, as four running sums, which fit in one register.
template <typename C>
C SumOf(const C* x, int64_t n) {
  C sums[4] = {};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (int j = 0; j < 4; ++j) sums[j] += x[i + j];
  }
  for (; i < n; ++i) sums[0] += x[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Of a row of logits: its maximum, and the sum of exp(x - max).
template <typename C>
struct RowExp {
  C max;
  C sum;
};

// n >= 1. Writes exp(x[i] - max) to exps[i], unless exps is null; x may be exps.
template <typename T, typename C = ComputeType<T>>
RowExp<C> ExpRow(const T* x, int64_t n, C* exps) {
  constexpr int64_t kBlock = 256;
  C block[kBlock];
  RowExp<C> row = {C(x[0]), C(0)};
  for (int64_t i = 1; i < n; ++i) {
    const C v = x[i];
    row.max = v > row.max ? v : row.max;
  }
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t count = std::min(kBlock, n - begin);
    for (int64_t i = 0; i < count; ++i) block[i] = ExpOf(C(x[begin + i]) - row.max);
    row.sum += SumOf(block, count);
    if (exps != nullptr) std::copy_n(block, count, exps + begin);
  }
  return row;
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_SOFTMAX_UTIL_H_
