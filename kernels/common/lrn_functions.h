#ifndef WEIR_KERNELS_COMMON_LRN_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_LRN_FUNCTIONS_H_

// Normalisation of a pixel's channels by those around them, for every device.

#include <cmath>
#include <cstdint>

namespace weir {

struct LrnAttrs {
  int64_t radius;
  float bias, alpha, beta;
};

// The channels within the radius of d: [begin, end).
struct Neighbours {
  int64_t begin, end;
  constexpr Neighbours(int64_t d, int64_t depth, int64_t radius)
      : begin(radius > d ? 0 : d - radius), end(radius >= depth - d ? depth : d + radius + 1) {}
};

// bias + alpha * (sum of x^2 around channel d)
template <typename T>
constexpr float LrnNorm(const T* x, int64_t d, int64_t depth, const LrnAttrs& a) {
  const Neighbours around(d, depth, a.radius);
  float sum = 0;
  for (int64_t i = around.begin; i < around.end; ++i) sum += float(x[i]) * float(x[i]);
  return a.bias + a.alpha * sum;
}

// y_d = x_d norm_d^-beta
template <typename T>
constexpr T Lrn(const T* x, int64_t d, int64_t depth, const LrnAttrs& a) {
  return T(float(x[d]) * std::pow(LrnNorm(x, d, depth, a), -a.beta));
}

// dx_i = dy_i norm_i^-beta - 2 alpha beta x_i * sum over d around i of dy_d y_d / norm_d
template <typename T>
constexpr T LrnGrad(const T* dy, const T* x, const T* y, const float* norms, int64_t i,
                    int64_t depth, const LrnAttrs& a) {
  const Neighbours around(i, depth, a.radius);
  float sum = 0;
  for (int64_t d = around.begin; d < around.end; ++d) {
    sum += float(dy[d]) * float(y[d]) / norms[d];
  }
  return T(float(dy[i]) * std::pow(norms[i], -a.beta) - 2 * a.alpha * a.beta * float(x[i]) * sum);
}

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_LRN_FUNCTIONS_H_
