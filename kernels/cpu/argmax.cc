// ArgMax and ArgMin (ops/argmax.cc).

#include "weir/kernels/cpu/argmax_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

// The extremum of n elements that are `stride` apart.
template <typename T, bool kMax>
int64_t FindBest(const T* x, int64_t n, int64_t stride) {
  using C = ComputeType<T>;
  C best = x[0];
  int64_t at = 0;
  for (int64_t i = 1; i < n; ++i) {
    const C value = x[i * stride];
    if (IsBetter<C, kMax>(value, best)) {
      best = value;
      at = i;
    }
  }
  return at;
}

template <bool kMax>
absl::Status PrepareArg(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const int axis, PrepareArgAxis(k));
  const int64_t n = x.dim(axis);
  const int64_t outputs = k.Out(0).shape.num_elements();
  const int64_t inner = x.Count(axis + 1, x.rank());
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return DispatchType<int32_t, int64_t>(k.OutType(0), [&]<typename Index>(TypeTag<Index>) {
      return k.Run([=](KernelRun& r) {
        const T* in = r.In<T>(0);
        Index* result = r.Out<Index>(0);
        r.ParallelFor(outputs, 2 * static_cast<double>(n), [=](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const T* line = in + i / inner * n * inner + i % inner;
            result[i] = static_cast<Index>(FindBest<T, kMax>(line, n, inner));
          }
        });
        return absl::OkStatus();
      });
    });
  });
}

}  // namespace

void RegisterArgmaxKernels(KernelRegistry& registry) {
  registry.Add("ArgMax", "CPU", PrepareArg<true>);
  registry.Add("ArgMin", "CPU", PrepareArg<false>);
}

}  // namespace weir
