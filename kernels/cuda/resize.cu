// Resizing images (ops/resize.cc). Gradients are gathered: a pixel looks for the resized pixels
// that it has an influence on, so that sums have one order.

#include "weir/kernels/cpu/resize_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// Rows or columns.
struct ResizeAxis {
  int64_t in, out;
  float scale;
  Sampling sampling;

  ResizeAxis(const ResizeShapes& shapes, int d)
      : in(shapes.image.dim(d)),
        out(shapes.resized.dim(d)),
        scale(ResizeScale(in, out, shapes.sampling)),
        sampling(shapes.sampling) {}

  template <ResizeMethod kMethod>
  __device__ Taps Of(int64_t i) const {
    return ResizeTaps<kMethod>::Of(i, in, scale, sampling);
  }
  // No resized pixels but those in [first, *end) have taps at `pixel`. At the borders, all beyond
  // them do.
  template <ResizeMethod kMethod>
  __device__ int64_t FirstAround(int64_t pixel, int64_t* end) const {
    constexpr float kReach = ResizeTaps<kMethod>::kReach + 1;
    const float place = static_cast<float>(pixel);
    const float first = std::floor((place - kReach) / scale) - 1;
    const float last = std::ceil((place + kReach) / scale) + 1;
    *end = pixel == in - 1 || !(last < static_cast<float>(out)) ? out : static_cast<int64_t>(last);
    return pixel == 0 || !(first > 0) ? 0 : static_cast<int64_t>(first);
  }
};

struct ResizeIndex {
  ResizeAxis rows, columns;
  int64_t channels;

  explicit ResizeIndex(const ResizeShapes& shapes)
      : rows(shapes, 1), columns(shapes, 2), channels(shapes.image.dim(3)) {}
};

// Element i of an array [batch, height, width, channels].
struct Place {
  int64_t batch, y, x, channel;

  __device__ Place(int64_t i, int64_t height, int64_t width, int64_t channels) {
    const int64_t pixel = i / channels, row = pixel / width;
    channel = i - pixel * channels;
    x = pixel - row * width;
    batch = row / height;
    y = row - batch * height;
  }
};

// Channels are in words.
template <typename W>
struct CopyNearest {
  ResizeIndex index;
  const W* image;
  W* resized;

  __device__ void operator()(int64_t i) const {
    const Place to(i, index.rows.out, index.columns.out, index.channels);
    const int64_t y = index.rows.Of<ResizeMethod::kNearest>(to.y).at[0];
    const int64_t x = index.columns.Of<ResizeMethod::kNearest>(to.x).at[0];
    resized[i] = image[((to.batch * index.rows.in + y) * index.columns.in + x) * index.channels +
                       to.channel];
  }
};

template <ResizeMethod kMethod, typename T>
struct Interpolate {
  ResizeIndex index;
  const T* image;
  float* resized;

  __device__ void operator()(int64_t i) const {
    const Place to(i, index.rows.out, index.columns.out, index.channels);
    const Taps rows = index.rows.Of<kMethod>(to.y), columns = index.columns.Of<kMethod>(to.x);
    float sum = 0;
    for (int y = 0; y < rows.count; ++y) {
      const int64_t row = (to.batch * index.rows.in + rows.at[y]) * index.columns.in;
      for (int x = 0; x < columns.count; ++x) {
        const T pixel = image[(row + columns.at[x]) * index.channels + to.channel];
        sum += rows.weight[y] * columns.weight[x] * static_cast<float>(pixel);
      }
    }
    resized[i] = sum;
  }
};

// As in TensorFlow, the bilinear weights make floats of all products.
template <ResizeMethod kMethod, typename G, typename T>
struct GatherGrad {
  using A = ComputeType<T>;
  using P = std::conditional_t<kMethod == ResizeMethod::kBilinear, float, A>;

  ResizeIndex index;
  const G* grads;
  T* image;

