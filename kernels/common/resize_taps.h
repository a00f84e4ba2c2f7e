#ifndef WEIR_KERNELS_COMMON_RESIZE_TAPS_H_
#define WEIR_KERNELS_COMMON_RESIZE_TAPS_H_

// Every way of resizing images is a weighted sum of at most four input pixels per dimension, and
// separable: the pixels and weights of a row or column of the resized image, for every device.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

namespace weir {

struct Taps {
  int count = 0;
  std::array<int64_t, 4> at{};
  std::array<float, 4> weight{};

  constexpr void Add(int64_t pixel, float w) {
    at[count] = pixel;
    weight[count++] = w;
  }
};

enum class ResizeMethod { kNearest, kBilinear, kBicubic };

struct Sampling {
  bool align_corners = false;
  bool half_pixel_centers = false;
};

constexpr float ResizeScale(int64_t in, int64_t out, const Sampling& sampling) {
  if (sampling.align_corners && out > 1) {
    return static_cast<float>(in - 1) / static_cast<float>(out - 1);
  }
  return static_cast<float>(in) / static_cast<float>(out);
}

inline constexpr float CenteredPlace(int64_t i, float scale, const Sampling& sampling) {
  const float x = static_cast<float>(i);
  return sampling.half_pixel_centers ? (x + 0.5f) * scale - 0.5f : x * scale;
}

// The taps by the method, of row or column i of a resized image; the image has `in` of them.
template <ResizeMethod kMethod>
struct ResizeTaps;

template <>
struct ResizeTaps<ResizeMethod::kNearest> {
  static constexpr int kReach = 1;  // Pixels around its place that have an influence.
  static constexpr Taps Of(int64_t i, int64_t in, float scale, const Sampling& sampling) {
    const float x = static_cast<float>(i);
    const float place = sampling.half_pixel_centers ? (x + 0.5f) * scale : x * scale;
    const float nearest = sampling.align_corners ? std::round(place) : std::floor(place);
    Taps taps;
    taps.Add(std::clamp<int64_t>(static_cast<int64_t>(nearest), 0, in - 1), 1);
    return taps;
  }
};

template <>
struct ResizeTaps<ResizeMethod::kBilinear> {
  static constexpr int kReach = 1;
  static constexpr Taps Of(int64_t i, int64_t in, float scale, const Sampling& sampling) {
    const float place = CenteredPlace(i, scale, sampling);
    const float below = std::floor(place), lerp = place - below;
    Taps taps;
    taps.Add(std::clamp<int64_t>(static_cast<int64_t>(below), 0, in - 1), 1 - lerp);
    taps.Add(std::clamp<int64_t>(static_cast<int64_t>(std::ceil(place)), 0, in - 1), lerp);
    return taps;
  }
};

// TensorFlow rounds the distance to 1/1024. With pixel centres it uses a = -1/2 and leaves pixels
// outside the image out; otherwise a = -3/4 and the border pixels stand for what is outside.
template <>
struct ResizeTaps<ResizeMethod::kBicubic> {
  static constexpr int kReach = 2;

  // The cubic convolution kernel at distance x, by the polynomial of its inner and outer part.
  static constexpr float Inner(double x, double a) {
    return static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
  }
  static constexpr float Outer(double x, double a) {
    return static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
  }

  static constexpr Taps Of(int64_t i, int64_t in, float scale, const Sampling& sampling) {
    constexpr float kSteps = 1024;
    const double a = sampling.half_pixel_centers ? -0.5 : -0.75;
    const float place = CenteredPlace(i, scale, sampling);
    const int64_t base = static_cast<int64_t>(std::floor(place));
    const float distance = std::nearbyint((place - std::floor(place)) * kSteps) / kSteps;
    const float weights[4] = {Outer(1 + distance, a), Inner(distance, a), Inner(1 - distance, a),
                              Outer(2 - distance, a)};
    Taps taps;
    float sum = 0;
    for (int t = 0; t < 4; ++t) {
      const int64_t pixel = base - 1 + t;
      const int64_t inside = std::clamp<int64_t>(pixel, 0, in - 1);
      const float w = sampling.half_pixel_centers && inside != pixel ? 0.0f : weights[t];
      taps.Add(inside, w);
      sum += w;
    }
    if (sampling.half_pixel_centers &&
        std::abs(sum) >= 1000.0f * std::numeric_limits<float>::min()) {
      const float inverse = 1.0f / sum;  // TensorFlow's rounding, of two steps.
      for (float& w : taps.weight) w *= inverse;
    }
    return taps;
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_RESIZE_TAPS_H_
