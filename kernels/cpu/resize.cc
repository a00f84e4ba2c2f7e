#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "weir/kernels/cpu/zero_fill_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Every way of resizing is a weighted sum of at most four input pixels per dimension, and
// separable: Prepare works out the pixels and weights of each output row and column once.
struct Taps {
  int count = 0;
  std::array<int64_t, 4> at{};
  std::array<float, 4> weight{};

  void Add(int64_t pixel, float w) {
    at[count] = pixel;
    weight[count++] = w;
  }
};

enum class Method { kNearest, kBilinear, kBicubic };

struct Sampling {
  bool align_corners;
  bool half_pixel_centers;
};

float ScaleOf(int64_t in, int64_t out, const Sampling& sampling) {
  if (sampling.align_corners && out > 1) {
    return static_cast<float>(in - 1) / static_cast<float>(out - 1);
  }
  return static_cast<float>(in) / static_cast<float>(out);
}

Taps NearestTaps(int64_t i, int64_t in, float scale, const Sampling& sampling) {
  const float x = static_cast<float>(i);
  const float place = sampling.half_pixel_centers ? (x + 0.5f) * scale : x * scale;
  const float nearest = sampling.align_corners ? std::round(place) : std::floor(place);
  Taps taps;
  taps.Add(std::clamp<int64_t>(static_cast<int64_t>(nearest), 0, in - 1), 1);
  return taps;
}

float Centered(int64_t i, float scale, const Sampling& sampling) {
  const float x = static_cast<float>(i);
  return sampling.half_pixel_centers ? (x + 0.5f) * scale - 0.5f : x * scale;
}

Taps BilinearTaps(int64_t i, int64_t in, float scale, const Sampling& sampling) {
  const float place = Centered(i, scale, sampling);
  const float below = std::floor(place), lerp = place - below;
  Taps taps;
  taps.Add(std::clamp<int64_t>(static_cast<int64_t>(below), 0, in - 1), 1 - lerp);
  taps.Add(std::clamp<int64_t>(static_cast<int64_t>(std::ceil(place)), 0, in - 1), lerp);
  return taps;
}

