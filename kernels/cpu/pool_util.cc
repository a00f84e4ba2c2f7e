#include "weir/kernels/cpu/pool_util.h"

#include <algorithm>

namespace weir {
namespace {

// All types of MaxPool and its gradients that have an order.
template <typename F>
absl::Status DispatchPool(DataType type, F&& f) {
  return DispatchReal(type, f);
}

// One image and a block of its channels: what one unit of parallel work looks at.
struct Part {
  int64_t batch, channel, count;
};

Part PartAt(const PoolGeometry& g, int64_t unit) {
  const int64_t blocks = (g.depth - 1) / kPoolBlock + 1;
  const int64_t c = unit % blocks * kPoolBlock;
  return {unit / blocks, c, std::min(kPoolBlock, g.depth - c)};
}

// The parts of the images behind `result`, which is the input or the output.
int64_t CountParts(const PoolGeometry& g, const Shape& result) {
  return result.num_elements() == 0 ? 0 : g.batch * ((g.depth - 1) / kPoolBlock + 1);
}

// The rows (batch, outer two spatial dimensions) of an image, the input or the output.
int64_t CountRows(const Shape& image, int64_t depth, int64_t row) {
  return image.num_elements() == 0 ? 0 : image.num_elements() / (depth * row);
}

double PartCost(const PoolGeometry& g) {
  return g.taps() * static_cast<double>(g.output_points()) *
         static_cast<double>(std::min(kPoolBlock, g.depth));
}

int64_t OutputOffset(const PoolGeometry& g, int64_t o0, int64_t o1, int64_t o2) {
  return o0 * g.out.spatial[0] + o1 * g.out.spatial[1] + o2 * g.out.spatial[2];
}

// The maxima of the windows of one row of outputs, row = (batch, o0, o1).
template <bool kDense, typename T>
void MaxPoolRow(const PoolGeometry& g, const T* x, T* y, int64_t row) {
  const int64_t step_in = kDense ? 1 : g.in.channel, step_out = kDense ? 1 : g.out.channel;
  const int64_t o1 = row % g.window[1].output, rest = row / g.window[1].output;
  const int64_t o0 = rest % g.window[0].output, n = rest / g.window[0].output;
  for (int64_t o2 = 0; o2 < g.window[2].output; ++o2) {
    T* __restrict out = y + n * g.out.batch + OutputOffset(g, o0, o1, o2);
    bool first = true;
    ForEachInWindow(g, o0, o1, o2, [&](int64_t offset) {
      const T* __restrict in = x + n * g.in.batch + offset;
      if (first) {
        for (int64_t c = 0; c < g.depth; ++c) out[c * step_out] = in[c * step_in];
      } else {
        for (int64_t c = 0; c < g.depth; ++c) {
          const T v = in[c * step_in], best = out[c * step_out];
          out[c * step_out] = v > best ? v : best;
        }
      }
      first = false;
    });
  }
}

// True when every input point lies in exactly one window.
bool WindowsTile(const PoolGeometry& g) {
  for (const WindowDim& w : g.window) {
    if (w.stride != w.kernel || w.output * w.stride - w.before < w.input) return false;
  }
  return true;
}

// Sets a part of an image, from its first channel on, to zero.
template <typename T>
void ClearPart(const PoolGeometry& g, const Part& part, T* image) {
  for (int64_t i0 = 0; i0 < g.window[0].input; ++i0) {
    for (int64_t i1 = 0; i1 < g.window[1].input; ++i1) {
      for (int64_t i2 = 0; i2 < g.window[2].input; ++i2) {
        T* to = image + i0 * g.in.spatial[0] + i1 * g.in.spatial[1] + i2 * g.in.spatial[2];
        for (int64_t j = 0; j < part.count; ++j) to[j * g.in.channel] = T(0);
      }
    }
  }
}

// Gives dx the elements of dy whose maximum is at `place`: adds them, or, with kTile, sets those
// and zero. Not inlined, as TakeLarger.
template <bool kTile, typename T>
[[gnu::noinline]] void SpreadTo(int32_t place, const int32_t* __restrict places,
                                const T* __restrict dy, int64_t dy_step, int64_t n,
                                T* __restrict dx, int64_t dx_step) {
  if (dy_step == 1 && dx_step == 1) {
    for (int64_t j = 0; j < n; ++j) {
      const T add = PickIf(places[j] == place, dy[j], T(0));
      dx[j] = kTile ? add : WrappingSum(dx[j], add);
    }
    return;
  }
  for (int64_t j = 0; j < n; ++j) {
    T& to = dx[j * dx_step];
    const T add = places[j] == place ? dy[j * dy_step] : T(0);
    to = kTile ? add : WrappingSum(to, add);
  }
}

// dx = the sum of dy over the windows of which the point is the first maximum. kTile: WindowsTile.
template <bool kTile, typename T>
void MaxPoolGradPart(const PoolGeometry& g, const T* x, const T* dy, T* dx, const Part& part) {
  T* const image = dx + part.batch * g.in.batch + part.channel * g.in.channel;
  if (!kTile) ClearPart(g, part, image);
  const T* const grads = dy + part.batch * g.out.batch + part.channel * g.out.channel;
  const auto spread = [&](int64_t o0, int64_t o1, int64_t o2, const int32_t* places) {
    const T* from = grads + OutputOffset(g, o0, o1, o2);
    int32_t place = 0;
    ForEachInWindow(g, o0, o1, o2, [&](int64_t offset) {
      SpreadTo<kTile>(place++, places, from, g.out.channel, part.count, image + offset,
                      g.in.channel);
    });
  };
  ForEachArgmax(g, x + part.batch * g.in.batch, part.channel, part.count, spread);
}

// out = the element of grad at the first maximum of each window.
template <typename T>
void MaxPoolGradGradPart(const PoolGeometry& g, const T* x, const T* grad, T* out,
                         const Part& part) {
  const T* const image = grad + part.batch * g.in.batch + part.channel * g.in.channel;
  T* const picked = out + part.batch * g.out.batch + part.channel * g.out.channel;
  const auto pick = [&](int64_t o0, int64_t o1, int64_t o2, const int32_t* places) {
    T* to = picked + OutputOffset(g, o0, o1, o2);
    int32_t place = 0;
    ForEachInWindow(g, o0, o1, o2, [&](int64_t offset) {
      const T* from = image + offset;
      for (int64_t j = 0; j < part.count; ++j) {
        if (places[j] == place) to[j * g.out.channel] = from[j * g.in.channel];
      }
      ++place;
    });
  };
  ForEachArgmax(g, x + part.batch * g.in.batch, part.channel, part.count, pick);
}

// The mean of the windows of one row of outputs, row = (batch, o0, o1).
template <typename T>
void AvgPoolRow(const PoolGeometry& g, const T* x, T* y, int64_t row) {
  using Acc = ComputeType<T>;
  const int64_t o1 = row % g.window[1].output, rest = row / g.window[1].output;
  const int64_t o0 = rest % g.window[0].output, n = rest / g.window[0].output;
  for (int64_t o2 = 0; o2 < g.window[2].output; ++o2) {
    T* out = y + n * g.out.batch + OutputOffset(g, o0, o1, o2);
    for (int64_t c = 0; c < g.depth; c += kPoolBlock) {
      const int64_t count = std::min(kPoolBlock, g.depth - c);
      Acc sums[kPoolBlock] = {};
      int64_t points = 0;
      ForEachInWindow(g, o0, o1, o2, [&](int64_t offset) {
        const T* in = x + n * g.in.batch + offset + c * g.in.channel;
        if (g.in.channel == 1) {
          for (int64_t j = 0; j < count; ++j) sums[j] += Acc(in[j]);
        } else {
          for (int64_t j = 0; j < count; ++j) sums[j] += Acc(in[j * g.in.channel]);
        }
        ++points;
      });
      const Acc divisor = static_cast<Acc>(std::max<int64_t>(1, points));
      for (int64_t j = 0; j < count; ++j) out[(c + j) * g.out.channel] = T(sums[j] / divisor);
    }
  }
}

// The gradient of one row of inputs, row = (batch, i0, i1): each window's dy over its size.
template <typename T>
void AvgPoolGradRow(const PoolGeometry& g, const T* dy, T* dx, int64_t row) {
  using Acc = ComputeType<T>;
  const int64_t i1 = row % g.window[1].input, rest = row / g.window[1].input;
  const int64_t i0 = rest % g.window[0].input, n = rest / g.window[0].input;
  const WindowRange r0 = OutputsOf(g.window[0], i0), r1 = OutputsOf(g.window[1], i1);
  const auto extent = [&](int d, int64_t o) {
    const WindowRange r = RangeOf(g.window[d], o);
    return r.end - r.begin;
  };
  for (int64_t i2 = 0; i2 < g.window[2].input; ++i2) {
    T* out =
        dx + n * g.in.batch + i0 * g.in.spatial[0] + i1 * g.in.spatial[1] + i2 * g.in.spatial[2];
    const WindowRange r2 = OutputsOf(g.window[2], i2);
    for (int64_t c = 0; c < g.depth; c += kPoolBlock) {
      const int64_t count = std::min(kPoolBlock, g.depth - c);
      Acc sums[kPoolBlock] = {};
      for (int64_t o0 = r0.begin; o0 < r0.end; ++o0) {
        for (int64_t o1 = r1.begin; o1 < r1.end; ++o1) {
          for (int64_t o2 = r2.begin; o2 < r2.end; ++o2) {
            const T* grad = dy + n * g.out.batch + OutputOffset(g, o0, o1, o2) + c * g.out.channel;
            const Acc size = static_cast<Acc>(extent(0, o0) * extent(1, o1) * extent(2, o2));
            for (int64_t j = 0; j < count; ++j) {
              sums[j] += Acc(grad[j * g.out.channel]) / size;
            }
          }
        }
      }
      for (int64_t j = 0; j < count; ++j) out[(c + j) * g.in.channel] = T(sums[j]);
    }
  }
}

absl::Status CheckShape(KernelPrepare& k, int input, const Shape& want) {
  if (k.In(input).shape() == want) return absl::OkStatus();
  return k.InvalidInput(input, absl::StrCat("must have shape ", want.ToString()));
}

// Places are counted in 32 bits.
absl::Status CheckPlaces(const PoolGeometry& g) {
  if (g.input_points() < std::numeric_limits<int32_t>::max()) return absl::OkStatus();
  return Unimplemented("images of more than 2^31 - 1 pixels");
}

absl::Status CheckMean(const WindowSpec& spec) {
  if (spec.depth_kernel == 1 && spec.depth_stride == 1) return absl::OkStatus();
  return Unimplemented("the mean over channels");
}

}  // namespace

absl::StatusOr<PoolGeometry> MakePoolGeometry(const WindowSpec& spec, const Shape& input) {
  ASSIGN_OR_RETURN(const PartialShape pooled, PooledShape(spec, input));
  PoolGeometry g;
  g.input = input;
  g.output = pooled.ToShape();
  const int channel = spec.channel_dim();
  if (spec.depth_kernel != 1 || spec.depth_stride != 1) {
    for (int i = 0; i < spec.spatial; ++i) {
      if (spec.kernel[i] != 1 || spec.strides[i] != 1) {
        return Unimplemented("pooling over channels together with other dimensions");
      }
    }
    if (spec.channels_first) return Unimplemented("pooling over channels that come first");
    g.batch = input.Count(0, channel);
    g.depth = 1;
    WindowDim& window = g.window[kMaxSpatialDims - 1];
    window.input = input.dim(channel);
    window.kernel = spec.depth_kernel;
    window.stride = spec.depth_stride;
    RETURN_IF_ERROR(ComputeWindow(spec.padding, &window));
  } else {
    g.batch = input.dim(0);
    g.depth = input.dim(channel);
    for (int i = 0; i < spec.spatial; ++i) {
      ASSIGN_OR_RETURN(g.window[kMaxSpatialDims - spec.spatial + i],
                       spec.Along(i, input.dim(spec.spatial_dim(i))));
    }
  }
  const auto& w = g.window;
  g.in = StridesOf({w[0].input, w[1].input, w[2].input}, g.depth, spec.channels_first);
  g.out = StridesOf({w[0].output, w[1].output, w[2].output}, g.depth, spec.channels_first);
  return g;
}

absl::StatusOr<PoolGeometry> MaxPoolGradGeometry(KernelPrepare& k, const WindowSpec& spec,
                                                 bool grad_at_output) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MakePoolGeometry(spec, k.In(0).shape()));
  RETURN_IF_ERROR(CheckShape(k, 1, g.output));
  RETURN_IF_ERROR(CheckShape(k, 2, grad_at_output ? g.output : g.input));
  RETURN_IF_ERROR(CheckPlaces(g));
  if (k.In(0).dtype() != k.In(2).dtype()) {
    return Unimplemented("orig_input and grad of different types");
  }
  return g;
}

