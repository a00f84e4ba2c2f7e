// Batch normalisation and its gradient (ops/batch_norm.cc), all versions.

#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/kernels/cpu/batch_norm_util.h"

namespace weir {
namespace {

// Calls fn(element, channel) for every element, in parallel. Channels run along the inner loop when
// they are the last dimension.
template <typename Fn>
void ForEachElement(KernelRun& r, const ChannelView& v, double cost, Fn fn) {
  if (v.inner == 1) {
    r.ParallelFor(v.outer, cost * static_cast<double>(v.channels), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        for (int64_t c = 0; c < v.channels; ++c) fn(row * v.channels + c, c);
      }
    });
    return;
  }
  r.ParallelFor(v.outer * v.channels, cost * static_cast<double>(v.inner),
                [&](int64_t begin, int64_t end) {
                  for (int64_t plane = begin; plane < end; ++plane) {
                    const int64_t c = plane % v.channels;
                    for (int64_t i = 0; i < v.inner; ++i) fn(plane * v.inner + i, c);
                  }
                });
}

// y = (x - mean) * a + offset, with a = scale / sqrt(variance + epsilon) kept in the array `a`.
template <typename T>
void Normalize(KernelRun& r, const ChannelView& v, const float* mean, const float* variance,
               float epsilon, float* a) {
  const float *scale = r.In<float>(1), *offset = r.In<float>(2);
  for (int64_t c = 0; c < v.channels; ++c) a[c] = scale[c] / std::sqrt(variance[c] + epsilon);
  const T* x = r.In<T>(0);
  T* y = r.Out<T>(0);
  ForEachElement(
      r, v, 1, [=](int64_t i, int64_t c) { y[i] = T((float(x[i]) - mean[c]) * a[c] + offset[c]); });
}

template <typename T>
absl::Status RunTraining(KernelPrepare& k, const ChannelView& v, float epsilon) {
  const ChannelSums<1, float, double> sums(k, v);
  const size_t scratch = k.Workspace(static_cast<size_t>(v.channels) * sizeof(float));
  const int64_t count = v.outer * v.inner;
  const double n = static_cast<double>(std::max<int64_t>(1, count));
  const double unbiased = n / std::max(n - 1, 1.0);
  const bool has_third = k.num_outputs() > 5;
  return k.Run([=](KernelRun& r) {
    const T* x = r.In<T>(0);
    float *mean = r.Out<float>(1), *variance = r.Out<float>(2);
    float *saved_mean = r.Out<float>(3), *saved_variance = r.Out<float>(4);
    sums.Run(
        r, 1, [=](int64_t i, int64_t, int) { return float(x[i]); },
        [=](int64_t c, const double* t) {
          mean[c] = saved_mean[c] = static_cast<float>(t[0] / n);
        });
    sums.Run(
        r, 2,
        [=](int64_t i, int64_t c, int) {
          const float d = float(x[i]) - saved_mean[c];
          return d * d;
        },
        [=](int64_t c, const double* t) {
          saved_variance[c] = static_cast<float>(t[0] / n);
          variance[c] = static_cast<float>(t[0] / n * unbiased);
        });
    if (count == 0) {  // What is saved stays 0, but the statistics of nothing are no numbers.
      std::fill_n(mean, v.channels, std::numeric_limits<float>::quiet_NaN());
      std::fill_n(variance, v.channels, std::numeric_limits<float>::quiet_NaN());
    }
    Normalize<T>(r, v, saved_mean, saved_variance, epsilon, r.Workspace<float>(scratch));
    if (has_third) *r.Out<float>(5) = 0;
    return absl::OkStatus();
  });
}

template <typename T>
absl::Status RunInference(KernelPrepare& k, const ChannelView& v, float epsilon) {
  const size_t scratch = k.Workspace(static_cast<size_t>(v.channels) * sizeof(float));
  const bool has_third = k.num_outputs() > 5;
  return k.Run([=](KernelRun& r) {
    const float *mean = r.In<float>(3), *variance = r.In<float>(4);
    Normalize<T>(r, v, mean, variance, epsilon, r.Workspace<float>(scratch));
    for (int i = 1; i < 5; ++i) {
      std::copy_n(i % 2 == 1 ? mean : variance, v.channels, r.Out<float>(i));
    }
    if (has_third) *r.Out<float>(5) = 0;
    return absl::OkStatus();
  });
}

absl::Status PrepareBatchNorm(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, PrepareBatchNormChannels(k));
  const bool training = k.Attr<bool>("is_training");
  const float epsilon = k.Attr<float>("epsilon");
  return k.ForType<float, Half, BFloat16>("T", [&]<typename T>() {
    return training ? RunTraining<T>(k, v, epsilon) : RunInference<T>(k, v, epsilon);
  });
}

// dx = a * (dy - m) - b * (x - mean), with per-channel factors; see GradFormula in
// ops/batch_norm.cc. In inference b and m are zero.
template <typename T>
absl::Status RunGrad(KernelPrepare& k, const ChannelView& v, float epsilon, bool training) {
  const ChannelSums<2, float, double> sums(k, v);
  const size_t scratch = k.Workspace(static_cast<size_t>(v.channels) * 3 * sizeof(float));
  const double n = static_cast<double>(std::max<int64_t>(1, v.outer * v.inner));
  return k.Run([=](KernelRun& r) {
    const T *dy = r.In<T>(0), *x = r.In<T>(1);
    const float *scale = r.In<float>(2), *mean = r.In<float>(3), *variance = r.In<float>(4);
    float *dscale = r.Out<float>(1), *doffset = r.Out<float>(2);
    float *a = r.Workspace<float>(scratch), *b = a + v.channels, *m = b + v.channels;
    sums.Run(
        r, 3,
        [=](int64_t i, int64_t c, int s) {
          const float g = float(dy[i]);
          return s == 0 ? g : g * (float(x[i]) - mean[c]);
        },
        [=](int64_t c, const double* t) {
          const double rsqrt = 1 / std::sqrt(double{variance[c]} + epsilon);
          doffset[c] = static_cast<float>(t[0]);
          dscale[c] = static_cast<float>(t[1] * rsqrt);
          a[c] = static_cast<float>(scale[c] * rsqrt);
          m[c] = training ? static_cast<float>(t[0] / n) : 0;
          b[c] = training ? static_cast<float>(scale[c] * rsqrt * rsqrt * rsqrt * t[1] / n) : 0;
        });
    T* dx = r.Out<T>(0);
    ForEachElement(r, v, 3, [=](int64_t i, int64_t c) {
      dx[i] = T(a[c] * (float(dy[i]) - m[c]) - b[c] * (float(x[i]) - mean[c]));
    });
    *r.Out<float>(3) = 0;
    *r.Out<float>(4) = 0;
    return absl::OkStatus();
  });
}

absl::Status PrepareBatchNormGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, PrepareBatchNormGradChannels(k));
  const float epsilon = k.Attr<float>("epsilon");
  const bool training = k.Attr<bool>("is_training");
  return k.ForType<float, Half, BFloat16>(
      "T", [&]<typename T>() { return RunGrad<T>(k, v, epsilon, training); });
}

}  // namespace

void RegisterBatchNormKernels(KernelRegistry& kernels) {
  for (const char* version : {"", "V2", "V3"}) {
    kernels.Add(absl::StrCat("FusedBatchNorm", version), "CPU", PrepareBatchNorm);
    kernels.Add(absl::StrCat("FusedBatchNormGrad", version), "CPU", PrepareBatchNormGrad);
  }
}

}  // namespace weir
