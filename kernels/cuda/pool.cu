// Pooling over two or three dimensions, or over channels. Each element of a result is the work of
// one thread, gradients included: an input element gathers from the windows that it lies in, so
// that sums have one order. Only gradients that follow positions given to them are scattered.

#include <limits>

#include "weir/kernels/common/numbers.h"
#include "weir/kernels/cpu/pool_util.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/indices_util.h"
#include "weir/kernels/cuda/rows_util.h"

namespace weir {
namespace {

// The images of a batch, or their channels one by one where channels come first, as volumes: layers
// (one, in two dimensions) of rows of columns, each of which is `inner` channels side by side.
struct PoolVolumes {
  int64_t volumes;
  int inner;
  WindowDim layers, rows, columns;

  // A result is handled by rows: those of all volumes, of columns * inner elements.
  int64_t output_rows() const { return volumes * layers.output * rows.output; }
  int64_t output_width() const { return columns.output * inner; }
  int64_t input_rows() const { return volumes * layers.input * rows.input; }
  int64_t input_width() const { return columns.input * inner; }

  // The start of a row of the input or output.
  __device__ int64_t InputRow(int64_t volume, int64_t layer, int64_t row) const {
    return ((volume * layers.input + layer) * rows.input + row) * columns.input * inner;
  }
  __device__ int64_t OutputRow(int64_t volume, int64_t layer, int64_t row) const {
    return ((volume * layers.output + layer) * rows.output + row) * columns.output * inner;
  }
};

absl::StatusOr<PoolVolumes> VolumesOf(const PoolGeometry& g) {
  PoolVolumes p;
  const bool channels_first = g.in.channel != 1 || g.out.channel != 1;
  p.volumes = channels_first ? g.batch * g.depth : g.batch;
  p.layers = g.window[0];
  p.rows = g.window[1];
  p.columns = g.window[2];
  // Positions in a row are counted in 32 bits, where division is fast.
  const int64_t inner = channels_first ? 1 : g.depth;
  const int64_t columns = std::max(p.columns.input, p.columns.output);
  if (inner > 0 && columns > std::numeric_limits<int>::max() / inner) {
    return absl::UnimplementedError("rows of more than 2^31 - 1 elements");
  }
  p.inner = static_cast<int>(inner);
  return p;
}

// Where a row of the result lies: its volume, its start in the result, and its windows (outputs) in
// the layers and rows of the other side.
struct PoolRow {
  int64_t volume, start;
  WindowRange layers, rows;
};

// The functors of results that are shaped as the output.
struct ToOutput : PoolVolumes {
  struct Point {
    int channel;
    WindowRange columns;
  };

  __device__ PoolRow RowAt(int64_t i) const {
    const int64_t outer = i / rows.output, row = i - outer * rows.output;
    const int64_t volume = outer / layers.output, layer = outer - volume * layers.output;
    return {volume, i * columns.output * inner, RangeOf(layers, layer), RangeOf(rows, row)};
  }
  __device__ Point PointAt(int64_t i) const {
    const int at = static_cast<int>(i), column = at / inner;
    return {at - column * inner, RangeOf(columns, column)};
  }
};

// The functors of results that are shaped as the input; ranges are those of outputs.
struct ToInput : PoolVolumes {
  struct Point {
    int channel;
    WindowRange columns;
  };

  __device__ PoolRow RowAt(int64_t i) const {
    const int64_t outer = i / rows.input, row = i - outer * rows.input;
    const int64_t volume = outer / layers.input, layer = outer - volume * layers.input;
    return {volume, i * columns.input * inner, OutputsOf(layers, layer), OutputsOf(rows, row)};
  }
  __device__ Point PointAt(int64_t i) const {
    const int at = static_cast<int>(i), column = at / inner;
    return {at - column * inner, OutputsOf(columns, column)};
  }
};

template <typename T>
struct MaxPoolOf : ToOutput {
  const T* x;
  T* y;

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    using C = ComputeType<T>;
    const Point p = PointAt(i);
    C best = std::numeric_limits<T>::lowest();
    bool first = true;
    for (int64_t l = at.layers.begin; l < at.layers.end; ++l) {
      for (int64_t r = at.rows.begin; r < at.rows.end; ++r) {
        const T* const row = x + InputRow(at.volume, l, r) + p.channel;
        for (int64_t c = p.columns.begin; c < p.columns.end; ++c) {
          const C v = row[c * inner];
          if (first || v > best) best = v;
          first = false;
        }
      }
    }
    y[at.start + i] = T(best);
  }
};

__device__ inline int64_t SizeOf(const WindowRange& range) { return range.end - range.begin; }

template <typename T>
struct AvgPoolOf : ToOutput {
  const T* x;
  T* y;

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    using C = ComputeType<T>;
    const Point p = PointAt(i);
    C sum = 0;
    for (int64_t l = at.layers.begin; l < at.layers.end; ++l) {
      for (int64_t r = at.rows.begin; r < at.rows.end; ++r) {
        const T* const row = x + InputRow(at.volume, l, r) + p.channel;
        for (int64_t c = p.columns.begin; c < p.columns.end; ++c) sum += C(row[c * inner]);
      }
    }
    const int64_t points = SizeOf(at.layers) * SizeOf(at.rows) * SizeOf(p.columns);
    y[at.start + i] = T(sum / static_cast<C>(std::max<int64_t>(1, points)));
  }
};

