#include "weir/kernels/cpu/lrn_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

// Calls f.Of(first element of the pixel, channel) for each element of arrays of pixels.
template <typename F>
struct ForChannels {
  F f;
  int64_t depth;

  __device__ void operator()(int64_t i) const {
    const int64_t d = i % depth;
    f.Of(i - d, d, depth);
  }
};

template <typename T>
struct LrnOf {
  const T* x;
  T* y;
  LrnAttrs attrs;

  __device__ void Of(int64_t pixel, int64_t d, int64_t depth) const {
    y[pixel + d] = Lrn(x + pixel, d, depth, attrs);
  }
};

template <typename T>
struct NormOf {
  const T* x;
  float* norms;
  LrnAttrs attrs;

  __device__ void Of(int64_t pixel, int64_t d, int64_t depth) const {
    norms[pixel + d] = LrnNorm(x + pixel, d, depth, attrs);
  }
};

template <typename T>
struct LrnGradOf {
  const T* dy;
  const T* x;
  const T* y;
  T* dx;
  const float* norms;
  LrnAttrs attrs;

  __device__ void Of(int64_t pixel, int64_t d, int64_t depth) const {
    dx[pixel + d] = LrnGrad(dy + pixel, x + pixel, y + pixel, norms + pixel, d, depth, attrs);
  }
};

template <typename F>
absl::Status ForEachChannel(const KernelRun& r, const F& f) {
  const Shape& shape = r.In(0).shape();
  return ForEach(r, shape.num_elements(), ForChannels<F>{f, shape.dim(3)});
}

absl::Status RunLrn(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const LrnAttrs attrs, PrepareLrn(k));
  return k.ForType<Half, BFloat16, float>("T", [&]<typename T>() {
    return k.Run([attrs](KernelRun& r) {
      return ForEachChannel(r, LrnOf<T>{r.In<T>(0), r.Out<T>(0), attrs});
    });
  });
}

absl::Status RunLrnGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const LrnAttrs attrs, PrepareLrn(k));
  const auto n = static_cast<size_t>(k.Out(0).shape.num_elements());
  const size_t norms_at = k.Workspace(n * sizeof(float));
  return k.ForType<Half, BFloat16, float>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) -> absl::Status {
      float* const norms = r.Workspace<float>(norms_at);
      RETURN_IF_ERROR(ForEachChannel(r, NormOf<T>{r.In<T>(1), norms, attrs}));
      return ForEachChannel(
          r, LrnGradOf<T>{r.In<T>(0), r.In<T>(1), r.In<T>(2), r.Out<T>(0), norms, attrs});
    });
  });
}

}  // namespace

void RegisterLrnCudaKernels(KernelRegistry& registry) {
  registry.Add("LRN", "GPU", RunLrn);
  registry.Add("LRNGrad", "GPU", RunLrnGrad);
}

}  // namespace weir
