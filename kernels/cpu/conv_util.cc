#include "weir/kernels/cpu/conv_util.h"

#include <algorithm>

#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

// Sets the channels and groups from the shapes of input and filter.
absl::Status ReadChannels(const ConvKind& kind, const WindowSpec& spec, ConvGeometry* g) {
  g->in_depth = g->input.dim(spec.channel_dim());
  const int64_t filter_in = g->filter.dim(kind.spatial);
  const int64_t filter_out = g->filter.dim(kind.spatial + 1);
  if (kind.depthwise) {
    if (filter_in != g->in_depth) {
      return InvalidArgument("input ", g->input.ToString(), " has ", g->in_depth,
                             " channels, but the filter is for ", filter_in);
    }
    g->groups = std::max<int64_t>(1, g->in_depth);
    if (!CheckedMul(g->in_depth, filter_out, &g->out_depth)) {
      return InvalidArgument("too many output channels: ", g->in_depth, " * ", filter_out);
    }
    return absl::OkStatus();
  }
  g->out_depth = filter_out;
  if (filter_in == g->in_depth) return absl::OkStatus();
  if (filter_in == 0 || g->in_depth == 0 || g->in_depth % filter_in != 0) {
    return InvalidArgument("input ", g->input.ToString(), " has ", g->in_depth,
                           " channels, which is no multiple of the ", filter_in,
                           " channels of filter ", g->filter.ToString());
  }
  g->groups = g->in_depth / filter_in;
  if (g->out_depth % g->groups != 0) {
    return InvalidArgument(g->out_depth, " output channels do not divide into ", g->groups,
                           " groups");
  }
  return absl::OkStatus();
}

absl::StatusOr<ConvGeometry> MakeGeometry(KernelPrepare& k, const ConvKind& kind,
                                          const Shape& input, const Shape& filter) {
  ASSIGN_OR_RETURN(WindowSpec spec, ParseWindow(kind.spatial, ReadWindowAttrs(k)));
  if (input.rank() != spec.rank() || filter.rank() != spec.rank()) {
    return InvalidArgument("input and filter must have rank ", spec.rank(), ", but have shapes ",
                           input.ToString(), " and ", filter.ToString());
  }
  ConvGeometry g;
  g.spatial = kind.spatial;
  g.channels_first = spec.channels_first;
  g.input = input;
  g.filter = filter;
  g.batch = input.dim(0);
  RETURN_IF_ERROR(ReadChannels(kind, spec, &g));
  Dims out(spec.rank());
  out[0] = g.batch;
  out[spec.channel_dim()] = g.out_depth;
  for (int i = 0; i < kind.spatial; ++i) {
    spec.kernel[i] = filter.dim(i);
    ASSIGN_OR_RETURN(const WindowDim window, spec.Along(i, input.dim(spec.spatial_dim(i))));
    g.window[kMaxSpatialDims - kind.spatial + i] = window;
    out[spec.spatial_dim(i)] = window.output;
  }
  ASSIGN_OR_RETURN(g.output, Shape::Make(out));
  return g;
}

constexpr int64_t kBlock = 64;  // Channels that are summed at a time, on the stack.

// The three passes as plain loops. Channels are looked up as follows: output channel o belongs to
// group o / group_out, which sees the input channels from group * group_in on.
template <typename T>
class ReferenceConv {
 public:
  using Acc = ComputeType<T>;

  explicit ReferenceConv(const ConvGeometry& geometry) : g_(geometry) {
    const auto& w = g_.window;
    x_ = StridesOf({w[0].input, w[1].input, w[2].input}, g_.in_depth, g_.channels_first);
    y_ = StridesOf({w[0].output, w[1].output, w[2].output}, g_.out_depth, g_.channels_first);
    unit_channels_ = !g_.channels_first && g_.group_in() == 1 && g_.group_out() == 1;
  }

  // Output points [begin, end) of batch * output points.
  void Forward(const T* x, const T* w, T* y, int64_t begin, int64_t end) const {
    for (int64_t p = begin; p < end; ++p) {
      const Point o = PointAt(p, g_.output_points(), g_.window[1].output, g_.window[2].output);
      T* out = y + OffsetOf(o, y_);
      for (int64_t c = 0; c < g_.out_depth; c += kBlock) {
        const int64_t n = std::min(kBlock, g_.out_depth - c);
        Acc sums[kBlock] = {};
        ForEachTap(o, [&](int64_t tap, int64_t offset) {
          const T* in = x + o.batch * x_.batch + offset;
          const T* row = w + tap * g_.group_in() * g_.out_depth + c;
          for (int64_t i = 0; i < g_.group_in(); ++i, row += g_.out_depth) {
            AddProducts(in + i * x_.channel, row, c, n, sums);
          }
        });
        for (int64_t j = 0; j < n; ++j) out[(c + j) * y_.channel] = T(sums[j]);
      }
    }
  }

