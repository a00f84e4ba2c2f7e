#include <algorithm>
#include <cmath>

#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

struct LrnAttrs {
  int64_t radius;
  float bias, alpha, beta;
};

LrnAttrs ReadAttrs(const KernelPrepare& k) {
  return {k.Attr<int64_t>("depth_radius"), k.Attr<float>("bias"), k.Attr<float>("alpha"),
          k.Attr<float>("beta")};
}

// The channels within the radius of d: [begin, end).
struct Neighbours {
  int64_t begin, end;
  Neighbours(int64_t d, int64_t depth, int64_t radius)
      : begin(radius > d ? 0 : d - radius), end(radius >= depth - d ? depth : d + radius + 1) {}
};

// bias + alpha * (sum of x^2 around channel d)
template <typename T>
float Norm(const T* x, int64_t d, int64_t depth, const LrnAttrs& a) {
  const Neighbours around(d, depth, a.radius);
  float sum = 0;
  for (int64_t i = around.begin; i < around.end; ++i) sum += float(x[i]) * float(x[i]);
  return a.bias + a.alpha * sum;
}

template <typename T>
void LrnRow(const T* x, T* y, int64_t depth, const LrnAttrs& a) {
  for (int64_t d = 0; d < depth; ++d) {
    y[d] = T(float(x[d]) * std::pow(Norm(x, d, depth, a), -a.beta));
  }
}

// dx_i = dy_i norm_i^-beta - 2 alpha beta x_i * sum over d around i of dy_d y_d / norm_d
template <typename T>
void LrnGradRow(const T* dy, const T* x, const T* y, T* dx, float* norms, int64_t depth,
                const LrnAttrs& a) {
  for (int64_t d = 0; d < depth; ++d) norms[d] = Norm(x, d, depth, a);
  for (int64_t i = 0; i < depth; ++i) {
    const Neighbours around(i, depth, a.radius);
    float sum = 0;
    for (int64_t d = around.begin; d < around.end; ++d) {
      sum += float(dy[d]) * float(y[d]) / norms[d];
    }
    dx[i] =
        T(float(dy[i]) * std::pow(norms[i], -a.beta) - 2 * a.alpha * a.beta * float(x[i]) * sum);
  }
}

absl::Status CheckAttrs(KernelPrepare& k, const LrnAttrs& a) {
  if (k.In(0).shape().rank() != 4) return k.InvalidInput(0, "must have rank 4");
  if (a.radius < 0) return InvalidArgument("depth_radius must not be negative: ", a.radius);
  for (int i = 1; i < k.num_inputs(); ++i) {
    if (k.In(i).shape() != k.In(0).shape()) {
      return k.InvalidInput(
          i, absl::StrCat("must have the shape of input 0, ", k.In(0).shape().ToString()));
    }
  }
  return absl::OkStatus();
}

absl::Status PrepareLrn(KernelPrepare& k) {
  const LrnAttrs attrs = ReadAttrs(k);
  RETURN_IF_ERROR(CheckAttrs(k, attrs));
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  const int64_t depth = shape.dim(3), rows = depth == 0 ? 0 : shape.num_elements() / depth;
  return k.ForType<Half, BFloat16, float>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(rows, static_cast<double>(depth) * 40, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          LrnRow(r.In<T>(0) + row * depth, r.Out<T>(0) + row * depth, depth, attrs);
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareLrnGrad(KernelPrepare& k) {
  const LrnAttrs attrs = ReadAttrs(k);
  RETURN_IF_ERROR(CheckAttrs(k, attrs));
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  const int64_t depth = shape.dim(3), rows = depth == 0 ? 0 : shape.num_elements() / depth;
  const size_t norms = k.Workspace(static_cast<size_t>(shape.num_elements()) * sizeof(float));
  return k.ForType<Half, BFloat16, float>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(rows, static_cast<double>(depth) * 60, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const int64_t at = row * depth;
          LrnGradRow(r.In<T>(0) + at, r.In<T>(1) + at, r.In<T>(2) + at, r.Out<T>(0) + at,
                     r.Workspace<float>(norms) + at, depth, attrs);
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterLrnKernels(KernelRegistry& kernels) {
  kernels.Add("LRN", "CPU", PrepareLrn);
  kernels.Add("LRNGrad", "CPU", PrepareLrnGrad);
}

}  // namespace weir
