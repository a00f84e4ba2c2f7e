#ifndef WEIR_KERNELS_CPU_FUSED_UTIL_H_
#define WEIR_KERNELS_CPU_FUSED_UTIL_H_

#include "weir/kernels/cpu/channel_util.h"

namespace weir {

// After `product`, adds input 2 to output 0 by channel, and with `relu` takes the positive part of
// that, as single nodes would.
template <typename T>
KernelFn WithBiasAndRelu(const KernelFn& product, const ChannelView& v, bool relu) {
  return [=](KernelRun& r) -> absl::Status {
    RETURN_IF_ERROR(product(r));
    const T* const bias = r.In<T>(2);
    T* const out = r.Out<T>(0);
    r.ParallelFor(v.outer, static_cast<double>(v.channels * v.inner),
                  [=](int64_t begin, int64_t end) {
                    T* at = out + begin * v.channels * v.inner;
                    for (int64_t row = begin; row < end; ++row) {
                      for (int64_t c = 0; c < v.channels; ++c) {
                        for (int64_t i = 0; i < v.inner; ++i, ++at) {
                          const T sum = *at + bias[c];
                          *at = relu && sum < T(0) ? T(0) : sum;
                        }
                      }
                    }
                  });
    return absl::OkStatus();
  };
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_FUSED_UTIL_H_