  // Input points [begin, end) of batch * input points.
  void BackpropInput(const T* w, const T* dy, T* dx, int64_t begin, int64_t end) const {
    for (int64_t p = begin; p < end; ++p) {
      const Point i = PointAt(p, g_.input_points(), g_.window[1].input, g_.window[2].input);
      T* out = dx + OffsetOf(i, x_);
      for (int64_t c = 0; c < g_.in_depth; c += kBlock) {
        const int64_t n = std::min(kBlock, g_.in_depth - c);
        Acc sums[kBlock] = {};
        ForEachOutput(i, [&](int64_t tap, int64_t offset) {
          AddInputSums(dy + i.batch * y_.batch + offset, w + tap * g_.group_in() * g_.out_depth, c,
                       n, sums);
        });
        for (int64_t j = 0; j < n; ++j) out[(c + j) * x_.channel] = T(sums[j]);
      }
    }
  }

  // Filter rows [begin, end) of taps * group_in, each with out_depth elements.
  void BackpropFilter(const T* x, const T* dy, T* dw, int64_t begin, int64_t end) const {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t tap = row / g_.group_in(), i = row % g_.group_in();
      for (int64_t c = 0; c < g_.out_depth; c += kBlock) {
        const int64_t n = std::min(kBlock, g_.out_depth - c);
        Acc sums[kBlock] = {};
        for (int64_t b = 0; b < g_.batch; ++b) {
          ForEachOutputOfTap(tap, [&](int64_t x_offset, int64_t y_offset) {
            const T* in = x + b * x_.batch + x_offset + i * x_.channel;
            AddFilterProducts(in, dy + b * y_.batch + y_offset + c * y_.channel, c, n, sums);
          });
        }
        for (int64_t j = 0; j < n; ++j) dw[row * g_.out_depth + c + j] = T(sums[j]);
      }
    }
  }

 private:
  struct Point {
    int64_t batch;
    int64_t at[kMaxSpatialDims];
  };

  static Point PointAt(int64_t p, int64_t points, int64_t extent1, int64_t extent2) {
    Point result;
    result.batch = p / points;
    p %= points;
    result.at[2] = p % extent2;
    p /= extent2;
    result.at[1] = p % extent1;
    result.at[0] = p / extent1;
    return result;
  }
  static int64_t OffsetOf(const Point& p, const ImageStrides& s) {
    return p.batch * s.batch + p.at[0] * s.spatial[0] + p.at[1] * s.spatial[1] +
           p.at[2] * s.spatial[2];
  }

  int64_t TapIndex(int64_t k0, int64_t k1, int64_t k2) const {
    return (k0 * g_.window[1].kernel + k1) * g_.window[2].kernel + k2;
  }

  // fn(tap, offset in the image) for the input points below output point o.
  template <typename Fn>
  void ForEachTap(const Point& o, Fn fn) const {
    const auto at = [&](int d, int64_t k) {
      const WindowDim& w = g_.window[d];
      return o.at[d] * w.stride - w.before + k * w.dilation;
    };
    for (int64_t k0 = 0; k0 < g_.window[0].kernel; ++k0) {
      const int64_t i0 = at(0, k0);
      if (i0 < 0 || i0 >= g_.window[0].input) continue;
      for (int64_t k1 = 0; k1 < g_.window[1].kernel; ++k1) {
        const int64_t i1 = at(1, k1);
        if (i1 < 0 || i1 >= g_.window[1].input) continue;
        for (int64_t k2 = 0; k2 < g_.window[2].kernel; ++k2) {
          const int64_t i2 = at(2, k2);
          if (i2 < 0 || i2 >= g_.window[2].input) continue;
          fn(TapIndex(k0, k1, k2), i0 * x_.spatial[0] + i1 * x_.spatial[1] + i2 * x_.spatial[2]);
        }
      }
    }
  }

  // The output position that sees input position i through tap k along dimension d; or -1.
  int64_t OutputAt(int d, int64_t i, int64_t k) const {
    const WindowDim& w = g_.window[d];
    const int64_t shifted = i + w.before - k * w.dilation;
    if (shifted < 0 || shifted % w.stride != 0) return -1;
    const int64_t o = shifted / w.stride;
    return o < w.output ? o : -1;
  }

  // fn(tap, offset in the output) for the output points that see input point i.
  template <typename Fn>
  void ForEachOutput(const Point& i, Fn fn) const {
    for (int64_t k0 = 0; k0 < g_.window[0].kernel; ++k0) {
      const int64_t o0 = OutputAt(0, i.at[0], k0);
      if (o0 < 0) continue;
      for (int64_t k1 = 0; k1 < g_.window[1].kernel; ++k1) {
        const int64_t o1 = OutputAt(1, i.at[1], k1);
        if (o1 < 0) continue;
        for (int64_t k2 = 0; k2 < g_.window[2].kernel; ++k2) {
          const int64_t o2 = OutputAt(2, i.at[2], k2);
          if (o2 < 0) continue;
          fn(TapIndex(k0, k1, k2), o0 * y_.spatial[0] + o1 * y_.spatial[1] + o2 * y_.spatial[2]);
        }
      }
    }
  }

  // fn(offset in the image, offset in the output) for all output points that use a tap.
  template <typename Fn>
  void ForEachOutputOfTap(int64_t tap, Fn fn) const {
    const int64_t k[] = {tap / (g_.window[1].kernel * g_.window[2].kernel),
                         tap / g_.window[2].kernel % g_.window[1].kernel,
                         tap % g_.window[2].kernel};
    const auto at = [&](int d, int64_t o) {
      const WindowDim& w = g_.window[d];
      const int64_t i = o * w.stride - w.before + k[d] * w.dilation;
      return i < w.input ? i : -1;
    };
    for (int64_t o0 = 0; o0 < g_.window[0].output; ++o0) {
      const int64_t i0 = at(0, o0);
      if (i0 < 0) continue;
      for (int64_t o1 = 0; o1 < g_.window[1].output; ++o1) {
        const int64_t i1 = at(1, o1);
        if (i1 < 0) continue;
        for (int64_t o2 = 0; o2 < g_.window[2].output; ++o2) {
          const int64_t i2 = at(2, o2);
          if (i2 < 0) continue;
          fn(i0 * x_.spatial[0] + i1 * x_.spatial[1] + i2 * x_.spatial[2],
             o0 * y_.spatial[0] + o1 * y_.spatial[1] + o2 * y_.spatial[2]);
        }
      }
    }
  }

  // The offset of the first input channel that output channel o sees.
  int64_t GroupOffset(int64_t o) const { return o / g_.group_out() * g_.group_in() * x_.channel; }

  // sums[j] += (the input channel of output channel c + j) * row[j]
  void AddProducts(const T* in, const T* row, int64_t c, int64_t n, Acc* sums) const {
    if (g_.groups == 1) {
      const Acc v = in[0];
      for (int64_t j = 0; j < n; ++j) sums[j] += v * Acc(row[j]);
    } else if (unit_channels_) {
      for (int64_t j = 0; j < n; ++j) sums[j] += Acc(in[c + j]) * Acc(row[j]);
    } else {
      for (int64_t j = 0; j < n; ++j) sums[j] += Acc(in[GroupOffset(c + j)]) * Acc(row[j]);
    }
  }

  // The same where row is a part of the output, whose channels may lie apart.
  void AddFilterProducts(const T* in, const T* row, int64_t c, int64_t n, Acc* sums) const {
    if (y_.channel == 1) {
      AddProducts(in, row, c, n, sums);
      return;
    }
    for (int64_t j = 0; j < n; ++j) {
      sums[j] += Acc(in[GroupOffset(c + j)]) * Acc(row[j * y_.channel]);
    }
  }

  // sums[j] += sum over the output channels of its group of dy * w, for input channel c + j.
  void AddInputSums(const T* dy, const T* w, int64_t c, int64_t n, Acc* sums) const {
    if (unit_channels_) {
      for (int64_t j = 0; j < n; ++j) sums[j] += Acc(dy[c + j]) * Acc(w[c + j]);
      return;
    }
    const int64_t outs = g_.group_out();
    for (int64_t j = 0; j < n; ++j) {
      const int64_t group = (c + j) / g_.group_in(), i = (c + j) % g_.group_in();
      const T* row = w + i * g_.out_depth + group * outs;
      const T* grad = dy + group * outs * y_.channel;
      Acc sum = 0;
      for (int64_t o = 0; o < outs; ++o) sum += Acc(grad[o * y_.channel]) * Acc(row[o]);
      sums[j] += sum;
    }
  }

  ConvGeometry g_;
  ImageStrides x_, y_;
  bool unit_channels_;  // Input and output channels are the same, side by side in memory.
};

