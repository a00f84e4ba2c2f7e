// ClipByValue (ops/clip.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

// Clips packs of N elements. With a step of 0 one bound stands for all.
template <typename T, int N>
struct ClipFunction {
  using C = ComputeType<T>;
  using P = Pack<T, N>;

  const T* x;
  const T* low;
  const T* high;
  T* out;
  int64_t low_step, high_step;

  static __device__ P Bound(const T* p, int64_t step, int64_t i) {
    if (step == 1) return reinterpret_cast<const P*>(p)[i];
    P same;
    for (int j = 0; j < N; ++j) same.values[j] = *p;
    return same;
  }
  // The low bound has the last word where it is above the high one. NaN is neither below nor above
  // a bound, and stays.
  static __device__ T Clip(C v, C lo, C hi) {
    const C lowered = v > hi ? hi : v;
    return T(lowered < lo ? lo : lowered);
  }
  __device__ void operator()(int64_t i) const {
    P values = reinterpret_cast<const P*>(x)[i];
    const P lows = Bound(low, low_step, i), highs = Bound(high, high_step, i);
    for (int j = 0; j < N; ++j) {
      values.values[j] = Clip(static_cast<C>(values.values[j]), static_cast<C>(lows.values[j]),
                              static_cast<C>(highs.values[j]));
    }
    reinterpret_cast<P*>(out)[i] = values;
  }
};

template <typename T>
absl::Status RunClip(const KernelRun& r, int64_t n, int64_t low_step, int64_t high_step) {
  constexpr int kPack = kPackBytes / sizeof(T);
  const ClipFunction<T, kPack> f{r.In<T>(0),  r.In<T>(1), r.In<T>(2),
                                 r.Out<T>(0), low_step,   high_step};
  const bool aligned = IsPackAligned(f.x) && IsPackAligned(f.out) &&
                       (low_step == 0 || IsPackAligned(f.low)) &&
                       (high_step == 0 || IsPackAligned(f.high));
  const int64_t done = aligned ? n / kPack * kPack : 0;
  RETURN_IF_ERROR(ForEach(r, done / kPack, f));
  return ForEach(r, n - done,
                 ClipFunction<T, 1>{f.x + done, f.low + done * low_step, f.high + done * high_step,
                                    f.out + done, low_step, high_step});
}

absl::Status PrepareClipByValue(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckClip(k));
  const int64_t n = k.Out(0).shape.num_elements();
  const int64_t low_step = k.In(1).shape().rank() != 0, high_step = k.In(2).shape().rank() != 0;
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) { return RunClip<T>(r, n, low_step, high_step); });
  });
}

}  // namespace

void RegisterClipCudaKernels(KernelRegistry& registry) {
  registry.Add("ClipByValue", "GPU", PrepareClipByValue);
}

}  // namespace weir
