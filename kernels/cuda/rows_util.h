#ifndef WEIR_KERNELS_CUDA_ROWS_UTIL_H_
#define WEIR_KERNELS_CUDA_ROWS_UTIL_H_

// Kernels over the rows of something: what a row has in common is computed once per thread and row,
// not per element.

#include <algorithm>
#include <bit>
#include <cstdint>

#include "weir/kernels/cuda/launch_util.h"

namespace weir {

template <typename F>
__global__ void ForEachInRowsKernel(int64_t rows, int64_t width, F f) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.y;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.y + threadIdx.y; row < rows;
       row += step) {
    const auto at = f.RowAt(row);
    for (int64_t i = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x; i < width;
         i += static_cast<int64_t>(gridDim.y) * blockDim.x) {
      f(at, i);
    }
  }
}

// Calls f(f.RowAt(row), i) on the device for every row in [0, rows) and i in [0, width).
// Neighbouring threads have neighbouring i, so elements of a row should lie side by side. Both
// functions of F are `__device__ ... const`.
template <typename F>
absl::Status ForEachInRows(const KernelRun& r, int64_t rows, int64_t width, const F& f) {
  if (rows == 0 || width == 0) return absl::OkStatus();
  const auto across = static_cast<unsigned>(
      std::bit_ceil(static_cast<uint64_t>(std::min<int64_t>(width, kBlockThreads))));
  const unsigned down = kBlockThreads / across;
  const int64_t row_blocks = std::min((rows + down - 1) / down, kMostBlocks);
  // Few rows are shared out along their width, so that all of the GPU has work.
  const int64_t parts = std::clamp<int64_t>((width + across - 1) / across, 1,
                                            std::max<int64_t>(1, kMostBlocks / row_blocks));
  return Launch(r, ForEachInRowsKernel<F>,
                dim3(static_cast<unsigned>(row_blocks), static_cast<unsigned>(parts)),
                dim3(across, down), rows, width, f);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_ROWS_UTIL_H_
