// Depthwise convolution and its two gradients: each input channel has `group_out` filters of its
// own.

#include "weir/kernels/cuda/conv_util.h"

namespace weir {
namespace {

// The element of a batch of images that lies at `i`.
struct Element {
  int image, row, column, channel;
};
__device__ inline Element ElementAt(int64_t i, const ConvStrides& strides, int points, int columns,
                                    int depth) {
  const int image = static_cast<int>(i / strides.image);
  const int64_t rest = i - image * strides.image;
  const bool channels_first = strides.point == 1 && strides.channel != 1;
  const int outer = static_cast<int>(rest / (channels_first ? points : depth));
  const int inner = static_cast<int>(rest - int64_t{outer} * (channels_first ? points : depth));
  const int point = channels_first ? inner : outer, row = point / columns;
  return {image, row, point - row * columns, channels_first ? outer : inner};
}

// y[point, o] = sum over taps of x[point at tap, o / group_out] * w[tap, o]
template <typename T>
struct DepthwiseForward {
  ConvSizes s;
  const T* x;
  const T* w;
  T* y;

  __device__ void operator()(int64_t i) const {
    using C = ComputeType<T>;
    const Element e = ElementAt(i, s.out, s.out_points(), s.columns.output, s.out_depth());
    const int channel = e.channel / s.group_out;
    C sum = 0;
    for (int row = 0; row < s.rows.kernel; ++row) {
      for (int column = 0; column < s.columns.kernel; ++column) {
        const int point = s.InputPoint({0, e.row, e.column}, {0, row, column});
        if (point < 0) continue;
        const int64_t tap = row * s.columns.kernel + column;
        sum += C(x[s.in.At(e.image, point, channel)]) * C(w[tap * s.out_depth() + e.channel]);
      }
    }
    y[i] = T(sum);
  }
};

// dx[point, c] = sum over taps and the filters o of c of dy[the point that sees it, o] * w[tap, o]
template <typename T>
struct DepthwiseInput {
  ConvSizes s;
  const T* dy;
  const T* w;
  T* dx;

  __device__ void operator()(int64_t i) const {
    using C = ComputeType<T>;
    const Element e = ElementAt(i, s.in, s.in_points(), s.columns.input, s.in_depth());
    C sum = 0;
    for (int row = 0; row < s.rows.kernel; ++row) {
      for (int column = 0; column < s.columns.kernel; ++column) {
        const int point = s.OutputPoint({0, e.row, e.column}, {0, row, column});
        if (point < 0) continue;
        const int64_t tap = row * s.columns.kernel + column;
        const int first = e.channel * s.group_out;
        for (int o = first; o < first + s.group_out; ++o) {
          sum += C(dy[s.out.At(e.image, point, o)]) * C(w[tap * s.out_depth() + o]);
        }
      }
    }
    dx[i] = T(sum);
  }
};

constexpr int kFilterChannels = 32, kFilterLanes = 16;  // The threads of a block.

// dw[tap, o] = sum over points of x[point at tap, o / group_out] * dy[point, o], for a tap and some
// channels per block, and one of `splits` parts of the points.
template <typename T>
struct DepthwiseFilter {
  using C = ComputeType<T>;

  ConvSizes s;
  const T* x;
  const T* dy;
  int splits;
  C* partial;

