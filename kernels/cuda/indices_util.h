#ifndef WEIR_KERNELS_CUDA_INDICES_UTIL_H_
#define WEIR_KERNELS_CUDA_INDICES_UTIL_H_

#include <cuda_runtime.h>

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

// Index vectors along the last dimension of a tensor of indices, which name slices of an array by
// their places in its leading dimensions.
class IndexVectors {
 public:
  // REQUIRES: CheckDepth(depth), and `target` has at least so many dimensions.
  IndexVectors(const Tensor& indices, int64_t depth, const Shape& target)
      : indices_(indices), depth_(static_cast<int>(depth)) {
    for (int d = 0; d < depth_; ++d) sizes_[d] = target.dim(d);
  }

  // Unimplemented for vectors longer than a kernel takes.
  static absl::Status CheckDepth(int64_t depth) {
    return depth <= kMostDims ? absl::OkStatus()
                              : absl::UnimplementedError("very long index vectors");
  }

  // The number of the slice that vector i names; -1: it is outside of the array.
  __device__ int64_t operator[](int64_t i) const {
    int64_t slice = 0;
    for (int d = 0; d < depth_; ++d) {
      const int64_t place = indices_[i * depth_ + d];
      if (place < 0 || place >= sizes_[d]) return -1;
      slice = slice * sizes_[d] + place;
    }
    return slice;
  }

 private:
  static constexpr int kMostDims = 8;

  DeviceIndices indices_;
  int depth_;
  int64_t sizes_[kMostDims] = {};
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_INDICES_UTIL_H_
