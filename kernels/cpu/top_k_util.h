#ifndef WEIR_KERNELS_CPU_TOP_K_UTIL_H_
#define WEIR_KERNELS_CPU_TOP_K_UTIL_H_

// The checks of ops on the largest elements of rows, which set the outputs' shapes.

#include "weir/runtime/kernel.h"

namespace weir {

// The `count` largest of each row of `n` elements.
struct TopKPlan {
  int64_t rows, n, count;
};
// `count_input`: the input that holds the count, or -1 for the attr.
absl::StatusOr<TopKPlan> PrepareTopKPlan(KernelPrepare& k, int count_input);

// Of InTopK: predictions are [batch, classes]. `k_input`: the input that holds k, or -1.
absl::Status PrepareInTopKShapes(KernelPrepare& k, int k_input);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_TOP_K_UTIL_H_
