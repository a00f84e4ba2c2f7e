// ClipByValue (ops/clip.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {

absl::Status CheckClip(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  for (int i = 1; i < 3; ++i) {
    if (k.In(i).shape().rank() != 0 && k.In(i).shape() != shape) {
      return k.InvalidInput(i, absl::StrCat("must be a scalar or have shape ", shape.ToString()));
    }
  }
  k.Out(0).SetShape(shape).MayReuse(0);
  return absl::OkStatus();
}

namespace {

absl::Status PrepareClipByValue(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckClip(k));
  const Shape& shape = k.In(0).shape();
  const int64_t n = shape.num_elements();
  const int64_t low_stride = k.In(1).shape().rank() != 0, high_stride = k.In(2).shape().rank() != 0;
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* t = r.In<T>(0);
      const T* low = r.In<T>(1);
      const T* high = r.In<T>(2);
      T* out = r.Out<T>(0);
      r.ParallelFor(n, 3, [=](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        // The low bound has the last word where it is above the high one. NaN is neither below nor
        // above a bound, and stays.
        const auto clip = [](C x, C lo, C hi) {
          const C lowered = x > hi ? hi : x;
          return lowered < lo ? lo : lowered;
        };
        if (low_stride == 0 && high_stride == 0) {
          const C lo = low[0], hi = high[0];
          for (int64_t i = begin; i < end; ++i) out[i] = clip(t[i], lo, hi);
        } else {
          for (int64_t i = begin; i < end; ++i) {
            out[i] = clip(t[i], low[i * low_stride], high[i * high_stride]);
          }
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterClipKernels(KernelRegistry& registry) {
  registry.Add("ClipByValue", "CPU", PrepareClipByValue);
}

}  // namespace weir
