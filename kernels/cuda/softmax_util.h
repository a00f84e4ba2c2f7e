#ifndef WEIR_KERNELS_CUDA_SOFTMAX_UTIL_H_
#define WEIR_KERNELS_CUDA_SOFTMAX_UTIL_H_

// Softmax and its losses, row by row. What is done with a row is a functor F:
//
//   F::C                                  the type in which it computes
//   f.Load(row, i)                        logit i of the row
//   f.Store(row, i, shifted, stats)       is told shifted = logit i - maximum, once for each i, and
//                                         returns a C
//   F::kSums, f.Finish(row, sum)          if kSums: is told the sum of what Store returned
//
// Store(row, i, ...) may overwrite what Load(row, i) read.

#include <bit>
#include <cmath>
#include <limits>

#include "weir/kernels/cuda/reduction_util.h"

namespace weir {

// Of some logits: the maximum, and the sum of exp(x - max).
template <typename C>
struct ExpSum {
  C max;
  C sum;
};
template <typename C>
__device__ inline ExpSum<C> ShuffleXor(ExpSum<C> s, int lanes) {
  return {ShuffleXor(s.max, lanes), ShuffleXor(s.sum, lanes)};
}

template <typename C>
struct ExpSumReducer {
  using Acc = ExpSum<C>;

  static __device__ Acc Start() { return {-std::numeric_limits<C>::infinity(), C(0)}; }
  // exp(x - max), where the difference of equal infinities counts as 0: such a maximum may not be
  // the last one.
  static __device__ C ExpOf(C x, C max) { return x == max ? C(1) : std::exp(x - max); }
  static __device__ Acc Step(Acc acc, C x) {
    if (x > acc.max) return {x, acc.sum * ExpOf(acc.max, x) + C(1)};
    return {acc.max, acc.sum + ExpOf(x, acc.max)};
  }
  static __device__ Acc Combine(Acc a, Acc b) {
    const C max = b.max > a.max ? b.max : a.max;
    return {max, a.sum * ExpOf(a.max, max) + b.sum * ExpOf(b.max, max)};
  }
};

// What outputs are made of: the reciprocal and the logarithm of a row's sum.
template <typename C>
struct RowStats {
  C scale;
  C log_sum;
};

// A group of threads makes a row, each with up to kValues logits, which it keeps. With 0 there are
// too many to keep, and they are read twice. Neighbouring threads have neighbouring elements.
template <int kValues, typename F>
__global__ void SoftmaxRowsKernel(F f, int64_t rows, int64_t n, int group_bits) {
  using C = typename F::C;
  using Sums = ExpSumReducer<C>;
  const int64_t row = ThreadNumber() >> group_bits, step = int64_t{1} << group_bits;
  const int64_t begin = threadIdx.x & (step - 1), end = row < rows ? n : 0;
  C values[kValues == 0 ? 1 : kValues];
  ExpSum<C> sum = Sums::Start();
  if constexpr (kValues == 0) {
    for (int64_t i = begin; i < end; i += step) sum = Sums::Step(sum, f.Load(row, i));
  } else {
    for (int j = 0; j < kValues; ++j) {
      const int64_t i = begin + j * step;
      if (i < end) values[j] = f.Load(row, i);
    }
    for (int j = 0; j < kValues; ++j) {
      if (begin + j * step < end && values[j] > sum.max) sum.max = values[j];
    }
    for (int j = 0; j < kValues; ++j) {
      if (begin + j * step < end) sum.sum += Sums::ExpOf(values[j], sum.max);
    }
  }
  sum = CombineGroup<Sums>(sum, group_bits);
  sum.sum += sum.max - sum.max;  // NaN if the maximum is infinite.
  const RowStats<C> stats = {C(1) / sum.sum, std::log(sum.sum)};
  C total = C(0);
  if constexpr (kValues == 0) {
    for (int64_t i = begin; i < end; i += step) {
      total += f.Store(row, i, f.Load(row, i) - sum.max, stats);
    }
  } else {
    for (int j = 0; j < kValues; ++j) {
      const int64_t i = begin + j * step;
      if (i < end) total += f.Store(row, i, values[j] - sum.max, stats);
    }
  }
  if constexpr (F::kSums) {
    total = CombineGroup<SumReducer<C>>(total, group_bits);
    if (begin == 0 && row < rows) f.Finish(row, total);
  }
}

template <int kValues, typename F>
absl::Status LaunchSoftmaxRows(const KernelRun& r, int64_t rows, int64_t n, int group_bits,
                               const F& f) {
  const int64_t rows_of_block = kBlockThreads >> group_bits;
  const int64_t blocks = (rows + rows_of_block - 1) / rows_of_block;
  return Launch(r, SoftmaxRowsKernel<kValues, F>, static_cast<unsigned>(blocks), kBlockThreads, f,
                rows, n, group_bits);
}

// Some threads of a warp, a warp or a block per row, by the number of logits.
template <typename F>
absl::Status RunSoftmaxRows(const KernelRun& r, int64_t rows, int64_t n, const F& f) {
  static_assert(kBlockThreads == 256);
  constexpr int kWarpBits = 5, kBlockBits = 8;
  if (rows == 0 || n == 0) return absl::OkStatus();
  if (n <= 4 * 32) {
    const int group_bits = std::bit_width(static_cast<uint64_t>((n - 1) / 4));
    return LaunchSoftmaxRows<4>(r, rows, n, group_bits, f);
  }
  if (n <= 16 * 32) return LaunchSoftmaxRows<16>(r, rows, n, kWarpBits, f);
  if (n <= 16 * kBlockThreads) return LaunchSoftmaxRows<16>(r, rows, n, kBlockBits, f);
  return LaunchSoftmaxRows<0>(r, rows, n, kBlockBits, f);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_SOFTMAX_UTIL_H_
