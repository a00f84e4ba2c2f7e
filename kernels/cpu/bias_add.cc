#include "weir/kernels/cpu/bias_add_util.h"

namespace weir {
namespace {

// Integers add without a sign, so that overflow wraps around.
template <typename T>
struct SumType {
  using type = ComputeType<T>;
};
template <typename T>
  requires std::is_integral_v<T>
struct SumType<T> {
  using type = std::make_unsigned_t<T>;
};

template <typename T>
void AddBias(const ChannelView& v, const T* x, const T* bias, T* y, int64_t begin, int64_t end) {
  using S = typename SumType<T>::type;
  if (v.inner == 1) {
    for (int64_t row = begin; row < end; ++row) {
      const T* from = x + row * v.channels;
      T* to = y + row * v.channels;
      for (int64_t c = 0; c < v.channels; ++c) to[c] = T(S(from[c]) + S(bias[c]));
    }
    return;
  }
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t c = 0; c < v.channels; ++c) {
      const int64_t plane = (row * v.channels + c) * v.inner;
      const S b = S(bias[c]);
      for (int64_t i = 0; i < v.inner; ++i) y[plane + i] = T(S(x[plane + i]) + b);
    }
  }
}

template <typename F>
absl::Status DispatchBias(KernelPrepare& k, F&& f) {
  return DispatchNumbers(k.Attr<DataType>("T"), f);
}

absl::Status PrepareBiasAdd(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, PrepareBiasChannels(k));
  return DispatchBias(k, [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(v.outer, static_cast<double>(v.channels * v.inner),
                    [&](int64_t begin, int64_t end) {
                      AddBias(v, r.In<T>(0), r.In<T>(1), r.Out<T>(0), begin, end);
                    });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareBiasAddGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, ViewBiasChannels(k));
  k.Out(0).SetShape(Shape({v.channels}));
  return DispatchBias(k, [&]<typename T>(TypeTag<T>) {
    using S = typename SumType<T>::type;
    using Total = std::conditional_t<std::is_same_v<S, float>, double, S>;
    const ChannelSums<1, S, Total> sums(k, v);
    return k.Run([=](KernelRun& r) {
      const T* dy = r.In<T>(0);
      T* out = r.Out<T>(0);
      sums.Run(
          r, 1, [=](int64_t i, int64_t, int) { return S(dy[i]); },
          [=](int64_t c, const Total* totals) { out[c] = T(S(totals[0])); });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterBiasAddKernels(KernelRegistry& kernels) {
  kernels.Add("BiasAdd", "CPU", PrepareBiasAdd);
  kernels.Add("BiasAddV1", "CPU", PrepareBiasAdd);
  kernels.Add("BiasAddGrad", "CPU", PrepareBiasAddGrad);
}

}  // namespace weir
