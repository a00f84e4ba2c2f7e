#ifndef WEIR_TESTS_CUDA_EMULATION_CUDA_RUNTIME_H_
#define WEIR_TESTS_CUDA_EMULATION_CUDA_RUNTIME_H_

// The part of CUDA that Weir uses, on the CPU: sources for the GPU compile against this header with
// any C++ compiler, and their kernels run, thread by thread, on a machine without one. Names and
// meanings are those of the CUDA runtime.
//
// A stream is a thread that works off its queue. Device memory may be touched by kernels and copies
// alone; anyone else faults. The threads of a block take turns, on one thread of the host: one runs
// until it ends or waits at a barrier or shuffle. Blocks follow each other.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
#define __shared__ static thread_local  // Of the block: no two run on one thread at the same time.

// ---- What kernels see ----

struct uint3 {
  unsigned x = 0, y = 0, z = 0;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  dim3(unsigned x_size = 1, unsigned y_size = 1, unsigned z_size = 1)  // NOLINT
      : x(x_size), y(y_size), z(z_size) {}
};

extern thread_local uint3 threadIdx, blockIdx;
extern thread_local dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace cuda_emulation {

// Waits for the threads of the block, or those of the warp.
void WaitForBlock();
void WaitForWarp();
// Where a thread of the warp puts 8 bytes for the others.
uint64_t& Exchange(unsigned lane);
unsigned Lane();

template <typename T>
T Shuffle(T value, unsigned source) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  std::memcpy(&Exchange(Lane()), &value, sizeof(T));
  WaitForWarp();
  if (source < 32) std::memcpy(&value, &Exchange(source), sizeof(T));
  WaitForWarp();
  return value;
}

}  // namespace cuda_emulation

inline void __syncthreads() { cuda_emulation::WaitForBlock(); }
inline void __syncwarp(unsigned /*mask*/ = 0xffffffffu) { cuda_emulation::WaitForWarp(); }
template <typename T>
T __shfl_down_sync(unsigned /*mask*/, T value, unsigned delta) {
  return cuda_emulation::Shuffle(value, cuda_emulation::Lane() + delta);
}
template <typename T>
T __shfl_xor_sync(unsigned /*mask*/, T value, int lanes) {
  return cuda_emulation::Shuffle(value, cuda_emulation::Lane() ^ static_cast<unsigned>(lanes));
}
template <typename T>
T __shfl_sync(unsigned /*mask*/, T value, int source) {
  return cuda_emulation::Shuffle(value, static_cast<unsigned>(source));
}

inline int __popcll(unsigned long long x) { return std::popcount(x); }

template <typename T>
T __ldg(const T* p) {
  return *p;
}

template <typename T>
T atomicAdd(T* p, std::type_identity_t<T> v) {
  return std::atomic_ref<T>(*p).fetch_add(v);
}
template <typename T>
T atomicCAS(T* p, std::type_identity_t<T> compare, std::type_identity_t<T> v) {
  std::atomic_ref<T>(*p).compare_exchange_strong(compare, v);
  return compare;
}
template <typename T>
T atomicExch(T* p, std::type_identity_t<T> v) {
  return std::atomic_ref<T>(*p).exchange(v);
}
template <typename T>
T atomicMax(T* p, std::type_identity_t<T> v) {
  T old = *p;
  while (old < v && !std::atomic_ref<T>(*p).compare_exchange_weak(old, v)) {
  }
  return old;
}
template <typename T>
T atomicOr(T* p, std::type_identity_t<T> v) {
  return std::atomic_ref<T>(*p).fetch_or(v);
}

// ---- What the host calls ----

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorIllegalAddress = 700,
  cudaErrorPeerAccessAlreadyEnabled = 704,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
};
const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();

inline constexpr int CUDART_VERSION = 13000;
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
enum cudaDeviceAttr {
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
};
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaDeviceEnablePeerAccess(int device, unsigned flags);

namespace cuda_emulation {
class Stream;
struct Event;
struct Graph;
struct GraphExec;
}  // namespace cuda_emulation
using cudaStream_t = cuda_emulation::Stream*;
using cudaEvent_t = cuda_emulation::Event*;
using cudaGraph_t = cuda_emulation::Graph*;
using cudaGraphExec_t = cuda_emulation::GraphExec*;

inline constexpr unsigned cudaStreamNonBlocking = 1;
inline constexpr unsigned cudaEventDefault = 0, cudaEventDisableTiming = 2;
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags = 0);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
// By the emulation's own clock, which stands still but for PassTime.
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);

enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed = 2 };
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long flags = 0);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);

enum cudaMemcpyKind {
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDeviceToDevice = 3,
};
inline constexpr unsigned cudaHostAllocDefault = 0;
cudaError_t cudaMalloc(void** data, size_t bytes);
cudaError_t cudaFree(void* data);
cudaError_t cudaHostAlloc(void** data, size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void* data);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device,
                                size_t bytes, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* data, int value, size_t bytes, cudaStream_t stream);

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

namespace cuda_emulation {
cudaError_t Launch(const cudaLaunchConfig_t& config, std::function<void()> thread);
// Called by work on a stream, which takes this long.
void PassTime(double milliseconds);
}  // namespace cuda_emulation

template <typename... Params, typename... Args>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Params...),
                               Args&&... args) {
  return cuda_emulation::Launch(
      *config, [kernel, ... values = static_cast<Params>(args)] { kernel(values...); });
}

// ---- What tests set ----

namespace cuda_emulation {

struct Machine {
  int devices = 1;
  size_t bytes = size_t{256} << 20;  // Of each device.
  size_t context_bytes = 0;          // Of those, what each process takes for itself.
  int driver_version = 13000;        // 0: there is no driver.
  int major = 9, minor = 0;          // The compute capability.
};
// REQUIRES: no stream or device memory is left.
void SetMachine(const Machine& machine);
// Bytes that cudaMalloc has out, on all devices.
size_t BytesInUse();
int StreamsInUse();
int GraphsInUse();  // Of both kinds.
// How often the function `name` was called.
int Calls(const char* name);

// The nth call from now on (0: the next) of the function `name` fails with `error`.
void FailCall(const char* name, int n, cudaError_t error);
// Kernels that start from now on fail: their device has this error from then on.
void FailKernels(cudaError_t error);

}  // namespace cuda_emulation

#endif  // WEIR_TESTS_CUDA_EMULATION_CUDA_RUNTIME_H_
