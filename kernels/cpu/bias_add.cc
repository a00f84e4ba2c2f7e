#include <algorithm>

#include "weir/kernels/cpu/channel_util.h"

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

absl::Status CheckRank(KernelPrepare& k, absl::string_view format) {
  const int rank = format == "NCHW" ? 3 : 2;
  if (k.In(0).shape().rank() >= rank) return absl::OkStatus();
  return k.InvalidInput(0, absl::StrCat("needs rank >= ", rank));
}

template <typename F>
absl::Status DispatchBias(KernelPrepare& k, F&& f) {
  return DispatchNumbers(k.Attr<DataType>("T"), f);
}

absl::Status PrepareBiasAdd(KernelPrepare& k) {
  const std::string format = k.Attr<std::string>("data_format");
  RETURN_IF_ERROR(CheckRank(k, format));
  const Shape& value = k.In(0).shape();
  const ChannelView v = ViewChannels(value, format);
  if (k.In(1).shape() != Shape({v.channels})) {
    return k.InvalidInput(1, absl::StrCat("must have one element for each of the ", v.channels,
                                          " channels of ", value.ToString()));
  }
  k.Out(0).SetShape(value).MayReuse(0);
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
  const std::string format = k.Attr<std::string>("data_format");
  RETURN_IF_ERROR(CheckRank(k, format));
  const ChannelView v = ViewChannels(k.In(0).shape(), format);
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
