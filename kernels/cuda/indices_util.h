#ifndef WEIR_KERNELS_CUDA_INDICES_UTIL_H_
#define WEIR_KERNELS_CUDA_INDICES_UTIL_H_

#include <cstdint>

#include "weir/core/tensor.h"

namespace weir {

// The elements of a tensor of int32 or int64 on the device: kernels that look at one per row need
// not be compiled for each type.
class DeviceIndices {
 public:
  explicit DeviceIndices(const Tensor& indices)
      : elements_(indices.raw_data()), wide_(indices.dtype() == DT_INT64) {}

  __device__ int64_t operator[](int64_t i) const {
    return wide_ ? static_cast<const int64_t*>(elements_)[i]
                 : static_cast<const int32_t*>(elements_)[i];
  }

 private:
  const void* elements_;
  bool wide_;
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_INDICES_UTIL_H_