absl::StatusOr<PoolGeometry> AvgPoolGeometry(KernelPrepare& k, const WindowSpec& spec) {
  RETURN_IF_ERROR(CheckMean(spec));
  return MakePoolGeometry(spec, k.In(0).shape());
}

absl::StatusOr<PoolGeometry> AvgPoolGradGeometry(KernelPrepare& k, const WindowSpec& spec) {
  RETURN_IF_ERROR(CheckMean(spec));
  ASSIGN_OR_RETURN(const Shape input, k.ShapeValue(0));
  ASSIGN_OR_RETURN(const PoolGeometry g, MakePoolGeometry(spec, input));
  RETURN_IF_ERROR(CheckShape(k, 1, g.output));
  return g;
}

absl::Status PrepareMaxPool(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MakePoolGeometry(spec, k.In(0).shape()));
  k.Out(0).SetShape(g.output);
  const int64_t rows = CountRows(g.output, g.depth, g.window[2].output);
  const double cost =
      g.taps() * static_cast<double>(g.window[2].output) * static_cast<double>(g.depth);
  return DispatchPool(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(rows, cost, [&](int64_t begin, int64_t end) {
        const auto pool = g.in.channel == 1 ? MaxPoolRow<true, T> : MaxPoolRow<false, T>;
        for (int64_t row = begin; row < end; ++row) pool(g, r.In<T>(0), r.Out<T>(0), row);
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareAvgPool(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, AvgPoolGeometry(k, spec));
  k.Out(0).SetShape(g.output);
  const int64_t rows = CountRows(g.output, g.depth, g.window[2].output);
  const double cost =
      g.taps() * static_cast<double>(g.window[2].output) * static_cast<double>(g.depth);
  return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(rows, cost, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          AvgPoolRow(g, r.In<T>(0), r.Out<T>(0), row);
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareMaxPoolGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MaxPoolGradGeometry(k, spec, /*grad_at_output=*/true));
  k.Out(0).SetShape(g.input);
  const bool tile = WindowsTile(g);
  return DispatchPool(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(CountParts(g, g.input), PartCost(g), [&](int64_t begin, int64_t end) {
        for (int64_t unit = begin; unit < end; ++unit) {
          const auto grad = tile ? MaxPoolGradPart<true, T> : MaxPoolGradPart<false, T>;
          grad(g, r.In<T>(0), r.In<T>(2), r.Out<T>(0), PartAt(g, unit));
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareMaxPoolGradGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MaxPoolGradGeometry(k, spec, /*grad_at_output=*/false));
  k.Out(0).SetShape(g.output);
  return DispatchPool(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(CountParts(g, g.output), PartCost(g), [&](int64_t begin, int64_t end) {
        for (int64_t unit = begin; unit < end; ++unit) {
          MaxPoolGradGradPart(g, r.In<T>(0), r.In<T>(2), r.Out<T>(0), PartAt(g, unit));
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareAvgPoolGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, AvgPoolGradGeometry(k, spec));
  k.Out(0).SetShape(g.input);
  const int64_t rows = CountRows(g.input, g.depth, g.window[2].input);
  const double cost = static_cast<double>(g.window[2].input) * static_cast<double>(g.depth) * 4;
  return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(rows, cost, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          AvgPoolGradRow(g, r.In<T>(1), r.Out<T>(0), row);
        }
      });
      return absl::OkStatus();
    });
  });
}

PrepareFn WindowFromAttrs(int spatial, PreparePool prepare) {
  return [spatial, prepare](KernelPrepare& k) -> absl::Status {
    ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindow(spatial, ReadWindowAttrs(k)));
    return prepare(k, spec);
  };
}

PrepareFn WindowFromInputs(int ksize, PreparePool prepare) {
  return [ksize, prepare](KernelPrepare& k) -> absl::Status {
    WindowAttrs attrs = ReadWindowAttrs(k);
    ASSIGN_OR_RETURN(const Dims window, k.IntValues(ksize));
    ASSIGN_OR_RETURN(const Dims strides, k.IntValues(ksize + 1));
    if (window.empty() || strides.empty()) {
      return InvalidArgument("ksize and strides must have 4 entries");
    }
    attrs.ksize.assign(window.begin(), window.end());
    attrs.strides.assign(strides.begin(), strides.end());
    ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindow(2, attrs));
    return prepare(k, spec);
  };
}

}  // namespace weir
