#include "weir/kernels/cpu/lrn_util.h"

namespace weir {
namespace {

template <typename T>
void LrnRow(const T* x, T* y, int64_t depth, const LrnAttrs& a) {
  for (int64_t d = 0; d < depth; ++d) y[d] = Lrn(x, d, depth, a);
}

template <typename T>
void LrnGradRow(const T* dy, const T* x, const T* y, T* dx, float* norms, int64_t depth,
                const LrnAttrs& a) {
  for (int64_t d = 0; d < depth; ++d) norms[d] = LrnNorm(x, d, depth, a);
  for (int64_t i = 0; i < depth; ++i) dx[i] = LrnGrad(dy, x, y, norms, i, depth, a);
}

absl::Status RunLrn(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const LrnAttrs attrs, PrepareLrn(k));
  const Shape& shape = k.In(0).shape();
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

absl::Status RunLrnGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const LrnAttrs attrs, PrepareLrn(k));
  const Shape& shape = k.In(0).shape();
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

absl::StatusOr<LrnAttrs> PrepareLrn(KernelPrepare& k) {
  const LrnAttrs a = {k.Attr<int64_t>("depth_radius"), k.Attr<float>("bias"),
                      k.Attr<float>("alpha"), k.Attr<float>("beta")};
  const Shape& shape = k.In(0).shape();
  if (shape.rank() != 4) return k.InvalidInput(0, "must have rank 4");
  if (a.radius < 0) return InvalidArgument("depth_radius must not be negative: ", a.radius);
  for (int i = 1; i < k.num_inputs(); ++i) {
    if (k.In(i).shape() != shape) {
      return k.InvalidInput(i, absl::StrCat("must have the shape of input 0, ", shape.ToString()));
    }
  }
  k.Out(0).SetShape(shape);
  return a;
}

void RegisterLrnKernels(KernelRegistry& kernels) {
  kernels.Add("LRN", "CPU", RunLrn);
  kernels.Add("LRNGrad", "CPU", RunLrnGrad);
}

}  // namespace weir
