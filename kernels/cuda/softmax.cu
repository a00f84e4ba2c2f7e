#include "weir/kernels/cuda/softmax_util.h"

namespace weir {
namespace {

template <typename T, bool kLog>
struct SoftmaxRow {
  using C = ComputeType<T>;
  static constexpr bool kSums = false;

  const T* x;
  T* y;
  int64_t n;

  __device__ C Load(int64_t row, int64_t i) const { return static_cast<C>(x[row * n + i]); }
  __device__ C Store(int64_t row, int64_t i, C shifted, const RowStats<C>& stats) const {
    y[row * n + i] = T(kLog ? shifted - stats.log_sum : std::exp(shifted) * stats.scale);
    return C(0);
  }
};

template <bool kLog>
absl::Status PrepareSoftmax(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  if (x.rank() < 1) return k.InvalidInput(0, "needs rank >= 1");
  k.Out(0).SetShape(x).MayReuse(0);
  const int64_t n = x.dim(-1), rows = n == 0 ? 0 : x.num_elements() / n;
  return ForCudaType<Half, BFloat16, float, double>(k, [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      return RunSoftmaxRows(r, rows, n, SoftmaxRow<T, kLog>{r.In<T>(0), r.Out<T>(0), n});
    });
  });
}

}  // namespace

void RegisterSoftmaxCudaKernels(KernelRegistry& registry) {
  registry.Add("Softmax", "GPU", PrepareSoftmax<false>);
  registry.Add("LogSoftmax", "GPU", PrepareSoftmax<true>);
}

}  // namespace weir
