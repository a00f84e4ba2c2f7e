#ifndef WEIR_KERNELS_CUDA_SORT_UTIL_H_
#define WEIR_KERNELS_CUDA_SORT_UTIL_H_

// Indices in the order of their values, so that what has one place is combined in a fixed order.

#include "weir/kernels/cuda/launch_util.h"

namespace weir {

struct SortedIndex {
  int64_t value;  // -1: out of range.
  int64_t at;     // Where the index was.
};

// Sorts the elements of `indices`, equal ones in their order; those outside of [0, limit) come
// first. The result is in `scratch`, which has room for two of each.
absl::StatusOr<const SortedIndex*> SortIndices(const KernelRun& r, const Tensor& indices,
                                               int64_t limit, SortedIndex* scratch);

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_SORT_UTIL_H_
