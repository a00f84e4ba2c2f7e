// Batch normalisation and its gradient (ops/batch_norm.cc), all versions.

#include <cmath>
#include <limits>

#include "weir/kernels/cpu/batch_norm_util.h"
#include "weir/kernels/cuda/channel_util.h"
#include "weir/kernels/cuda/reduction_util.h"

namespace weir {
namespace {

// Sums in double, of which differences that are much smaller than the sums are still exact enough:
// so one pass over the elements does.
struct TwoSums {
  double first, second;
};
__device__ inline TwoSums ShuffleXor(TwoSums s, int lanes) {
  return {weir::ShuffleXor(s.first, lanes), weir::ShuffleXor(s.second, lanes)};
}
struct TwoSumsReducer {
  using Out = TwoSums;
  using Acc = TwoSums;
  static __device__ Acc Start() { return {0, 0}; }
  static __device__ Acc Combine(Acc a, Acc b) { return {a.first + b.first, a.second + b.second}; }
  static __device__ Out Finish(Acc acc, int64_t) { return acc; }
};

// Of x and x^2.
template <typename T>
struct MomentsReducer : TwoSumsReducer {
  static __device__ Acc Step(Acc acc, T x, int64_t) {
    const double v = static_cast<float>(x);
    return {acc.first + v, acc.second + v * v};
  }
};

// Of dy and dy * x.
template <typename T>
struct GradElement {
  T dy, x;
};
template <typename T>
struct GradReducer : TwoSumsReducer {
  static __device__ Acc Step(Acc acc, const GradElement<T>& e, int64_t) {
    const double g = static_cast<float>(e.dy);
    return {acc.first + g, acc.second + g * static_cast<float>(e.x)};
  }
};
template <typename T>
struct GradSource {
  using Element = GradElement<T>;
  static constexpr int kPack = ArraySource<T>::kPack;

  ArraySource<T> dy, x;

  bool IsAligned() const { return dy.IsAligned() && x.IsAligned(); }
  template <int kSize>
  __device__ Pack<Element, kSize> Load(int64_t i) const {
    const Pack<T, kSize> g = dy.template Load<kSize>(i), v = x.template Load<kSize>(i);
    Pack<Element, kSize> both;
    for (int p = 0; p < kSize; ++p) both.values[p] = {g.values[p], v.values[p]};
    return both;
  }
};

// y = (x - mean) * a + offset, with factors per channel.
template <typename T>
struct Normalize {
  static constexpr int kPack = kPackBytes / sizeof(T);

  const T* x;
  const float* mean;
  const float* a;
  const float* offset;
  T* y;

  bool IsAligned() const { return IsPackAligned(x) && IsPackAligned(y); }
  template <int kSize, bool kLast>
  __device__ void Apply(int64_t i, int64_t c) const {
    const OfChannels<float, kSize, kLast> means(mean, c), factors(a, c), offsets(offset, c);
    Pack<T, kSize> pack = reinterpret_cast<const Pack<T, kSize>*>(x)[i];
    for (int p = 0; p < kSize; ++p) {
      const float centred = static_cast<float>(pack.values[p]) - means[p];
      pack.values[p] = T(centred * factors[p] + offsets[p]);
    }
    reinterpret_cast<Pack<T, kSize>*>(y)[i] = pack;
  }
};

// What each channel has, and the factors a = scale / sqrt(variance + epsilon).
struct ChannelStatistics {
  int64_t channels;
  float epsilon;
  const float* scale;
  float *mean, *variance, *saved_mean, *saved_variance;
  float* third;  // An output of no meaning; null if there is none.
  float* a;

  __device__ void Set(int64_t c, float batch_mean, float batch_variance) const {
    saved_mean[c] = batch_mean;
    saved_variance[c] = batch_variance;
    a[c] = scale[c] / std::sqrt(batch_variance + epsilon);
  }
};

// Channel i's statistics from the sums of `count` elements. Of none, what is saved is 0, but the
// statistics are no numbers.
struct FinishTraining : ChannelStatistics {
  const TwoSums* sums;
  int64_t count;

  __device__ void operator()(int64_t i) const {
    if (i == 0 && third != nullptr) *third = 0;
    if (i >= channels) return;
    if (count == 0) {
      Set(i, 0, 0);
      mean[i] = variance[i] = std::numeric_limits<float>::quiet_NaN();
      return;
    }
    const double n = static_cast<double>(count), m = sums[i].first / n;
    const double squares = sums[i].second / n - m * m;
    const double v = squares < 0 ? 0 : squares;  // NaN stays.
    Set(i, static_cast<float>(m), static_cast<float>(v));
    mean[i] = static_cast<float>(m);
    variance[i] = static_cast<float>(count == 1 ? v : v * (n / (n - 1)));
  }
};

// The statistics are inputs.
struct FinishInference : ChannelStatistics {
  const float *mean_in, *variance_in;

