#include <cmath>

#include "weir/kernels/cpu/softmax_util.h"

namespace weir {
namespace {

template <typename T>
void SoftmaxRow(const T* x, T* y, int64_t n) {
  using C = ComputeType<T>;
  if constexpr (std::is_same_v<T, C>) {
    const C scale = C(1) / ExpRow(x, n, y).sum;
    for (int64_t i = 0; i < n; ++i) y[i] *= scale;
  } else {
    const RowExp<C> row = ExpRow<T, C>(x, n, nullptr);
    const C scale = C(1) / row.sum;
    for (int64_t i = 0; i < n; ++i) y[i] = T(ExpOf(C(x[i]) - row.max) * scale);
  }
}

template <typename T>
void LogSoftmaxRow(const T* x, T* y, int64_t n) {
  using C = ComputeType<T>;
  const RowExp<C> row = ExpRow<T, C>(x, n, nullptr);
  const C log_sum = std::log(row.sum);
  for (int64_t i = 0; i < n; ++i) y[i] = T(C(x[i]) - row.max - log_sum);
}

template <bool kLog>
absl::Status PrepareSoftmax(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  if (x.rank() < 1) return k.InvalidInput(0, "needs rank >= 1");
  k.Out(0).SetShape(x).MayReuse(0);
  const int64_t n = x.dim(-1), rows = n == 0 ? 0 : x.num_elements() / n;
  return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(rows, static_cast<double>(n) * 10, [&](int64_t begin, int64_t end) {
        const T* x = r.In<T>(0);
        T* y = r.Out<T>(0);
        for (int64_t row = begin; row < end; ++row) {
          if constexpr (kLog) {
            LogSoftmaxRow(x + row * n, y + row * n, n);
          } else {
            SoftmaxRow(x + row * n, y + row * n, n);
          }
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterSoftmaxKernels(KernelRegistry& kernels) {
  kernels.Add("Softmax", "CPU", PrepareSoftmax<false>);
  kernels.Add("LogSoftmax", "CPU", PrepareSoftmax<true>);
}

}  // namespace weir
