#ifndef WEIR_RUNTIME_CUDA_CUDA_DEVICE_H_
#define WEIR_RUNTIME_CUDA_CUDA_DEVICE_H_

#include <cuda_runtime.h>

#include "weir/runtime/block_allocator.h"
#include "weir/runtime/device.h"

namespace weir {

class CudaLibraries;

// A GPU under the CUDA runtime. All its work, copies included, is on one stream, so that it is done
// in the order in which it was given.
class CudaDevice final : public Device {
 public:
  // `ordinal` is CUDA's number of the GPU, `id` the one in the device's name; a session takes its
  // kernels from `kernels`, which outlive the device.
  static absl::StatusOr<std::shared_ptr<CudaDevice>> Make(int ordinal, int id,
                                                          const BlockAllocator::Options& memory,
                                                          const KernelRegistry& kernels,
                                                          bool allow_tf32 = false);
  ~CudaDevice() override;

  Allocator& allocator() override;
  const KernelRegistry* kernels() const override { return &kernels_; }
  absl::Status Synchronize() override;
  std::string MemoryReport() override { return blocks_.stats().ToString(); }

  cudaStream_t stream() const { return stream_; }
  CudaLibraries& libraries() { return *libraries_; }
  // See GpuOptions.
  bool allow_tf32() const { return allow_tf32_; }
  // Makes the GPU the one that the calling thread's CUDA calls are for.
  absl::Status Activate() const;
  // The status, with the device's name before the message of an error.
  absl::Status Named(const absl::Status& status) const;

 private:
  class Memory;
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
             const KernelRegistry& kernels, bool allow_tf32);

  const int ordinal_;
  const KernelRegistry& kernels_;
  const bool allow_tf32_;
  Regions regions_;
  BlockAllocator blocks_;
  std::unique_ptr<Memory> memory_;
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<CudaLibraries> libraries_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDA_DEVICE_H_