// The cubic convolution kernel at distance x, by the polynomial of its inner and outer part.
float CubicInner(double x, double a) {
  return static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
}
float CubicOuter(double x, double a) {
  return static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

// TensorFlow rounds the distance to 1/1024. With pixel centres it uses a = -1/2 and leaves pixels
// outside the image out; otherwise a = -3/4 and the border pixels stand for what is outside.
Taps BicubicTaps(int64_t i, int64_t in, float scale, const Sampling& sampling) {
  constexpr float kSteps = 1024;
  const double a = sampling.half_pixel_centers ? -0.5 : -0.75;
  const float place = Centered(i, scale, sampling);
  const int64_t base = static_cast<int64_t>(std::floor(place));
  const float distance = std::nearbyint((place - std::floor(place)) * kSteps) / kSteps;
  const float weights[4] = {CubicOuter(1 + distance, a), CubicInner(distance, a),
                            CubicInner(1 - distance, a), CubicOuter(2 - distance, a)};
  Taps taps;
  float sum = 0;
  for (int t = 0; t < 4; ++t) {
    const int64_t pixel = base - 1 + t;
    const int64_t inside = std::clamp<int64_t>(pixel, 0, in - 1);
    const float w = sampling.half_pixel_centers && inside != pixel ? 0.0f : weights[t];
    taps.Add(inside, w);
    sum += w;
  }
  if (sampling.half_pixel_centers && std::abs(sum) >= 1000.0f * std::numeric_limits<float>::min()) {
    const float inverse = 1.0f / sum;  // TensorFlow's rounding, of two steps.
    for (float& w : taps.weight) w *= inverse;
  }
  return taps;
}

std::vector<Taps> MakeTaps(Method method, int64_t in, int64_t out, const Sampling& sampling) {
  const float scale = ScaleOf(in, out, sampling);
  std::vector<Taps> taps(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) {
    switch (method) {
      case Method::kNearest: taps[i] = NearestTaps(i, in, scale, sampling); break;
      case Method::kBilinear: taps[i] = BilinearTaps(i, in, scale, sampling); break;
      case Method::kBicubic: taps[i] = BicubicTaps(i, in, scale, sampling); break;
    }
  }
  return taps;
}

// How resized pixels see the pixels of an image.
struct ResizePlan {
  int64_t batch = 0, channels = 0;
  int64_t image_height = 0, image_width = 0;
  std::vector<Taps> rows, columns;  // One per row and column of the resized image.

  int64_t image_row() const { return image_width * channels; }
  int64_t resized_row() const { return static_cast<int64_t>(columns.size()) * channels; }
};

absl::StatusOr<std::shared_ptr<const ResizePlan>> MakePlan(const KernelPrepare& k, Method method,
                                                           const Shape& image,
                                                           const Shape& resized) {
  const Sampling sampling = {k.Attr<bool>("align_corners"), k.Attr<bool>("half_pixel_centers")};
  if (sampling.align_corners && sampling.half_pixel_centers) {
    return InvalidArgument("If half_pixel_centers is True, align_corners must be False.");
  }
  if (image.dim(1) < 1 || image.dim(2) < 1) {
    return InvalidArgument("input image must be of non-zero size, got ", image.ToString());
  }
  if (resized.dim(1) < 1 || resized.dim(2) < 1) {
    return InvalidArgument("output dimensions must be positive, got ", resized.ToString());
  }
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (std::max({image.dim(1), image.dim(2), resized.dim(1), resized.dim(2)}) > kMost) {
    return InvalidArgument("image sizes must fit in 32 bits");
  }
  auto plan = std::make_shared<ResizePlan>();
  plan->batch = image.dim(0);
  plan->channels = image.dim(3);
  plan->image_height = image.dim(1);
  plan->image_width = image.dim(2);
  if (plan->batch > 0 && plan->channels > 0) {  // Empty images may claim any size.
    plan->rows = MakeTaps(method, image.dim(1), resized.dim(1), sampling);
    plan->columns = MakeTaps(method, image.dim(2), resized.dim(2), sampling);
  }
  return std::shared_ptr<const ResizePlan>(std::move(plan));
}

// out[x, c] += weight * sum over taps of in[tap, c].
template <typename T>
void AddRow(const ResizePlan& plan, float weight, const T* in, float* out) {
  for (const Taps& taps : plan.columns) {
    for (int t = 0; t < taps.count; ++t) {
      const float w = weight * taps.weight[t];
      const T* pixel = in + taps.at[t] * plan.channels;
      for (int64_t c = 0; c < plan.channels; ++c) out[c] += w * static_cast<float>(pixel[c]);
    }
    out += plan.channels;
  }
}

template <typename T>
void Interpolate(const KernelRun& r, const ResizePlan& plan, const T* in, float* out) {
  const int64_t height = static_cast<int64_t>(plan.rows.size());
  r.ParallelFor(plan.batch * height, 16.0 * static_cast<double>(plan.resized_row()),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const T* image = in + i / height * plan.image_height * plan.image_row();
                    float* row = out + i * plan.resized_row();
                    std::fill_n(row, plan.resized_row(), 0.0f);
                    const Taps& taps = plan.rows[i % height];
                    for (int t = 0; t < taps.count; ++t) {
                      AddRow(plan, taps.weight[t], image + taps.at[t] * plan.image_row(), row);
                    }
                  }
                });
}

template <typename E>
void CopyNearest(const KernelRun& r, const ResizePlan& plan, const E* in, E* out) {
  const int64_t height = static_cast<int64_t>(plan.rows.size());
  r.ParallelFor(plan.batch * height, 2.0 * static_cast<double>(plan.resized_row()),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const E* row =
                        in + (i / height * plan.image_height + plan.rows[i % height].at[0]) *
                                 plan.image_row();
                    E* to = out + i * plan.resized_row();
                    for (const Taps& taps : plan.columns) {
                      CopyRow(row + taps.at[0] * plan.channels, to, plan.channels);
                      to += plan.channels;
                    }
                  }
                });
}

// The transpose of Interpolate, one image of the batch at a time. `sums` are the image's pixels; a
// gradient is weighted as a P.
template <typename P, typename G, typename A>
void Distribute(const ResizePlan& plan, const G* grads, A* sums) {
  for (const Taps& row : plan.rows) {
    for (const Taps& column : plan.columns) {
      for (int ty = 0; ty < row.count; ++ty) {
        for (int tx = 0; tx < column.count; ++tx) {
          [[maybe_unused]] const float wy = row.weight[ty], wx = column.weight[tx];
          A* pixel = sums + (row.at[ty] * plan.image_width + column.at[tx]) * plan.channels;
          for (int64_t c = 0; c < plan.channels; ++c) {
            if constexpr (std::is_integral_v<A>) {  // Only the nearest pixel, whose weight is one.
              pixel[c] =
                  static_cast<A>(static_cast<uint64_t>(pixel[c]) + static_cast<uint64_t>(grads[c]));
            } else {
              pixel[c] += static_cast<A>(static_cast<P>(grads[c]) * static_cast<P>(wy) *
                                         static_cast<P>(wx));
            }
          }
        }
      }
      grads += plan.channels;
    }
  }
}

absl::StatusOr<Shape> ResizedShape(KernelPrepare& k) {
  const Shape& images = k.In(0).shape();
  if (images.rank() != 4) return k.InvalidInput(0, "must be 4-dimensional");
  ASSIGN_OR_RETURN(const Dims size, k.IntValues(1));
  if (size.size() != 2) return k.InvalidInput(1, "must have two elements");
  return Shape::Make({images.dim(0), size[0], size[1], images.dim(3)});
}

