#ifndef WEIR_KERNELS_CUDA_SCATTER_UTIL_H_
#define WEIR_KERNELS_CUDA_SCATTER_UTIL_H_

// Combining slices into an array at given places: what the scatter ops have in common.

#include "weir/kernels/cpu/scatter_util.h"
#include "weir/kernels/cuda/indices_util.h"

namespace weir {

// `count` slices of `slice` elements. Slice i belongs at slice places[i] of the target.
struct GpuSliceUpdates {
  IndexVectors places;
  int64_t count = 0;
  int64_t slice = 0;
  const Tensor* values = nullptr;
  bool one_value = false;  // `values` is a scalar that stands for every element.
};

// Unimplemented for elements that only the host updates.
absl::Status CheckUpdated(DataType dtype);

// ApplyUpdates (kernels/cpu/scatter_util.h), but slices without a place and divisions by an integer
// zero, which a kernel of the GPU cannot report, are left out. Updates of one element are combined
// in any order; of several assignments any stays.
absl::Status GpuApplyUpdates(const KernelRun& r, UpdateKind kind, const GpuSliceUpdates& updates,
                             Tensor& target);

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_SCATTER_UTIL_H_
