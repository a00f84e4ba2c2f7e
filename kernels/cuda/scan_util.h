#ifndef WEIR_KERNELS_CUDA_SCAN_UTIL_H_
#define WEIR_KERNELS_CUDA_SCAN_UTIL_H_

#include "weir/kernels/cuda/launch_util.h"

namespace weir {

// What `step` makes of the values of the block's threads up to this one, in their order; *all gets
// that of all threads. REQUIRES: all threads of the block, kBlockThreads, call this.
template <typename T, typename Step>
__device__ T ScanBlock(T value, T* all, const Step& step) {
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  for (int d = 1; d < 32; d *= 2) {
    const T before = __shfl_sync(0xffffffffu, value, lane >= d ? lane - d : lane);
    if (lane >= d) value = step(before, value);
  }
  constexpr int kWarps = kBlockThreads / 32;
  __shared__ T warps[kWarps];
  __syncthreads();  // Those of an earlier call have been read.
  if (lane == 31) warps[warp] = value;
  __syncthreads();
  T sum = warps[0];
  for (int w = 1; w < kWarps; ++w) {
    if (w == warp) value = step(sum, value);
    sum = step(sum, warps[w]);
  }
  *all = sum;
  return value;
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_SCAN_UTIL_H_
