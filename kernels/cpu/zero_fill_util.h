#ifndef WEIR_KERNELS_CPU_ZERO_FILL_UTIL_H_
#define WEIR_KERNELS_CPU_ZERO_FILL_UTIL_H_

#include <algorithm>
#include <cstring>

#include "weir/kernels/cpu/element_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Sets every element of `out` to zero, or to the empty string, handle or variant: a planned buffer
// holds whatever was there before.
inline void FillWithZeros(const KernelRun& r, Tensor& out) {
  (void)DispatchElement(out.dtype(), [&]<typename E>(TypeTag<E>) -> absl::Status {
    E* data = out.mutable_data<E>();
    r.ParallelFor(out.num_elements(), 0.25, [&](int64_t begin, int64_t end) {
      if constexpr (std::is_trivially_copyable_v<E>) {
        std::memset(static_cast<void*>(data + begin), 0,
                    static_cast<size_t>(end - begin) * sizeof(E));
      } else {
        std::fill(data + begin, data + end, E());
      }
    });
    return absl::OkStatus();
  });
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_ZERO_FILL_UTIL_H_
