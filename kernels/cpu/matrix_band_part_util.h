#ifndef WEIR_KERNELS_CPU_MATRIX_BAND_PART_UTIL_H_
#define WEIR_KERNELS_CPU_MATRIX_BAND_PART_UTIL_H_

#include "weir/runtime/kernel.h"

namespace weir {

// Matrices of which the elements from `lower` below the main diagonal to `upper` above it stay.
struct BandPlan {
  int64_t rows, columns, lower, upper;
};

// Checks the inputs and sets the output's shape; the output may be input 0's buffer.
absl::StatusOr<BandPlan> PrepareBand(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_MATRIX_BAND_PART_UTIL_H_