  __device__ void operator()(int64_t i) const {
    if (i == 0 && third != nullptr) *third = 0;
    if (i >= channels) return;
    mean[i] = mean_in[i];
    variance[i] = variance_in[i];
    Set(i, mean_in[i], variance_in[i]);
  }
};

ChannelStatistics StatisticsOf(const KernelRun& r, int64_t channels, float epsilon, bool has_third,
                               float* a) {
  return {channels,
          epsilon,
          r.In<float>(1),
          r.Out<float>(1),
          r.Out<float>(2),
          r.Out<float>(3),
          r.Out<float>(4),
          has_third ? r.Out<float>(5) : nullptr,
          a};
}

template <typename T>
absl::Status RunNormalize(const KernelRun& r, const ChannelView& v, const float* a) {
  return ForEachOfChannels(
      r, v, Normalize<T>{r.In<T>(0), r.Out<float>(3), a, r.In<float>(2), r.Out<T>(0)});
}

// Sums per channel, in the workspace.
template <typename R>
class SumsOfChannels {
 public:
  // REQUIRES: the plan is that of the channels, or if there are no elements any.
  SumsOfChannels(KernelPrepare& k, const ChannelView& v, const ReductionPlan& plan)
      : reduction_(k, plan),
        empty_(v.outer == 0),
        sums_(k.Workspace(static_cast<size_t>(v.channels) * sizeof(TwoSums))) {}

  // Null if there are no elements.
  template <typename Source>
  absl::StatusOr<const TwoSums*> Run(const KernelRun& r, const Source& source) const {
    if (empty_) return nullptr;
    TwoSums* const sums = r.Workspace<TwoSums>(sums_);
    RETURN_IF_ERROR(reduction_.Run(r, source, sums));
    return sums;
  }

 private:
  Reduction<R> reduction_;
  bool empty_;
  size_t sums_;
};

absl::StatusOr<ReductionPlan> PlanOfChannels(const ChannelView& v) {
  if (v.outer == 0) return ReductionPlan();
  return PlanReduction(ChannelShape(v), AllButChannels());
}

template <typename T>
absl::Status PrepareTraining(KernelPrepare& k, const ChannelView& v, float epsilon) {
  ASSIGN_OR_RETURN(const ReductionPlan plan, PlanOfChannels(v));
  const SumsOfChannels<MomentsReducer<T>> moments(k, v, plan);
  const size_t factors = k.Workspace(static_cast<size_t>(v.channels) * sizeof(float));
  const bool has_third = k.num_outputs() > 5;
  return k.Run([=](KernelRun& r) -> absl::Status {
    float* const a = r.Workspace<float>(factors);
    ASSIGN_OR_RETURN(const TwoSums* const sums, moments.Run(r, ArraySource<T>{r.In<T>(0)}));
    const FinishTraining finish{StatisticsOf(r, v.channels, epsilon, has_third, a), sums,
                                v.outer * v.inner};
    RETURN_IF_ERROR(ForEach(r, std::max<int64_t>(1, v.channels), finish));
    return RunNormalize<T>(r, v, a);
  });
}

template <typename T>
absl::Status PrepareInference(KernelPrepare& k, const ChannelView& v, float epsilon) {
  const size_t factors = k.Workspace(static_cast<size_t>(v.channels) * sizeof(float));
  const bool has_third = k.num_outputs() > 5;
  return k.Run([=](KernelRun& r) -> absl::Status {
    float* const a = r.Workspace<float>(factors);
    const FinishInference finish{StatisticsOf(r, v.channels, epsilon, has_third, a), r.In<float>(3),
                                 r.In<float>(4)};
    RETURN_IF_ERROR(ForEach(r, std::max<int64_t>(1, v.channels), finish));
    return RunNormalize<T>(r, v, a);
  });
}

absl::Status PrepareBatchNorm(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, PrepareBatchNormChannels(k));
  const float epsilon = k.Attr<float>("epsilon");
  const bool training = k.Attr<bool>("is_training");
  return ForCudaType<float, Half, BFloat16>(k, [&]<typename T>() {
    return training ? PrepareTraining<T>(k, v, epsilon) : PrepareInference<T>(k, v, epsilon);
  });
}

// ---- The gradient ----

// dx = a * (dy - m) - b * (x - mean), with factors per channel; see GradFormula in
// ops/batch_norm.cc. In inference b and m are zero.
template <typename T>
struct NormalizeGrad {
  static constexpr int kPack = kPackBytes / sizeof(T);

