#include <limits>
#include <string>

#include "weir/kernels/common/fused_ops.h"
#include "weir/kernels/cuda/channel_util.h"
#include "weir/kernels/cuda/conv_util.h"

namespace weir {
namespace {

// In place.
template <typename T>
struct BiasAndRelu {
  static constexpr int kPack = kPackBytes / sizeof(T);

  const T* bias;
  T* y;
  bool relu;

  bool IsAligned() const { return IsPackAligned(y); }
  template <int kSize, bool kLast>
  __device__ void Apply(int64_t i, int64_t c) const {
    using C = ComputeType<T>;
    const OfChannels<T, kSize, kLast> b(bias, c);
    Pack<T, kSize> pack = reinterpret_cast<const Pack<T, kSize>*>(y)[i];
    for (int p = 0; p < kSize; ++p) {
      const T sum = T(C(pack.values[p]) + C(b[p]));
      pack.values[p] = relu && C(sum) < C(0) ? T(C(0)) : sum;
    }
    reinterpret_cast<Pack<T, kSize>*>(y)[i] = pack;
  }
};

}  // namespace

absl::Status RunBiasAndRelu(KernelPrepare& k) {
  const ChannelView v = ViewChannels(k.Out(0).shape, k.Attr<std::string>("data_format"));
  ASSIGN_OR_RETURN(const bool relu, ReadBiasAndRelu(k, v.channels));
  return ForCudaType<Half, BFloat16, float, double>(k, [&]<typename T>() {
    return k.Run([v, relu, convolution = k.fn()](KernelRun& r) -> absl::Status {
      RETURN_IF_ERROR(convolution(r));
      return ForEachOfChannels(r, v, BiasAndRelu<T>{r.In<T>(2), r.Out<T>(0), relu});
    });
  });
}

absl::StatusOr<ConvSizes> ConvSizesOf(const ConvGeometry& g) {
  const auto axis = [](const WindowDim& w) {
    return ConvAxis{static_cast<int>(w.input),  static_cast<int>(w.kernel),
                    static_cast<int>(w.stride), static_cast<int>(w.dilation),
                    static_cast<int>(w.before), static_cast<int>(w.output)};
  };
  const auto strides = [&](int64_t points, int64_t depth) {
    return ConvStrides{points * depth, g.channels_first ? 1 : depth, g.channels_first ? points : 1};
  };
  // What is counted in 32 bits: points of the batch, weights of a channel, and padded positions.
  constexpr int64_t kMost = std::numeric_limits<int>::max() / 2;
  for (const WindowDim& w : g.window) {
    if (w.input + w.before + w.after > kMost || w.kernel * w.dilation > kMost ||
        w.output * w.stride > kMost) {
      return absl::UnimplementedError("images of more than 2^30 layers, rows or columns");
    }
  }
  const int64_t images = std::max<int64_t>(1, g.batch);
  if (images * g.input_points() > kMost || images * g.output_points() > kMost ||
      g.taps() * std::max(g.in_depth, g.out_depth) > kMost) {
    return absl::UnimplementedError("convolutions of more than 2^30 points");
  }
  return ConvSizes{static_cast<int>(g.batch),
                   static_cast<int>(g.groups),
                   static_cast<int>(g.group_in()),
                   static_cast<int>(g.group_out()),
                   axis(g.window[0]),
                   axis(g.window[1]),
                   axis(g.window[2]),
                   strides(g.input_points(), g.in_depth),
                   strides(g.output_points(), g.out_depth)};
}

}  // namespace weir