  __device__ void operator()(int64_t i) const {
    const Place at(i, index.rows.in, index.columns.in, index.channels);
    int64_t end_y, end_x;
    const int64_t first_y = index.rows.FirstAround<kMethod>(at.y, &end_y);
    const int64_t first_x = index.columns.FirstAround<kMethod>(at.x, &end_x);
    A sum(0);
    for (int64_t y = first_y; y < end_y; ++y) {
      const Taps rows = index.rows.Of<kMethod>(y);
      for (int ty = 0; ty < rows.count; ++ty) {
        if (rows.at[ty] != at.y) continue;
        const int64_t row = (at.batch * index.rows.out + y) * index.columns.out;
        for (int64_t x = first_x; x < end_x; ++x) {
          const P grad = static_cast<P>(grads[(row + x) * index.channels + at.channel]);
          sum += OfColumn(index.columns.Of<kMethod>(x), at.x, grad * P(rows.weight[ty]));
        }
      }
    }
    image[i] = T(sum);
  }
  static __device__ A OfColumn(const Taps& columns, int64_t x, P grad) {
    A sum(0);
    for (int t = 0; t < columns.count; ++t) {
      if (columns.at[t] == x) sum += static_cast<A>(grad * P(columns.weight[t]));
    }
    return sum;
  }
};

absl::Status RunNearest(KernelPrepare& k) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareResize(k));
  const int64_t size = static_cast<int64_t>(DataTypeSize(k.OutType(0)));
  return k.Run([=](KernelRun& r) -> absl::Status {
    const int64_t n = r.Out(0).num_elements();
    if (n == 0) return absl::OkStatus();
    ResizeIndex index(shapes);
    const int64_t pixel = index.channels * size;
    const int64_t word =
        WidestWord(pixel, Address(r.In(0).raw_data()), Address(r.Out(0).raw_data()));
    index.channels = pixel / word;
    return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
      return ForEach(r, n * size / word, CopyNearest<W>{index, r.In<W>(0), r.Out<W>(0)});
    });
  });
}

// Ends the preparation of a kernel that calls F for each element of output 0.
template <typename F, typename In, typename Out>
absl::Status RunForEach(KernelPrepare& k, const ResizeShapes& shapes) {
  const int64_t n = k.Out(0).shape.num_elements();
  return k.Run([=](KernelRun& r) {
    return ForEach(r, n, F{ResizeIndex(shapes), r.In<In>(0), r.Out<Out>(0)});
  });
}

template <ResizeMethod kMethod>
absl::Status RunInterpolate(KernelPrepare& k) {
  return DispatchType<Half, BFloat16, float, double, uint8_t>(
      k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
        ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareResize(k));
        return RunForEach<Interpolate<kMethod, T>, T, float>(k, shapes);
      });
}

absl::Status RunNearestGrad(KernelPrepare& k) {
  return DispatchType<Half, float, double>(
      k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
        ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareNearestGrad(k));
        return RunForEach<GatherGrad<ResizeMethod::kNearest, T, T>, T, T>(k, shapes);
      });
}

template <ResizeMethod kMethod>
absl::Status RunResizeGrad(KernelPrepare& k) {
  return DispatchType<Half, BFloat16, float, double>(
      k.OutType(0), [&]<typename T>(TypeTag<T>) -> absl::Status {
        ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareResizeGrad(k));
        return RunForEach<GatherGrad<kMethod, float, T>, float, T>(k, shapes);
      });
}

}  // namespace

void RegisterResizeCudaKernels(KernelRegistry& registry) {
  registry.Add("ResizeNearestNeighbor", "GPU", RunNearest);
  registry.Add("ResizeBilinear", "GPU", RunInterpolate<ResizeMethod::kBilinear>);
  registry.Add("ResizeBicubic", "GPU", RunInterpolate<ResizeMethod::kBicubic>);
  registry.Add("ResizeNearestNeighborGrad", "GPU", RunNearestGrad);
  registry.Add("ResizeBilinearGrad", "GPU", RunResizeGrad<ResizeMethod::kBilinear>);
  registry.Add("ResizeBicubicGrad", "GPU", RunResizeGrad<ResizeMethod::kBicubic>);
}

}  // namespace weir
