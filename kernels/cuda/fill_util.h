#ifndef WEIR_KERNELS_CUDA_FILL_UTIL_H_
#define WEIR_KERNELS_CUDA_FILL_UTIL_H_

#include "weir/kernels/cuda/launch_util.h"

namespace weir {

// Sets every element of `out` to the one at `value`, in the device's memory, or to zeros if that is
// nullptr. REQUIRES: the elements are plain.
absl::Status GpuFill(const KernelRun& r, const char* value, Tensor& out);
// The same, with ones.
absl::Status GpuFillWithOnes(const KernelRun& r, Tensor& out);

// Sets elements to a value that the host knows.
template <typename T>
struct SetTo {
  T* out;
  T value;

  __device__ void operator()(int64_t i) const { out[i] = value; }
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_FILL_UTIL_H_
