#ifndef WEIR_KERNELS_CUDA_STRIDED_INDEX_UTIL_H_
#define WEIR_KERNELS_CUDA_STRIDED_INDEX_UTIL_H_

#include <algorithm>
#include <array>

#include "weir/kernels/cuda/divide_util.h"

namespace weir {

// Finds element i of a box in N arrays, each of which has strides of its own along the box's
// dimensions. Kernels take it by value.
template <int N>
class StridedIndex {
 public:
  static constexpr int kMostDims = 8;

  int rank() const { return rank_; }
  // Adds a dimension inside of those before. REQUIRES: rank() < kMostDims, size > 0.
  void Add(int64_t size, const std::array<int64_t, N>& strides) {
    sizes_[rank_] = Divider(size);
    for (int j = 0; j < N; ++j) strides_[j][rank_] = strides[j];
    ++rank_;
  }
  // The same, but joins the dimension before if the arrays run on from one to the other. False if
  // there are too many.
  bool Join(int64_t size, const std::array<int64_t, N>& strides) {
    const int last = rank_ - 1;
    bool joins = rank_ > 0;
    for (int j = 0; joins && j < N; ++j) joins = strides_[j][last] == strides[j] * size;
    if (!joins && rank_ == kMostDims) return false;
    if (joins) size *= sizes_[--rank_].divisor();
    Add(size, strides);
    return true;
  }

  // Turns the index of elements into one of packs of n, which lie side by side along the last
  // dimension, or, where an array's stride there is 0, stand for one element. Strides and positions
  // still count elements. False if the dimensions do not allow that; of a single one, a rest that
  // does not fill a pack is left out.
  bool MakePacks(int64_t n) {
    if (rank_ == 0) return false;
    const int last = rank_ - 1;
    const int64_t size = sizes_[last].divisor();
    if (last > 0 && size % n != 0) return false;
    for (const auto& strides : strides_) {
      if (strides[last] != 0 && strides[last] != 1) return false;
      const bool aligned =
          std::all_of(strides, strides + last, [n](int64_t stride) { return stride % n == 0; });
      if (strides[last] == 1 && !aligned) return false;
    }
    sizes_[last] = Divider((size + n - 1) / n);
    for (auto& strides : strides_) strides[last] *= n;
    return true;
  }

  __device__ void Find(int64_t i, int64_t (&at)[N]) const {
    for (int64_t& position : at) position = 0;
    for (int d = rank_ - 1; d >= 0; --d) {
      int64_t index;
      i = sizes_[d].Divide(i, &index);
      for (int j = 0; j < N; ++j) at[j] += index * strides_[j][d];
    }
  }
  // Array j's step along the last dimension.
  __host__ __device__ int64_t last_stride(int j) const { return strides_[j][rank_ - 1]; }

 private:
  int rank_ = 0;
  Divider sizes_[kMostDims] = {};
  int64_t strides_[N][kMostDims] = {};
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_STRIDED_INDEX_UTIL_H_
