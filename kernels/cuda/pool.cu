// Pooling over two dimensions, or over channels. Each element of a result is the work of one
// thread, gradients included: an input element gathers from the windows that it lies in, so that
// sums have one order.

#include <limits>

#include "weir/kernels/common/numbers.h"
#include "weir/kernels/cpu/pool_util.h"
#include "weir/kernels/cuda/rows_util.h"

namespace weir {
namespace {

// An image as planes of `inner` channels side by side, with rows and columns of points: a plane is
// an image of the batch, or one channel of it where channels come first.
struct PoolPlanes {
  int64_t planes;
  int inner;
  WindowDim rows, columns;

  // A result is handled by rows: those of all planes, of columns * inner elements.
  int64_t output_rows() const { return planes * rows.output; }
  int64_t output_width() const { return columns.output * inner; }
  int64_t input_rows() const { return planes * rows.input; }
  int64_t input_width() const { return columns.input * inner; }

  // The start of a row of the input or output.
  __device__ int64_t InputRow(int64_t plane, int64_t row) const {
    return (plane * rows.input + row) * columns.input * inner;
  }
  __device__ int64_t OutputRow(int64_t plane, int64_t row) const {
    return (plane * rows.output + row) * columns.output * inner;
  }
};

absl::StatusOr<PoolPlanes> PlanesOf(const PoolGeometry& g) {
  PoolPlanes p;
  const bool channels_first = g.in.channel != 1 || g.out.channel != 1;
  p.planes = channels_first ? g.batch * g.depth : g.batch;
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

// Where a row of the result lies: its plane, its number in the plane, and its windows (outputs) in
// the rows of the other side.
struct PoolRow {
  int64_t plane, row;
  WindowRange range;
};

// The functors of results that are shaped as the output.
struct ToOutput : PoolPlanes {
  struct Point {
    int channel;
    WindowRange columns;
  };

  __device__ PoolRow RowAt(int64_t i) const {
    const int64_t plane = i / rows.output, row = i - plane * rows.output;
    return {plane, row, RangeOf(rows, row)};
  }
  __device__ Point PointAt(int64_t i) const {
    const int at = static_cast<int>(i), column = at / inner;
    return {at - column * inner, RangeOf(columns, column)};
  }
};

// The functors of results that are shaped as the input; ranges are those of outputs.
struct ToInput : PoolPlanes {
  struct Point {
    int column, channel;
    WindowRange columns;
  };

  __device__ PoolRow RowAt(int64_t i) const {
    const int64_t plane = i / rows.input, row = i - plane * rows.input;
    return {plane, row, OutputsOf(rows, row)};
  }
  __device__ Point PointAt(int64_t i) const {
    const int at = static_cast<int>(i), column = at / inner;
    return {column, at - column * inner, OutputsOf(columns, column)};
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
    for (int64_t r = at.range.begin; r < at.range.end; ++r) {
      const T* const row = x + InputRow(at.plane, r) + p.channel;
      for (int64_t c = p.columns.begin; c < p.columns.end; ++c) {
        const C v = row[c * inner];
        if (first || v > best) best = v;
        first = false;
      }
    }
    y[OutputRow(at.plane, at.row) + i] = T(best);
  }
};

template <typename T>
struct AvgPoolOf : ToOutput {
  const T* x;
  T* y;

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    using C = ComputeType<T>;
    const Point p = PointAt(i);
    C sum = 0;
    for (int64_t r = at.range.begin; r < at.range.end; ++r) {
      const T* const row = x + InputRow(at.plane, r) + p.channel;
      for (int64_t c = p.columns.begin; c < p.columns.end; ++c) sum += C(row[c * inner]);
    }
    const int64_t points = (at.range.end - at.range.begin) * (p.columns.end - p.columns.begin);
    y[OutputRow(at.plane, at.row) + i] = T(sum / static_cast<C>(std::max<int64_t>(1, points)));
  }
};

// Whether element `at` is the first maximum of a window, which is where a loop that takes larger
// elements only ends: it takes the first whatever it is, and never NaN after that.
// REQUIRES: `at` lies in the window.
template <typename T>
__device__ bool IsFirstMaximum(const PoolPlanes& g, const T* plane, int channel,
                               const WindowRange& rows, const WindowRange& columns, int64_t at) {
  using C = ComputeType<T>;
  const C value = plane[at];
  bool before = true;  // Whether the loop has yet to come to `at`.
  bool first = true;
  for (int64_t r = rows.begin; r < rows.end; ++r) {
    for (int64_t c = columns.begin; c < columns.end; ++c) {
      const int64_t other = (r * g.columns.input + c) * g.inner + channel;
      if (other == at) {
        before = false;
      } else {
        const C v = plane[other];
        if (first ? !(value > v) : before ? v >= value : v > value) return false;
        // A NaN that is not the first element is never taken.
        if (before && value != value) return false;
      }
      first = false;
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
    const T* const plane = x + InputRow(at.plane, 0);
    const int64_t self = at.row * columns.input * inner + i;
    C sum = 0;
    for (int64_t r = at.range.begin; r < at.range.end; ++r) {
      const T* const grads = dy + OutputRow(at.plane, r) + p.channel;
      for (int64_t c = p.columns.begin; c < p.columns.end; ++c) {
        if (IsFirstMaximum(*this, plane, p.channel, RangeOf(rows, r), RangeOf(columns, c), self)) {
          sum = WrappingSum(sum, C(grads[c * inner]));
        }
      }
    }
    dx[InputRow(at.plane, 0) + self] = T(sum);
  }
};

template <typename T>
struct MaxPoolGradGradOf : ToOutput {
  const T* x;
  const T* grad;
  T* y;

  __device__ void operator()(const PoolRow& at, int64_t i) const {
    using C = ComputeType<T>;
    const Point p = PointAt(i);
    int64_t best_at = -1;
    C best = 0;
    for (int64_t r = at.range.begin; r < at.range.end; ++r) {
      const int64_t row = InputRow(at.plane, r) + p.channel;
      for (int64_t c = p.columns.begin; c < p.columns.end; ++c) {
        const C v = x[row + c * inner];
        if (best_at >= 0 && !(v > best)) continue;
        best = v;
        best_at = row + c * inner;
      }
    }
    y[OutputRow(at.plane, at.row) + i] = best_at < 0 ? T(0) : grad[best_at];
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
    for (int64_t r = at.range.begin; r < at.range.end; ++r) {
      const T* const grads = dy + OutputRow(at.plane, r) + p.channel;
      const WindowRange window_rows = RangeOf(rows, r);
      for (int64_t c = p.columns.begin; c < p.columns.end; ++c) {
        const WindowRange window_columns = RangeOf(columns, c);
        const int64_t points =
            (window_rows.end - window_rows.begin) * (window_columns.end - window_columns.begin);
        sum += C(grads[c * inner]) / static_cast<C>(points);
      }
    }
    dx[InputRow(at.plane, at.row) + i] = T(sum);
  }
};

// Runs f, with its planes set, over the elements of output 0.
template <typename F>
absl::Status RunToOutput(const KernelRun& r, const PoolPlanes& planes, F f) {
  static_cast<PoolPlanes&>(f) = planes;
  return ForEachInRows(r, planes.output_rows(), planes.output_width(), f);
}
template <typename F>
absl::Status RunToInput(const KernelRun& r, const PoolPlanes& planes, F f) {
  static_cast<PoolPlanes&>(f) = planes;
  return ForEachInRows(r, planes.input_rows(), planes.input_width(), f);
}

absl::Status PrepareCudaMaxPool(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MakePoolGeometry(spec, k.In(0).shape()));
  ASSIGN_OR_RETURN(const PoolPlanes planes, PlanesOf(g));
  k.Out(0).SetShape(g.output);
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([planes](KernelRun& r) {
      return RunToOutput(r, planes, MaxPoolOf<T>{{}, r.In<T>(0), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaAvgPool(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, AvgPoolGeometry(k, spec));
  ASSIGN_OR_RETURN(const PoolPlanes planes, PlanesOf(g));
  k.Out(0).SetShape(g.output);
  return DispatchFloating(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([planes](KernelRun& r) {
      return RunToOutput(r, planes, AvgPoolOf<T>{{}, r.In<T>(0), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaMaxPoolGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MaxPoolGradGeometry(k, spec, /*grad_at_output=*/true));
  ASSIGN_OR_RETURN(const PoolPlanes planes, PlanesOf(g));
  k.Out(0).SetShape(g.input);
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([planes](KernelRun& r) {
      return RunToInput(r, planes, MaxPoolGradOf<T>{{}, r.In<T>(0), r.In<T>(2), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaMaxPoolGradGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MaxPoolGradGeometry(k, spec, /*grad_at_output=*/false));
  ASSIGN_OR_RETURN(const PoolPlanes planes, PlanesOf(g));
  k.Out(0).SetShape(g.output);
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([planes](KernelRun& r) {
      return RunToOutput(r, planes, MaxPoolGradGradOf<T>{{}, r.In<T>(0), r.In<T>(2), r.Out<T>(0)});
    });
  });
}

absl::Status PrepareCudaAvgPoolGrad(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, AvgPoolGradGeometry(k, spec));
  ASSIGN_OR_RETURN(const PoolPlanes planes, PlanesOf(g));
  k.Out(0).SetShape(g.input);
  return DispatchFloating(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([planes](KernelRun& r) {
      return RunToInput(r, planes, AvgPoolGradOf<T>{{}, r.In<T>(1), r.Out<T>(0)});
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
}

}  // namespace weir
