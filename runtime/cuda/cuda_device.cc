#include "weir/runtime/cuda/cuda_device.h"

#include "weir/runtime/cuda/cuda_libraries.h"
#include "weir/runtime/cuda/cuda_recorder.h"
#include "weir/runtime/cuda/cuda_status.h"

namespace weir {

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
                       const KernelRegistry& kernels, Float32Math float32_math)
    : Device("GPU", id),
      ordinal_(ordinal),
      kernels_(kernels),
      float32_math_(float32_math),
      regions_(ordinal),
      blocks_(regions_, memory),
      memory_(*this, blocks_),
      libraries_(std::make_unique<CudaLibraries>(*this)) {}

absl::StatusOr<std::shared_ptr<CudaDevice>> CudaDevice::Make(int ordinal, int id,
                                                             const BlockAllocator::Options& memory,
                                                             const KernelRegistry& kernels,
                                                             Float32Math float32_math) {
  std::shared_ptr<CudaDevice> device(new CudaDevice(ordinal, id, memory, kernels, float32_math));
  RETURN_IF_ERROR(device->Activate());
  for (cudaStream_t* stream : {&device->stream_, &device->in_stream_, &device->out_stream_}) {
    RETURN_IF_ERROR(device->Named(
        CudaStatus(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), "cudaStreamCreate")));
  }
  MutexLock lock(device->mu_);
  RETURN_IF_ERROR(device->Named(CudaStatus(
      cudaEventCreateWithFlags(&device->mark_, cudaEventDisableTiming), "cudaEventCreate")));
  return device;
}

CudaDevice::~CudaDevice() {
  (void)cudaSetDevice(ordinal_);
  // Handles may know the stream.
  for (cudaStream_t stream : {in_stream_, out_stream_, stream_}) {
    if (stream != nullptr) (void)cudaStreamSynchronize(stream);
  }
  libraries_ = nullptr;
  for (cudaStream_t stream : {in_stream_, out_stream_, stream_}) {
    if (stream != nullptr) (void)cudaStreamDestroy(stream);
  }
  MutexLock lock(mu_);
  if (mark_ != nullptr) (void)cudaEventDestroy(mark_);
}

Allocator& CudaDevice::allocator() { return memory_; }

absl::Status CudaDevice::Activate() const {
  return Named(CudaStatus(cudaSetDevice(ordinal_), "cudaSetDevice"));
}

absl::Status CudaDevice::Named(const absl::Status& status) const {
  return status.ok() ? status : Annotate(status, absl::StrCat(name(), ": "));
}

cudaStream_t CudaDevice::stream() const {
  const cudaStream_t recorded = CudaRecorder::StreamOf(*this);
  return recorded != nullptr ? recorded : stream_;
}

absl::StatusOr<std::unique_ptr<Recorder>> CudaDevice::StartRecording() {
  return CudaRecorder::Start(*this);
}

absl::Status CudaDevice::MakeWait(cudaStream_t stream) {
  RETURN_IF_ERROR(Activate());
  MutexLock lock(mu_);
  RETURN_IF_ERROR(Named(CudaStatus(cudaEventRecord(mark_, stream_), "cudaEventRecord")));
  return Named(CudaStatus(cudaStreamWaitEvent(stream, mark_), "cudaStreamWaitEvent"));
}

absl::Status CudaDevice::Synchronize() {
  RETURN_IF_ERROR(Activate());
  for (cudaStream_t stream : {in_stream_, stream_}) {
    RETURN_IF_ERROR(Named(CudaStatus(cudaStreamSynchronize(stream), "a kernel or copy failed")));
  }
  return absl::OkStatus();
}

}  // namespace weir
