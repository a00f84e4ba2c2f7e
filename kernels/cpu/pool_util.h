#ifndef WEIR_KERNELS_CPU_POOL_UTIL_H_
#define WEIR_KERNELS_CPU_POOL_UTIL_H_

// What the kernels of pooling have in common, over two or three spatial dimensions.

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <type_traits>

#include "weir/kernels/cpu/conv_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {

// A pooling. Fewer than three spatial dimensions are filled up in front with extent 1. Pooling over
// channels is seen as pooling along a row: each pixel is an image of extent 1 x 1 x channels.
struct PoolGeometry {
  int64_t batch = 0;
  int64_t depth = 0;
  std::array<WindowDim, kMaxSpatialDims> window;
  ImageStrides in, out;
  Shape input, output;

  int64_t output_points() const { return window[0].output * window[1].output * window[2].output; }
  int64_t input_points() const { return window[0].input * window[1].input * window[2].input; }
  double taps() const {
    return static_cast<double>(window[0].kernel) * static_cast<double>(window[1].kernel) *
           static_cast<double>(window[2].kernel);
  }
};

// a + b; integers wrap around.
template <typename T>
constexpr T WrappingSum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  } else {
    return T(ComputeType<T>(a) + ComputeType<T>(b));
  }
}

absl::StatusOr<PoolGeometry> MakePoolGeometry(const WindowSpec& spec, const Shape& input);

// The input positions of a window along one dimension: [begin, end).
struct WindowRange {
  int64_t begin, end;
};
constexpr WindowRange RangeOf(const WindowDim& w, int64_t output) {
  const int64_t begin = output * w.stride - w.before;
  return {std::max<int64_t>(0, begin), std::min(w.input, begin + w.kernel)};
}

// The outputs whose windows hold input position i along one dimension: [begin, end).
constexpr WindowRange OutputsOf(const WindowDim& w, int64_t i) {
  const int64_t at = i + w.before;
  const int64_t first = at < w.kernel ? 0 : (at - w.kernel) / w.stride + 1;
  return {first, std::min(w.output, at / w.stride + 1)};
}

// fn(offset in the image) for each input point of the window of output point (o0, o1, o2), in
// row-major order.
template <typename Fn>
inline void ForEachInWindow(const PoolGeometry& g, int64_t o0, int64_t o1, int64_t o2, Fn fn) {
  const WindowRange r0 = RangeOf(g.window[0], o0), r1 = RangeOf(g.window[1], o1),
                    r2 = RangeOf(g.window[2], o2);
  for (int64_t i0 = r0.begin; i0 < r0.end; ++i0) {
    for (int64_t i1 = r1.begin; i1 < r1.end; ++i1) {
      const int64_t row = i0 * g.in.spatial[0] + i1 * g.in.spatial[1];
      for (int64_t i2 = r2.begin; i2 < r2.end; ++i2) fn(row + i2 * g.in.spatial[2]);
    }
  }
}

// `if_true` or `if_false`. Without a branch for types of 32 bits, so that loops vectorise.
template <typename T>
inline T PickIf(bool condition, T if_true, T if_false) {
  if constexpr (sizeof(T) == sizeof(uint32_t)) {
    const uint32_t mask = 0u - static_cast<uint32_t>(condition);
    return std::bit_cast<T>((std::bit_cast<uint32_t>(if_true) & mask) |
                            (std::bit_cast<uint32_t>(if_false) & ~mask));
  } else {
    return condition ? if_true : if_false;
  }
}

inline constexpr int64_t kPoolBlock = 64;  // Channels that are looked at together.