  const T* dy;
  const T* x;
  const float* mean;
  const float *a, *b, *m;
  T* dx;

  bool IsAligned() const { return IsPackAligned(dy) && IsPackAligned(x) && IsPackAligned(dx); }
  template <int kSize, bool kLast>
  __device__ void Apply(int64_t i, int64_t c) const {
    const OfChannels<float, kSize, kLast> means(mean, c), as(a, c), bs(b, c), ms(m, c);
    const Pack<T, kSize> gradients = reinterpret_cast<const Pack<T, kSize>*>(dy)[i];
    Pack<T, kSize> pack = reinterpret_cast<const Pack<T, kSize>*>(x)[i];
    for (int p = 0; p < kSize; ++p) {
      const float g = static_cast<float>(gradients.values[p]) - ms[p];
      const float centred = static_cast<float>(pack.values[p]) - means[p];
      pack.values[p] = T(as[p] * g - bs[p] * centred);
    }
    reinterpret_cast<Pack<T, kSize>*>(dx)[i] = pack;
  }
};

struct FinishGrad {
  int64_t channels, count;
  float epsilon;
  bool training;
  const TwoSums* sums;
  const float *scale, *mean, *variance;
  float *dscale, *doffset;
  float *a, *b, *m;
  float *third, *fourth;  // Outputs of no meaning.

  __device__ void operator()(int64_t i) const {
    if (i == 0) *third = *fourth = 0;
    if (i >= channels) return;
    const double n = static_cast<double>(count > 0 ? count : 1);
    const double dy = sums == nullptr ? 0 : sums[i].first;
    const double dy_centred = sums == nullptr ? 0 : sums[i].second - dy * mean[i];
    const double rsqrt = 1 / std::sqrt(double{variance[i]} + epsilon);
    doffset[i] = static_cast<float>(dy);
    dscale[i] = static_cast<float>(dy_centred * rsqrt);
    a[i] = static_cast<float>(scale[i] * rsqrt);
    m[i] = training ? static_cast<float>(dy / n) : 0;
    b[i] = training ? static_cast<float>(scale[i] * rsqrt * rsqrt * rsqrt * dy_centred / n) : 0;
  }
};

template <typename T>
absl::Status PrepareGrad(KernelPrepare& k, const ChannelView& v, float epsilon, bool training) {
  ASSIGN_OR_RETURN(const ReductionPlan plan, PlanOfChannels(v));
  const SumsOfChannels<GradReducer<T>> totals(k, v, plan);
  const size_t factors = k.Workspace(static_cast<size_t>(v.channels) * 3 * sizeof(float));
  return k.Run([=](KernelRun& r) -> absl::Status {
    const GradSource<T> source{{r.In<T>(0)}, {r.In<T>(1)}};
    ASSIGN_OR_RETURN(const TwoSums* const sums, totals.Run(r, source));
    const float* const mean = r.In<float>(3);
    float* const a = r.Workspace<float>(factors);
    float *const b = a + v.channels, *const m = b + v.channels;
    const FinishGrad finish{
        v.channels, v.outer * v.inner, epsilon,         training,        sums, r.In<float>(2),
        mean,       r.In<float>(4),    r.Out<float>(1), r.Out<float>(2), a,    b,
        m,          r.Out<float>(3),   r.Out<float>(4)};
    RETURN_IF_ERROR(ForEach(r, std::max<int64_t>(1, v.channels), finish));
    return ForEachOfChannels(r, v,
                             NormalizeGrad<T>{r.In<T>(0), r.In<T>(1), mean, a, b, m, r.Out<T>(0)});
  });
}

absl::Status PrepareBatchNormGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, PrepareBatchNormGradChannels(k));
  const float epsilon = k.Attr<float>("epsilon");
  const bool training = k.Attr<bool>("is_training");
  return ForCudaType<float, Half, BFloat16>(
      k, [&]<typename T>() { return PrepareGrad<T>(k, v, epsilon, training); });
}

}  // namespace

void RegisterBatchNormCudaKernels(KernelRegistry& registry) {
  for (const char* version : {"", "V2", "V3"}) {
    registry.Add(absl::StrCat("FusedBatchNorm", version), "GPU", PrepareBatchNorm);
    registry.Add(absl::StrCat("FusedBatchNormGrad", version), "GPU", PrepareBatchNormGrad);
  }
}

}  // namespace weir
