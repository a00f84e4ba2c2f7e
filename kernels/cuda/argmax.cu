// ArgMax and ArgMin (ops/argmax.cc): reductions that keep an index.

#include <limits>

#include "weir/kernels/cpu/argmax_util.h"
#include "weir/kernels/cuda/reduction_util.h"

namespace weir {
namespace {

template <typename C>
struct BestElement {
  C value;
  int64_t at;
};
template <typename C>
__device__ inline BestElement<C> ShuffleXor(BestElement<C> best, int lanes) {
  return {weir::ShuffleXor(best.value, lanes), weir::ShuffleXor(best.at, lanes)};
}

// Of equal elements the first.
template <typename T, typename Index, bool kMax>
struct ArgReducer {
  using Out = Index;
  using C = ComputeType<T>;
  using Acc = BestElement<C>;

  // Loses against every element: it is no better than any, and comes last.
  static __device__ Acc Start() {
    constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
    if constexpr (std::is_integral_v<C>) {
      return {kMax ? std::numeric_limits<C>::lowest() : std::numeric_limits<C>::max(), kLast};
    } else {
      return {std::numeric_limits<C>::quiet_NaN(), kLast};
    }
  }
  static __device__ Acc Step(Acc acc, T x, int64_t at) {
    return Combine(acc, {static_cast<C>(x), at});
  }
  static __device__ Acc Combine(Acc a, Acc b) {
    if (IsBetter<C, kMax>(b.value, a.value)) return b;
    return b.at < a.at && !IsBetter<C, kMax>(a.value, b.value) ? b : a;
  }
  static __device__ Index Finish(Acc acc, int64_t) { return static_cast<Index>(acc.at); }
};

template <bool kMax>
absl::Status PrepareArg(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int axis, PrepareArgAxis(k));
  const Shape& x = k.In(0).shape();
  std::vector<bool> reduced(x.rank(), false);
  reduced[axis] = true;
  return ForCudaType<Half, BFloat16, float, double, int64_t>(k, [&]<typename T>() {
    return DispatchType<int32_t, int64_t>(k.OutType(0), [&]<typename Index>(TypeTag<Index>) {
      return RunReduction<ArgReducer<T, Index, kMax>, T, 1>(k, x, reduced);
    });
  });
}

}  // namespace

void RegisterArgmaxCudaKernels(KernelRegistry& registry) {
  registry.Add("ArgMax", "GPU", PrepareArg<true>);
  registry.Add("ArgMin", "GPU", PrepareArg<false>);
}

}  // namespace weir