// A window in a volume.
struct PoolWindow {
  WindowRange layers, rows, columns;
};

// Whether element `at` is the first maximum of a window, which is where a loop that takes larger
// elements only ends: it takes the first whatever it is, and never NaN after that.
// REQUIRES: `at` lies in the window.
template <typename T>
__device__ bool IsFirstMaximum(const PoolVolumes& g, const T* volume, int channel,
                               const PoolWindow& window, int64_t at) {
  using C = ComputeType<T>;
  const C value = volume[at];
  bool before = true;  // Whether the loop has yet to come to `at`.
  bool first = true;
  for (int64_t l = window.layers.begin; l < window.layers.end; ++l) {
    for (int64_t r = window.rows.begin; r < window.rows.end; ++r) {
      const int64_t row = g.InputRow(0, l, r) + channel;
      for (int64_t c = window.columns.begin; c < window.columns.end; ++c) {
        const int64_t other = row + c * g.inner;
        if (other == at) {
          before = false;
        } else {
          const C v = volume[other];
          if (first ? !(value > v) : before ? v >= value : v > value) return false;
          // A NaN that is not the first element is never taken.
          if (before && value != value) return false;
        }
        first = false;
      }
    }
  }
  return true;
}

template <typename T>
struct MaxPoolGradOf : ToInput {
  const T* x;
  const T* dy;
  T* dx;

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    using C = ComputeType<T>;
    const Point p = PointAt(i);
    const int64_t start = InputRow(at.volume, 0, 0), self = at.start - start + i;
    C sum = 0;
    for (int64_t l = at.layers.begin; l < at.layers.end; ++l) {
      for (int64_t r = at.rows.begin; r < at.rows.end; ++r) {
        const T* const grads = dy + OutputRow(at.volume, l, r) + p.channel;
        for (int64_t c = p.columns.begin; c < p.columns.end; ++c) {
          const PoolWindow window{RangeOf(layers, l), RangeOf(rows, r), RangeOf(columns, c)};
          if (IsFirstMaximum(*this, x + start, p.channel, window, self)) {
            sum = WrappingSum(sum, C(grads[c * inner]));
          }
        }
      }
    }
    dx[at.start + i] = T(sum);
  }
};

// The flat position of the first maximum of a window; -1: it is empty.
template <typename T>
__device__ int64_t FirstMaximum(const PoolVolumes& g, const T* x, const PoolRow& at, int channel,
                                const WindowRange& columns) {
  using C = ComputeType<T>;
  int64_t best_at = -1;
  C best = 0;
  for (int64_t l = at.layers.begin; l < at.layers.end; ++l) {
    for (int64_t r = at.rows.begin; r < at.rows.end; ++r) {
      const int64_t row = g.InputRow(at.volume, l, r) + channel;
      for (int64_t c = columns.begin; c < columns.end; ++c) {
        const C v = x[row + c * g.inner];
        if (best_at >= 0 && !(v > best)) continue;
        best = v;
        best_at = row + c * g.inner;
      }
    }
  }
  return best_at;
}

template <typename T>
struct MaxPoolGradGradOf : ToOutput {
  const T* x;
  const T* grad;
  T* y;

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    const Point p = PointAt(i);
    const int64_t best_at = FirstMaximum(*this, x, at, p.channel, p.columns);
    y[at.start + i] = best_at < 0 ? T(0) : grad[best_at];
  }
};