  __device__ C Term(int i, int channel, const ConvPlace& tap) const {
    const int image = i / s.out_points(), point = i - image * s.out_points();
    const int row = point / s.columns.output;
    const int from = s.InputPoint({0, row, point - row * s.columns.output}, tap);
    if (from < 0) return C(0);
    return C(x[s.in.At(image, from, channel / s.group_out)]) *
           C(dy[s.out.At(image, point, channel)]);
  }
};

template <typename T>
__global__ void DepthwiseFilterKernel(DepthwiseFilter<T> f) {
  using C = ComputeType<T>;
  __shared__ C sums[kFilterLanes][kFilterChannels];
  const int channel = static_cast<int>(blockIdx.x) * kFilterChannels + threadIdx.x;
  const int tap = static_cast<int>(blockIdx.y), split = static_cast<int>(blockIdx.z);
  const ConvPlace at = ConvPlaceAt(tap, 1, f.s.rows.kernel, f.s.columns.kernel);
  const bool inside = channel < f.s.out_depth();
  C sum = 0;
  for (int i = split * kFilterLanes + threadIdx.y; inside && i < f.s.batch * f.s.out_points();
       i += f.splits * kFilterLanes) {
    sum += f.Term(i, channel, at);
  }
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || !inside) return;
  for (int lane = 1; lane < kFilterLanes; ++lane) sum += sums[lane][threadIdx.x];
  const int64_t elements = int64_t{f.s.taps()} * f.s.out_depth();
  f.partial[split * elements + int64_t{tap} * f.s.out_depth() + channel] = sum;
}

template <typename T>
absl::Status PrepareFilter(KernelPrepare& k, const ConvSizes& s) {
  const int64_t elements = k.Out(0).shape.num_elements();
  if (elements == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  if (s.taps() > 65535) return absl::UnimplementedError("filters of more than 65535 taps");
  const int64_t tiles = (s.out_depth() + kFilterChannels - 1) / kFilterChannels;
  const int64_t points = int64_t{s.batch} * s.out_points();
  const auto splits = static_cast<int>(std::clamp<int64_t>(
      std::min(kWantedConvBlocks / (tiles * s.taps()), points / 1024), 1, kMostConvSplits));
  const size_t partial =
      k.Workspace(static_cast<size_t>(splits * elements) * sizeof(ComputeType<T>));
  return k.Run([=](KernelRun& r) -> absl::Status {
    auto* const sums = r.Workspace<ComputeType<T>>(partial);
    const DepthwiseFilter<T> filter{s, r.In<T>(0), r.In<T>(2), splits, sums};
    const dim3 blocks(static_cast<unsigned>(tiles), static_cast<unsigned>(s.taps()),
                      static_cast<unsigned>(splits));
    RETURN_IF_ERROR(
        Launch(r, DepthwiseFilterKernel<T>, blocks, dim3(kFilterChannels, kFilterLanes), filter));
    return ForEach(r, elements, AddSplits<T>{splits, elements, sums, r.Out<T>(0)});
  });
}

PrepareFn Depthwise(ConvPass pass) {
  return [pass](KernelPrepare& k) -> absl::Status {
    ASSIGN_OR_RETURN(const ConvGeometry g, ReadConvGeometry(k, {2, true, pass}));
    ASSIGN_OR_RETURN(const ConvSizes s, ConvSizesOf(g));
    return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() -> absl::Status {
      switch (pass) {
        case ConvPass::kForward:
          k.Out(0).SetShape(g.output);
          return k.Run([s, n = g.output.num_elements()](KernelRun& r) {
            return ForEach(r, n, DepthwiseForward<T>{s, r.In<T>(0), r.In<T>(1), r.Out<T>(0)});
          });
        case ConvPass::kBackpropInput:
          k.Out(0).SetShape(g.input);
          return k.Run([s, n = g.input.num_elements()](KernelRun& r) {
            return ForEach(r, n, DepthwiseInput<T>{s, r.In<T>(2), r.In<T>(1), r.Out<T>(0)});
          });
        case ConvPass::kBackpropFilter: k.Out(0).SetShape(g.filter); return PrepareFilter<T>(k, s);
      }
      return Internal("unknown pass");
    });
  };
}

}  // namespace

void RegisterDepthwiseConvCudaKernels(KernelRegistry& registry) {
  registry.Add("DepthwiseConv2dNative", "GPU", Depthwise(ConvPass::kForward), "direct");
  registry.Add("DepthwiseConv2dNativeBackpropInput", "GPU", Depthwise(ConvPass::kBackpropInput),
               "direct");
  registry.Add("DepthwiseConv2dNativeBackpropFilter", "GPU", Depthwise(ConvPass::kBackpropFilter),
               "direct");
}

}  // namespace weir