template <typename T>
absl::Status RunReference(KernelPrepare& k, const ConvGeometry& g, ConvPass pass) {
  const ReferenceConv<T> conv(g);
  if (g.input.num_elements() == 0 || g.filter.num_elements() == 0 || g.output.num_elements() == 0) {
    return k.Run([](KernelRun& r) {  // A sum over nothing.
      std::fill_n(r.Out<T>(0), r.Out(0).num_elements(), T(0));
      return absl::OkStatus();
    });
  }
  const double work = static_cast<double>(g.taps()) * static_cast<double>(g.group_in());
  if (pass == ConvPass::kForward) {
    const int64_t points = g.batch * g.output_points();
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(points, work * static_cast<double>(g.out_depth),
                    [&](int64_t begin, int64_t end) {
                      conv.Forward(r.In<T>(0), r.In<T>(1), r.Out<T>(0), begin, end);
                    });
      return absl::OkStatus();
    });
  }
  if (pass == ConvPass::kBackpropInput) {
    const int64_t points = g.batch * g.input_points();
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(points, work * static_cast<double>(g.out_depth),
                    [&](int64_t begin, int64_t end) {
                      conv.BackpropInput(r.In<T>(1), r.In<T>(2), r.Out<T>(0), begin, end);
                    });
      return absl::OkStatus();
    });
  }
  const int64_t rows = g.taps() * g.group_in();
  return k.Run([=](KernelRun& r) {
    r.ParallelFor(rows, static_cast<double>(g.batch * g.output_points() * g.out_depth),
                  [&](int64_t begin, int64_t end) {
                    conv.BackpropFilter(r.In<T>(0), r.In<T>(2), r.Out<T>(0), begin, end);
                  });
    return absl::OkStatus();
  });
}

}  // namespace

