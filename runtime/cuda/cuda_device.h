#ifndef WEIR_RUNTIME_CUDA_CUDA_DEVICE_H_
#define WEIR_RUNTIME_CUDA_CUDA_DEVICE_H_

#include <cuda_runtime.h>

#include "weir/core/mutex.h"
#include "weir/runtime/block_allocator.h"
#include "weir/runtime/cuda/cuda_memory.h"
#include "weir/runtime/device.h"
#include "weir/runtime/gpu.h"

namespace weir {

class CudaLibraries;

// A GPU under the CUDA runtime. Its work is on one stream, so that it is done in the order in which
// it was given; copies that need not wait for it are on two further ones (cuda_memory.h).
class CudaDevice final : public Device {
 public:
  // `ordinal` is CUDA's number of the GPU, `id` the one in the device's name; a session takes its
  // kernels from `kernels`, which outlive the device.
  static absl::StatusOr<std::shared_ptr<CudaDevice>> Make(int ordinal, int id,
                                                          const BlockAllocator::Options& memory,
                                                          const KernelRegistry& kernels,
                                                          Float32Math float32_math = {});
  ~CudaDevice() override;

  Allocator& allocator() override;
  const KernelRegistry* kernels() const override { return &kernels_; }
  absl::Status Synchronize() override;
  std::string MemoryReport() override { return blocks_.stats().ToString(); }

  absl::StatusOr<std::unique_ptr<Recorder>> StartRecording() override;

  // Where kernels go: the compute stream, or what takes its place while the calling thread records.
  cudaStream_t stream() const;
  bool is_recording() const { return stream() != stream_; }

  cudaStream_t compute_stream() const { return stream_; }
  cudaStream_t in_stream() const { return in_stream_; }
  cudaStream_t out_stream() const { return out_stream_; }
  int ordinal() const { return ordinal_; }
  // Makes what is enqueued on `stream`, of any GPU, from now on wait for what the compute stream
  // has been given.
  absl::Status MakeWait(cudaStream_t stream);

  CudaLibraries& libraries() { return *libraries_; }
  // See GpuOptions.
  Float32Math float32_math() const { return float32_math_; }
  // Makes the GPU the one that the calling thread's CUDA calls are for.
  absl::Status Activate() const;
  // The status, with the device's name before the message of an error.
  absl::Status Named(const absl::Status& status) const;

 private:
  // The driver's memory.
  class Regions final : public RegionSource {
   public:
    explicit Regions(int ordinal) : ordinal_(ordinal) {}
    void* Reserve(size_t bytes) override;
    void Release(void* region, size_t bytes) override;

   private:
    const int ordinal_;
  };

  CudaDevice(int ordinal, int id, const BlockAllocator::Options& memory,
             const KernelRegistry& kernels, Float32Math float32_math);

  const int ordinal_;
  const KernelRegistry& kernels_;
  const Float32Math float32_math_;
  Regions regions_;
  BlockAllocator blocks_;
  CudaMemory memory_;
  cudaStream_t stream_ = nullptr, in_stream_ = nullptr, out_stream_ = nullptr;
  Mutex mu_;
  cudaEvent_t mark_ ABSL_GUARDED_BY(mu_) = nullptr;  // A moment of the compute stream.
  std::unique_ptr<CudaLibraries> libraries_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDA_DEVICE_H_
