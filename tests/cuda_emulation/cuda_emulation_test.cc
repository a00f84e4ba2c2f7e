#include <cuda_runtime.h>

#include <numeric>
#include <vector>

#include "gtest/gtest.h"

namespace {

// Each block adds its part: by warps with shuffles, then over the warps through shared memory.
__global__ void SumKernel(const int* in, int* out) {
  __shared__ int sums[8];
  int sum = in[blockIdx.x * blockDim.x + threadIdx.x];
  for (int delta = 16; delta > 0; delta /= 2) sum += __shfl_down_sync(0xffffffffu, sum, delta);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x >= 8) return;  // Before a barrier that others wait at.
  sum = sums[threadIdx.x];
  for (int lanes = 4; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(0xffu, sum, lanes);
  if (threadIdx.x == 0) atomicAdd(out, sum);
}

class CudaEmulation : public testing::Test {
 protected:
  void SetUp() override {
    cuda_emulation::SetMachine({});
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
  }
  void TearDown() override { EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess); }

  int* Allocate(int n) {
    void* data = nullptr;
    EXPECT_EQ(cudaMalloc(&data, n * sizeof(int)), cudaSuccess);
    return static_cast<int*>(data);
  }

  cudaStream_t stream_ = nullptr;
};

TEST_F(CudaEmulation, ThreadsMeetAtBarriersAndShuffles) {
  constexpr int kThreads = 256, kBlocks = 3;
  std::vector<int> values(kThreads * kBlocks);
  std::iota(values.begin(), values.end(), 1);
  int* const in = Allocate(kThreads * kBlocks);
  int* const out = Allocate(1);
  const size_t bytes = values.size() * sizeof(int);
  ASSERT_EQ(cudaMemcpyAsync(in, values.data(), bytes, cudaMemcpyHostToDevice, stream_),
            cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(out, 0, sizeof(int), stream_), cudaSuccess);
  cudaLaunchConfig_t config{};
  config.gridDim = kBlocks;
  config.blockDim = kThreads;
  config.stream = stream_;
  ASSERT_EQ(cudaLaunchKernelEx(&config, SumKernel, in, out), cudaSuccess);
  int sum = 0;
  ASSERT_EQ(cudaMemcpyAsync(&sum, out, sizeof(int), cudaMemcpyDeviceToHost, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(sum, 768 * 769 / 2);
  EXPECT_EQ(cudaFree(in), cudaSuccess);
  EXPECT_EQ(cudaFree(out), cudaSuccess);
  EXPECT_EQ(cuda_emulation::BytesInUse(), 0u);
}

TEST_F(CudaEmulation, TheHostCannotTouchTheDevicesMemory) {
  int* const data = Allocate(1);
  EXPECT_DEATH(*data = 1, "");
  EXPECT_EQ(cudaFree(data), cudaSuccess);
}

TEST_F(CudaEmulation, ImpossibleLaunchesAndInjectedFailuresAreErrors) {
  int* const data = Allocate(1);
  cudaLaunchConfig_t config{};
  config.stream = stream_;
  config.blockDim = 2048;
  EXPECT_EQ(cudaLaunchKernelEx(&config, SumKernel, data, data), cudaErrorInvalidValue);
  cuda_emulation::FailCall("cudaMalloc", 1, cudaErrorMemoryAllocation);
  void* more[2] = {};
  EXPECT_EQ(cudaMalloc(&more[0], 1), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&more[1], 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaFree(more[0]), cudaSuccess);
  EXPECT_EQ(cudaFree(data), cudaSuccess);
}

TEST_F(CudaEmulation, ACapturedStreamBecomesAGraph) {
  int* const data = Allocate(2);
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  int seen[2] = {-1, -1};
  const auto read = [&] {
    EXPECT_EQ(cudaMemcpyAsync(seen, data, sizeof(seen), cudaMemcpyDeviceToHost, stream_),
              cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  };
  ASSERT_EQ(cudaMemsetAsync(data, 0, sizeof(seen), stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(data, 1, sizeof(int), stream_), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(data + 1, data, sizeof(int), cudaMemcpyDeviceToDevice, stream_),
            cudaSuccess);
  ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  read();
  EXPECT_EQ(seen[1], 0);  // Nothing of it was done.
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);  // Which may still be at work.
  read();
  EXPECT_EQ(seen[1], 0x01010101);
  // A capture does not bear that somebody waits for it.
  ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(cuda_emulation::GraphsInUse(), 0);
  EXPECT_EQ(cudaFree(data), cudaSuccess);
}

// Later work of a stream waits for an event of another.
TEST_F(CudaEmulation, StreamsWaitForEvents) {
  cudaStream_t other = nullptr;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  int* const data = Allocate(1);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(cudaMemsetAsync(data, i, sizeof(int), stream_), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
    ASSERT_EQ(cudaStreamWaitEvent(other, event), cudaSuccess);
    int seen = -1;
    ASSERT_EQ(cudaMemcpyAsync(&seen, data, sizeof(int), cudaMemcpyDeviceToHost, other),
              cudaSuccess);
    ASSERT_EQ(cudaStreamSynchronize(other), cudaSuccess);
    ASSERT_EQ(seen, i * 0x01010101);
  }
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
  EXPECT_EQ(cudaFree(data), cudaSuccess);
}

}  // namespace