absl::Status PrepareNearest(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape resized, ResizedShape(k));
  ASSIGN_OR_RETURN(const auto plan, MakePlan(k, Method::kNearest, k.In(0).shape(), resized));
  k.Out(0).SetShape(resized);
  return DispatchWidth(k.In(0).dtype(), [&]<typename E>(TypeTag<E>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      CopyNearest(r, *plan, r.In<E>(0), r.Out<E>(0));
      return absl::OkStatus();
    });
  });
}

PrepareFn Resize(Method method) {
  return [method](KernelPrepare& k) -> absl::Status {
    ASSIGN_OR_RETURN(const Shape resized, ResizedShape(k));
    ASSIGN_OR_RETURN(const auto plan, MakePlan(k, method, k.In(0).shape(), resized));
    k.Out(0).SetShape(resized);
    return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
      return k.Run([=](KernelRun& r) -> absl::Status {
        Interpolate(r, *plan, r.In<T>(0), r.Out<float>(0));
        return absl::OkStatus();
      });
    });
  };
}

// Distributes gradients of type G into an image of type T; 16-bit images are summed as floats.
// As in TensorFlow, the bilinear weights make floats of all products.
template <Method kMethod, typename G, typename T>
absl::Status RunDistribute(KernelPrepare& k, std::shared_ptr<const ResizePlan> plan) {
  constexpr bool kNarrow = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
  using A = std::conditional_t<kNarrow, float, T>;
  using P = std::conditional_t<kMethod == Method::kBilinear, float, A>;
  const int64_t image = plan->image_height * plan->image_row();
  const int64_t resized = static_cast<int64_t>(plan->rows.size()) * plan->resized_row();
  const int64_t all = k.Out(0).shape.num_elements();
  const size_t sums_at = k.Workspace(kNarrow ? sizeof(float) * static_cast<size_t>(all) : 0);
  return k.Run([=](KernelRun& r) -> absl::Status {
    if (all == 0) return absl::OkStatus();
    A* sums = kNarrow ? r.Workspace<A>(sums_at) : reinterpret_cast<A*>(r.Out<T>(0));
    const G* grads = r.In<G>(0);
    r.ParallelFor(plan->batch, 16.0 * static_cast<double>(resized),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t b = begin; b < end; ++b) {
                      std::fill_n(sums + b * image, image, A(0));
                      Distribute<P>(*plan, grads + b * resized, sums + b * image);
                    }
                  });
    if constexpr (kNarrow) std::copy_n(sums, all, r.Out<T>(0));
    return absl::OkStatus();
  });
}

absl::Status PrepareNearestGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape image, ResizedShape(k));
  ASSIGN_OR_RETURN(auto plan, MakePlan(k, Method::kNearest, image, k.In(0).shape()));
  k.Out(0).SetShape(image);
  return k.ForType<uint8_t, int8_t, int32_t, Half, float, double>(
      "T", [&]<typename T>() { return RunDistribute<Method::kNearest, T, T>(k, plan); });
}

template <Method kMethod>
PrepareFn ResizeGrad() {
  return [](KernelPrepare& k) -> absl::Status {
    const Shape& grads = k.In(0).shape();
    const Shape& original = k.In(1).shape();
    if (grads.rank() != 4) return k.InvalidInput(0, "must be 4-dimensional");
    if (original.rank() != 4) return k.InvalidInput(1, "must be 4-dimensional");
    ASSIGN_OR_RETURN(const Shape image,
                     Shape::Make({grads.dim(0), original.dim(1), original.dim(2), grads.dim(3)}));
    ASSIGN_OR_RETURN(auto plan, MakePlan(k, kMethod, image, grads));
    k.Out(0).SetShape(image);
    return k.ForType<float, double, Half, BFloat16>(
        "T", [&]<typename T>() { return RunDistribute<kMethod, float, T>(k, plan); });
  };
}

}  // namespace

void RegisterResizeKernels(KernelRegistry& kernels) {
  kernels.Add("ResizeNearestNeighbor", "CPU", PrepareNearest);
  kernels.Add("ResizeBilinear", "CPU", Resize(Method::kBilinear));
  kernels.Add("ResizeBicubic", "CPU", Resize(Method::kBicubic));
  kernels.Add("ResizeNearestNeighborGrad", "CPU", PrepareNearestGrad);
  kernels.Add("ResizeBilinearGrad", "CPU", ResizeGrad<Method::kBilinear>());
  kernels.Add("ResizeBicubicGrad", "CPU", ResizeGrad<Method::kBicubic>());
}

}  // namespace weir
