#ifndef WEIR_KERNELS_CUDA_LAUNCH_UTIL_H_
#define WEIR_KERNELS_CUDA_LAUNCH_UTIL_H_

// How kernels of this folder start work on the GPU.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/cuda/cuda_status.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Starts kernel(args...) on the device of `r`, after all that it was given before.
template <typename... Params, typename... Args>
absl::Status Launch(const KernelRun& r, void (*kernel)(Params...), dim3 blocks, dim3 threads,
                    Args&&... args) {
  const auto& device = static_cast<const CudaDevice&>(r.device());
  RETURN_IF_ERROR(device.Activate());
  cudaLaunchConfig_t config{};
  config.gridDim = blocks;
  config.blockDim = threads;
  config.stream = device.stream();
  return device.Named(CudaStatus(cudaLaunchKernelEx(&config, kernel, std::forward<Args>(args)...),
                                 "the kernel's launch"));
}

inline constexpr int kBlockThreads = 256;
// As many blocks as keep a large GPU busy; the threads of more work go round.
inline constexpr int64_t kMostBlocks = 132 * 16;

inline unsigned BlocksFor(int64_t threads) {
  return static_cast<unsigned>(
      std::clamp<int64_t>((threads + kBlockThreads - 1) / kBlockThreads, 1, kMostBlocks));
}

// The thread's number in the grid, and how many there are. REQUIRES: the grid has one dimension.
__device__ inline int64_t ThreadNumber() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline int64_t ThreadCount() { return static_cast<int64_t>(gridDim.x) * blockDim.x; }

template <typename F>
__global__ void ForEachKernel(int64_t n, F f) {
  for (int64_t i = ThreadNumber(); i < n; i += ThreadCount()) f(i);
}

// Calls f(i) on the device for every i in [0, n). F has `__device__ void operator()(int64_t)
// const`.
template <typename F>
absl::Status ForEach(const KernelRun& r, int64_t n, const F& f) {
  if (n == 0) return absl::OkStatus();
  return Launch(r, ForEachKernel<F>, BlocksFor(n), kBlockThreads, n, f);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_LAUNCH_UTIL_H_