template <typename T>
struct AvgPoolGradOf : ToInput {
  const T* dy;
  T* dx;

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    using C = ComputeType<T>;
    const Point p = PointAt(i);
    C sum = 0;
    for (int64_t l = at.layers.begin; l < at.layers.end; ++l) {
      for (int64_t r = at.rows.begin; r < at.rows.end; ++r) {
        const T* const grads = dy + OutputRow(at.volume, l, r) + p.channel;
        const int64_t plane = SizeOf(RangeOf(layers, l)) * SizeOf(RangeOf(rows, r));
        for (int64_t c = p.columns.begin; c < p.columns.end; ++c) {
          sum += C(grads[c * inner]) / static_cast<C>(plane * SizeOf(RangeOf(columns, c)));
        }
      }
    }
    dx[at.start + i] = T(sum);
  }
};

// Runs f, with its volumes set, over the elements of output 0.
template <typename F>
absl::Status RunToOutput(const KernelRun& r, const PoolVolumes& volumes, F f) {
  static_cast<PoolVolumes&>(f) = volumes;
  return ForEachInRows(r, volumes.output_rows(), volumes.output_width(), f);
}
template <typename F>
absl::Status RunToInput(const KernelRun& r, const PoolVolumes& volumes, F f) {
  static_cast<PoolVolumes&>(f) = volumes;
  return ForEachInRows(r, volumes.input_rows(), volumes.input_width(), f);
}

