#include "weir/kernels/cpu/bias_add_util.h"
#include "weir/kernels/cuda/channel_util.h"
#include "weir/kernels/cuda/reduction_util.h"

namespace weir {
namespace {

template <typename T>
struct AddBias {
  using S = typename SumTypes<T>::Acc;
  static constexpr int kPack = kPackBytes / sizeof(T);

  const T* x;
  const T* bias;
  T* y;

  bool IsAligned() const { return IsPackAligned(x) && IsPackAligned(y); }
  template <int kSize, bool kLast>
  __device__ void Apply(int64_t i, int64_t c) const {
    const OfChannels<T, kSize, kLast> b(bias, c);
    Pack<T, kSize> pack = reinterpret_cast<const Pack<T, kSize>*>(x)[i];
    for (int p = 0; p < kSize; ++p) {
      pack.values[p] = static_cast<T>(static_cast<S>(pack.values[p]) + static_cast<S>(b[p]));
    }
    reinterpret_cast<Pack<T, kSize>*>(y)[i] = pack;
  }
};

template <typename F>
absl::Status ForBiasType(KernelPrepare& k, F&& f) {
  return ForCudaType<Half, BFloat16, float, double, int64_t>(k, f);
}

absl::Status PrepareBiasAdd(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, PrepareBiasChannels(k));
  return ForBiasType(k, [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      return ForEachOfChannels(r, v, AddBias<T>{r.In<T>(0), r.In<T>(1), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareBiasAddGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, ViewBiasChannels(k));
  k.Out(0).SetShape(Shape({v.channels}));
  return ForBiasType(k, [&]<typename T>() {
    return RunReduction<SumReducer<T>, T>(k, ChannelShape(v), AllButChannels());
  });
}

}  // namespace

void RegisterBiasAddCudaKernels(KernelRegistry& registry) {
  registry.Add("BiasAdd", "GPU", PrepareBiasAdd);
  registry.Add("BiasAddV1", "GPU", PrepareBiasAdd);
  registry.Add("BiasAddGrad", "GPU", PrepareBiasAddGrad);
}

}  // namespace weir