// Where in[j * step] > best[j], or everywhere if `place` is 0: best[j] = in[j * step], places[j] =
// place. Not inlined, since the loops vectorise only while they are loops over distinct arrays.
template <typename T>
[[gnu::noinline]] void TakeLarger(const T* __restrict in, int64_t step, int64_t n, int32_t place,
                                  ComputeType<T>* __restrict best, int32_t* __restrict places) {
  using C = ComputeType<T>;
  if (place == 0) {
    for (int64_t j = 0; j < n; ++j) best[j] = in[j * step];
    std::fill_n(places, n, 0);
  } else if (step == 1) {
    for (int64_t j = 0; j < n; ++j) {
      const C v = in[j];
      places[j] = PickIf(v > best[j], place, places[j]);
      best[j] = PickIf(v > best[j], v, best[j]);
    }
  } else {
    for (int64_t j = 0; j < n; ++j) {
      const C v = in[j * step];
      places[j] = v > best[j] ? place : places[j];
      best[j] = v > best[j] ? v : best[j];
    }
  }
}

// Finds the first maximum of each window, for the channels [c, c + n) of one image of x, n <=
// kPoolBlock: fn(o0, o1, o2, places), where places[j] says which of the window's points, in the
// order of ForEachInWindow, is the maximum of channel c + j.
template <typename T, typename Fn>
void ForEachArgmax(const PoolGeometry& g, const T* x, int64_t c, int64_t n, Fn fn) {
  ComputeType<T> best[kPoolBlock];
  int32_t places[kPoolBlock];
  const WindowDim* w = g.window.data();
  for (int64_t o0 = 0; o0 < w[0].output; ++o0) {
    for (int64_t o1 = 0; o1 < w[1].output; ++o1) {
      for (int64_t o2 = 0; o2 < w[2].output; ++o2) {
        int32_t place = 0;
        ForEachInWindow(g, o0, o1, o2, [&](int64_t offset) {
          TakeLarger(x + offset + c * g.in.channel, g.in.channel, n, place++, best, places);
        });
        fn(o0, o1, o2, places);
      }
    }
  }
}

// The geometry of the ops over (input), (orig_input, orig_output, grad), where `grad_at_output`
// tells which of the two shapes grad has, and (orig_input_shape, grad), checked against all inputs.
absl::StatusOr<PoolGeometry> AvgPoolGeometry(KernelPrepare& k, const WindowSpec& spec);
absl::StatusOr<PoolGeometry> MaxPoolGradGeometry(KernelPrepare& k, const WindowSpec& spec,
                                                 bool grad_at_output);
absl::StatusOr<PoolGeometry> AvgPoolGradGeometry(KernelPrepare& k, const WindowSpec& spec);

// A pooling whose maxima have positions, counted from the start of their image unless the batch is
// included. Both sizes are those of an image of the batch, whatever is pooled over.
struct ArgmaxPlan {
  PoolGeometry geometry;
  bool include_batch;
  int64_t input_image, output_image;
};
absl::StatusOr<ArgmaxPlan> PlanMaxPoolWithArgmax(KernelPrepare& k, const WindowSpec& spec);
// Of the gradients over (input, grad, argmax): grad is shaped as the output to scatter, as the
// input otherwise.
absl::StatusOr<ArgmaxPlan> PlanAlongArgmax(KernelPrepare& k, const WindowSpec& spec, bool scatter);

// The kernels of the ops over (input), (orig_input, orig_output, grad) and (orig_input_shape,
// grad), given the window.
absl::Status PrepareMaxPool(KernelPrepare& k, const WindowSpec& spec);
absl::Status PrepareAvgPool(KernelPrepare& k, const WindowSpec& spec);
absl::Status PrepareMaxPoolGrad(KernelPrepare& k, const WindowSpec& spec);
absl::Status PrepareMaxPoolGradGrad(KernelPrepare& k, const WindowSpec& spec);
absl::Status PrepareAvgPoolGrad(KernelPrepare& k, const WindowSpec& spec);

// A kernel whose window stands in attrs.
using PreparePool = absl::Status (*)(KernelPrepare&, const WindowSpec&);
PrepareFn WindowFromAttrs(int spatial, PreparePool prepare);
// One of MaxPoolV2 and its gradients: inputs `ksize` and `ksize` + 1 are the window and its
// strides.
PrepareFn WindowFromInputs(int ksize, PreparePool prepare);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_POOL_UTIL_H_
