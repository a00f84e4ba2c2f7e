#ifndef WEIR_KERNELS_CUDA_DIVIDE_UTIL_H_
#define WEIR_KERNELS_CUDA_DIVIDE_UTIL_H_

// Division of indices, for which a GPU has no instruction.

#include <bit>
#include <cstdint>

#include "weir/kernels/cuda/launch_util.h"

namespace weir {

// Divides by a number known before the launch. Of indices below 2^31, which nearly all are, the
// quotient takes a multiplication, an addition and a shift.
class Divider {
 public:
  Divider() = default;
  // REQUIRES: divisor > 0.
  explicit Divider(int64_t divisor) : divisor_(divisor) {
    if (divisor >> 31 != 0) {  // The quotients of small indices are 0.
      multiplier_ = 0;
      shift_ = 31;
      return;
    }
    // The smallest 2^shift that is at least the divisor; 2^32 + multiplier is 2^(32 + shift) /
    // divisor, rounded up.
    const auto d = static_cast<uint64_t>(divisor);
    shift_ = static_cast<uint32_t>(std::bit_width(d - 1));
    multiplier_ = static_cast<uint32_t>((((uint64_t{1} << shift_) - d) << 32) / d + 1);
  }

  // REQUIRES: index >= 0.
  __device__ int64_t Quotient(int64_t index) const {
    if (index >> 31 != 0) return index / divisor_;
    const uint32_t n = static_cast<uint32_t>(index);
    const uint32_t high = static_cast<uint32_t>((uint64_t{n} * multiplier_) >> 32);
    return (high + n) >> shift_;
  }
  // The quotient, and the remainder in *rest.
  __device__ int64_t Divide(int64_t index, int64_t* rest) const {
    const int64_t quotient = Quotient(index);
    *rest = index - quotient * divisor_;
    return quotient;
  }
  __host__ __device__ int64_t divisor() const { return divisor_; }

 private:
  int64_t divisor_ = 1;
  uint32_t multiplier_ = 1;
  uint32_t shift_ = 0;
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_DIVIDE_UTIL_H_