ImageStrides StridesOf(const std::array<int64_t, kMaxSpatialDims>& extents, int64_t depth,
                       bool channels_first) {
  ImageStrides s;
  s.spatial[2] = channels_first ? 1 : depth;
  s.spatial[1] = s.spatial[2] * extents[2];
  s.spatial[0] = s.spatial[1] * extents[1];
  const int64_t planes = s.spatial[0] * extents[0];
  s.channel = channels_first ? planes : 1;
  s.batch = channels_first ? planes * depth : planes;
  return s;
}

absl::StatusOr<ConvGeometry> ReadConvGeometry(KernelPrepare& k, const ConvKind& kind) {
  Shape input, filter;
  if (kind.pass == ConvPass::kBackpropInput) {
    ASSIGN_OR_RETURN(input, k.ShapeValue(0));
  } else {
    input = k.In(0).shape();
  }
  if (kind.pass == ConvPass::kBackpropFilter) {
    ASSIGN_OR_RETURN(filter, k.ShapeValue(1));
  } else {
    filter = k.In(1).shape();
  }
  ASSIGN_OR_RETURN(const ConvGeometry g, MakeGeometry(k, kind, input, filter));
  if (kind.pass != ConvPass::kForward && k.In(2).shape() != g.output) {
    return k.InvalidInput(
        2, absl::StrCat("must have the convolution's output shape ", g.output.ToString()));
  }
  return g;
}

absl::Status PrepareConvReference(KernelPrepare& k, const ConvKind& kind) {
  ASSIGN_OR_RETURN(const ConvGeometry g, ReadConvGeometry(k, kind));
  k.Out(0).SetShape(kind.pass == ConvPass::kForward         ? g.output
                    : kind.pass == ConvPass::kBackpropInput ? g.input
                                                            : g.filter);
  return k.ForType<Half, BFloat16, float, double>(
      "T", [&]<typename T>() { return RunReference<T>(k, g, kind.pass); });
}

void RegisterConvKernels(KernelRegistry& kernels, absl::string_view op, const ConvKind& kind) {
  kernels.Add(op, "CPU", [kind](KernelPrepare& k) { return PrepareConvOneDnn(k, kind); }, "onednn");
  kernels.Add(op, "CPU", [kind](KernelPrepare& k) { return PrepareConvReference(k, kind); });
}

}  // namespace weir
