#include "weir/runtime/cuda/cuda_device.h"

#include "weir/runtime/cuda/cuda_libraries.h"
#include "weir/runtime/cuda/cuda_status.h"
#include "weir/runtime/cuda/staging.h"

namespace weir {

class CudaDevice::Memory final : public DeviceMemory {
 public:
  explicit Memory(CudaDevice& device) : device_(device) {}

  void* Allocate(size_t bytes) override { return device_.blocks_.Allocate(bytes); }
  void Deallocate(void* data, size_t /*bytes*/) override { device_.blocks_.Deallocate(data); }

  const std::string& name() const override { return device_.name(); }

  absl::Status CopyIn(void* to, const void* host, size_t bytes) override {
    RETURN_IF_ERROR(device_.Activate());
    return device_.Named(staging_.CopyIn(to, host, bytes, device_.stream_));
  }
  absl::Status CopyOut(void* host, const void* from, size_t bytes) override {
    RETURN_IF_ERROR(device_.Activate());
    return device_.Named(staging_.CopyOut(host, from, bytes, device_.stream_));
  }
  absl::Status CopyWithin(void* to, const void* from, size_t bytes) override {
    RETURN_IF_ERROR(device_.Activate());
    return device_.Named(
        CudaStatus(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, device_.stream_),
                   "cudaMemcpyAsync"));
  }

 private:
  CudaDevice& device_;
  Staging staging_;
};

void* CudaDevice::Regions::Reserve(size_t bytes) {
  void* region = nullptr;
  if (cudaSetDevice(ordinal_) != cudaSuccess || cudaMalloc(&region, bytes) != cudaSuccess) {
    (void)cudaGetLastError();
    return nullptr;
  }
  return region;
}

void CudaDevice::Regions::Release(void* region, size_t /*bytes*/) {
  (void)cudaSetDevice(ordinal_);
  (void)cudaFree(region);
}

CudaDevice::CudaDevice(int ordinal, int id, const BlockAllocator::Options& memory,
                       const KernelRegistry& kernels, bool allow_tf32)
    : Device("GPU", id),
      ordinal_(ordinal),
      kernels_(kernels),
      allow_tf32_(allow_tf32),
      regions_(ordinal),
      blocks_(regions_, memory),
      memory_(std::make_unique<Memory>(*this)),
      libraries_(std::make_unique<CudaLibraries>(*this)) {}

absl::StatusOr<std::shared_ptr<CudaDevice>> CudaDevice::Make(int ordinal, int id,
                                                             const BlockAllocator::Options& memory,
                                                             const KernelRegistry& kernels,
                                                             bool allow_tf32) {
  std::shared_ptr<CudaDevice> device(new CudaDevice(ordinal, id, memory, kernels, allow_tf32));
  RETURN_IF_ERROR(device->Activate());
  RETURN_IF_ERROR(device->Named(CudaStatus(
      cudaStreamCreateWithFlags(&device->stream_, cudaStreamNonBlocking), "cudaStreamCreate")));
  return device;
}

CudaDevice::~CudaDevice() {
  (void)cudaSetDevice(ordinal_);
  if (stream_ == nullptr) return;
  (void)cudaStreamSynchronize(stream_);
  libraries_ = nullptr;  // Their handles may know the stream.
  (void)cudaStreamDestroy(stream_);
}

Allocator& CudaDevice::allocator() { return *memory_; }

absl::Status CudaDevice::Activate() const {
  return Named(CudaStatus(cudaSetDevice(ordinal_), "cudaSetDevice"));
}

absl::Status CudaDevice::Named(const absl::Status& status) const {
  return status.ok() ? status : Annotate(status, absl::StrCat(name(), ": "));
}

absl::Status CudaDevice::Synchronize() {
  RETURN_IF_ERROR(Activate());
  return Named(CudaStatus(cudaStreamSynchronize(stream_), "a kernel or copy failed"));
}

}  // namespace weir