absl::Status PrepareCudaMaxPool(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MakePoolGeometry(spec, k.In(0).shape()));
  ASSIGN_OR_RETURN(const PoolVolumes volumes, VolumesOf(g));
  k.Out(0).SetShape(g.output);
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([volumes](KernelRun& r) {
      return RunToOutput(r, volumes, MaxPoolOf<T>{{}, r.In<T>(0), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaAvgPool(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, AvgPoolGeometry(k, spec));
  ASSIGN_OR_RETURN(const PoolVolumes volumes, VolumesOf(g));
  k.Out(0).SetShape(g.output);
  return DispatchFloating(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([volumes](KernelRun& r) {
      return RunToOutput(r, volumes, AvgPoolOf<T>{{}, r.In<T>(0), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaMaxPoolGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MaxPoolGradGeometry(k, spec, /*grad_at_output=*/true));
  ASSIGN_OR_RETURN(const PoolVolumes volumes, VolumesOf(g));
  k.Out(0).SetShape(g.input);
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([volumes](KernelRun& r) {
      return RunToInput(r, volumes, MaxPoolGradOf<T>{{}, r.In<T>(0), r.In<T>(2), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaMaxPoolGradGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MaxPoolGradGeometry(k, spec, /*grad_at_output=*/false));
  ASSIGN_OR_RETURN(const PoolVolumes volumes, VolumesOf(g));
  k.Out(0).SetShape(g.output);
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([volumes](KernelRun& r) {
      return RunToOutput(r, volumes, MaxPoolGradGradOf<T>{{}, r.In<T>(0), r.In<T>(2), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaAvgPoolGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, AvgPoolGradGeometry(k, spec));
  ASSIGN_OR_RETURN(const PoolVolumes volumes, VolumesOf(g));
  k.Out(0).SetShape(g.input);
  return DispatchFloating(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([volumes](KernelRun& r) {
      return RunToInput(r, volumes, AvgPoolGradOf<T>{{}, r.In<T>(1), r.Out<T>(0)});
    });
  });
}

// ---- With positions ----

// Positions of either type.
struct Positions {
  void* at;
  bool is_wide;

  __device__ void Set(int64_t i, int64_t position) const {
    if (is_wide) {
      static_cast<int64_t*>(at)[i] = position;
    } else {
      static_cast<int32_t*>(at)[i] = static_cast<int32_t>(position);
    }
  }
};

template <typename T>
struct MaxPoolWithArgmaxOf : ToOutput {
  const T* x;
  T* y;
  Positions argmax;
  int64_t image;  // Elements from whose multiples positions are counted; 0: from the batch's start.

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    const Point p = PointAt(i);
    const int64_t best_at = FirstMaximum(*this, x, at, p.channel, p.columns);
    if (best_at < 0) return;
    y[at.start + i] = x[best_at];
    argmax.Set(at.start + i, image == 0 ? best_at : best_at % image);
  }
};

absl::Status PrepareCudaMaxPoolWithArgmax(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const ArgmaxPlan plan, PlanMaxPoolWithArgmax(k, spec));
  ASSIGN_OR_RETURN(const PoolVolumes volumes, VolumesOf(plan.geometry));
  const bool is_wide = k.OutType(1) == DT_INT64;
  const int64_t image = plan.include_batch ? 0 : plan.input_image;
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const Positions argmax{r.Out(1).mutable_raw_data(), is_wide};
      return RunToOutput(r, volumes,
                         MaxPoolWithArgmaxOf<T>{{}, r.In<T>(0), r.Out<T>(0), argmax, image});
    });
  });
}

// Which element of the input element i of the output came from, by positions of either type; -1:
// the position is outside.
struct SourceOf {
  DeviceIndices argmax;
  int64_t input_size, input_image, output_image;
  bool include_batch;

  __device__ int64_t operator()(int64_t i) const {
    const int64_t at = argmax[i];
    if (at < 0 || at >= (include_batch ? input_size : input_image)) return -1;
    return include_batch ? at : i / output_image * input_image + at;
  }
};

template <typename T>
struct GatherAlongArgmax {
  SourceOf source;
  const T* from;
  T* to;

  __device__ void operator()(int64_t i) const {
    const int64_t at = source(i);
    to[i] = at < 0 ? T(0) : from[at];
  }
};

struct WrappingAdd {
  template <typename T>
  static __device__ T Combine(T a, T b) {
    return WrappingSum(a, b);
  }
};

template <typename T>
struct ScatterAlongArgmax {
  SourceOf source;
  const T* from;
  T* to;

  __device__ void operator()(int64_t i) const {
    const int64_t at = source(i);
    if (at < 0) return;
    if constexpr (kHasAtomicAdd<T>) {
      AtomicAdd(to + at, from[i]);
    } else {
      AtomicCombine<WrappingAdd>(to + at, from[i]);
    }
  }
};

// From input 1, shaped as the output to scatter, as the input to gather.
template <bool kScatter>
absl::Status PrepareAlongArgmax(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const ArgmaxPlan plan, PlanAlongArgmax(k, spec, kScatter));
  const int64_t n = plan.geometry.output.num_elements();
  const int64_t input_size = plan.geometry.input.num_elements();
  return DispatchReal(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      const SourceOf source{DeviceIndices(r.In(2)), input_size, plan.input_image, plan.output_image,
                            plan.include_batch};
      if constexpr (kScatter) {
        RETURN_IF_ERROR(GpuFill(r, nullptr, r.Out(0)));
        return ForEach(r, n, ScatterAlongArgmax<T>{source, r.In<T>(1), r.Out<T>(0)});
      } else {
        return ForEach(r, n, GatherAlongArgmax<T>{source, r.In<T>(1), r.Out<T>(0)});
      }
    });
  });
}

}  // namespace

void RegisterPoolCudaKernels(KernelRegistry& registry) {
  registry.Add("MaxPool", "GPU", WindowFromAttrs(2, PrepareCudaMaxPool));
  registry.Add("AvgPool", "GPU", WindowFromAttrs(2, PrepareCudaAvgPool));
  registry.Add("MaxPoolGrad", "GPU", WindowFromAttrs(2, PrepareCudaMaxPoolGrad));
  registry.Add("MaxPoolGradGrad", "GPU", WindowFromAttrs(2, PrepareCudaMaxPoolGradGrad));
  registry.Add("AvgPoolGrad", "GPU", WindowFromAttrs(2, PrepareCudaAvgPoolGrad));
  registry.Add("MaxPoolV2", "GPU", WindowFromInputs(1, PrepareCudaMaxPool));
  registry.Add("MaxPoolGradV2", "GPU", WindowFromInputs(3, PrepareCudaMaxPoolGrad));
  registry.Add("MaxPoolGradGradV2", "GPU", WindowFromInputs(3, PrepareCudaMaxPoolGradGrad));
  registry.Add("MaxPoolWithArgmax", "GPU", WindowFromAttrs(2, PrepareCudaMaxPoolWithArgmax));
  registry.Add("MaxPoolGradWithArgmax", "GPU", WindowFromAttrs(2, PrepareAlongArgmax<true>));
  registry.Add("MaxPoolGradGradWithArgmax", "GPU", WindowFromAttrs(2, PrepareAlongArgmax<false>));
  registry.Add("MaxPool3D", "GPU", WindowFromAttrs(3, PrepareCudaMaxPool));
  registry.Add("AvgPool3D", "GPU", WindowFromAttrs(3, PrepareCudaAvgPool));
  registry.Add("MaxPool3DGrad", "GPU", WindowFromAttrs(3, PrepareCudaMaxPoolGrad));
  registry.Add("MaxPool3DGradGrad", "GPU", WindowFromAttrs(3, PrepareCudaMaxPoolGradGrad));
  registry.Add("AvgPool3DGrad", "GPU", WindowFromAttrs(3, PrepareCudaAvgPoolGrad));
}

}  // namespace weir
