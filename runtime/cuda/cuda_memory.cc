#include "weir/runtime/cuda/cuda_memory.h"

#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/cuda/cuda_status.h"

namespace weir {
namespace {

absl::Status WhileRecording() {
  return FailedPrecondition("a recording has no copies from or to other memories");
}

}  // namespace

class CudaMemory::CudaInlet final : public DeviceMemory::Inlet {
 public:
  CudaInlet(CudaMemory& memory, size_t bytes) : memory_(memory), bytes_(bytes) {}
  ~CudaInlet() override {
    (void)device().Activate();
    // The block may become another's once nothing fills it; what takes it is in the device's order.
    (void)cudaStreamSynchronize(device().in_stream());
    if (filled_ != nullptr) (void)cudaEventDestroy(filled_);
    if (taken_ != nullptr) (void)cudaEventDestroy(taken_);
    if (data_ != nullptr) memory_.blocks_.Deallocate(data_);
  }

  absl::Status Init() {
    RETURN_IF_ERROR(device().Activate());
    for (cudaEvent_t* event : {&filled_, &taken_}) {
      RETURN_IF_ERROR(device().Named(
          CudaStatus(cudaEventCreateWithFlags(event, cudaEventDisableTiming), "cudaEventCreate")));
    }
    data_ = memory_.Allocate(bytes_);
    if (data_ == nullptr) {
      return ResourceExhausted("no memory on ", memory_.name(), " for the ", bytes_,
                               " bytes of a feed");
    }
    return device().MakeWait(device().in_stream());  // For who had the block before.
  }

  absl::Status Fill(const void* host) override {
    RETURN_IF_ERROR(device().Activate());
    return device().Named(DoFill(host));
  }

  absl::Status Take(void* to) override {
    RETURN_IF_ERROR(device().Activate());
    return device().Named(DoTake(to));
  }

 private:
  CudaDevice& device() const { return memory_.device_; }

  absl::Status DoFill(const void* host) {
    const cudaStream_t stream = device().in_stream();
    RETURN_IF_ERROR(CudaStatus(cudaStreamWaitEvent(stream, taken_), "cudaStreamWaitEvent"));
    RETURN_IF_ERROR(memory_.inlets_.CopyIn(data_, host, bytes_, stream));
    return CudaStatus(cudaEventRecord(filled_, stream), "cudaEventRecord");
  }

  absl::Status DoTake(void* to) {
    const cudaStream_t stream = device().compute_stream();
    RETURN_IF_ERROR(CudaStatus(cudaStreamWaitEvent(stream, filled_), "cudaStreamWaitEvent"));
    RETURN_IF_ERROR(CudaStatus(cudaMemcpyAsync(to, data_, bytes_, cudaMemcpyDeviceToDevice, stream),
                               "cudaMemcpyAsync"));
    const absl::Status recorded = CudaStatus(cudaEventRecord(taken_, stream), "cudaEventRecord");
    // Without the event the next Fill would not know when it may.
    if (!recorded.ok()) (void)cudaStreamSynchronize(stream);
    return recorded;
  }

  CudaMemory& memory_;
  const size_t bytes_;
  void* data_ = nullptr;
  cudaEvent_t filled_ = nullptr, taken_ = nullptr;
};

void* CudaMemory::Allocate(size_t bytes) {
  return device_.is_recording() ? nullptr : blocks_.Allocate(bytes);
}

void CudaMemory::Deallocate(void* data, size_t /*bytes*/) { blocks_.Deallocate(data); }

const std::string& CudaMemory::name() const { return device_.name(); }

absl::Status CudaMemory::CopyIn(void* to, const void* host, size_t bytes) {
  if (device_.is_recording()) return WhileRecording();
  RETURN_IF_ERROR(device_.Activate());
  return device_.Named(in_.CopyIn(to, host, bytes, device_.compute_stream()));
}

absl::Status CudaMemory::CopyOut(void* host, const void* from, size_t bytes) {
  if (device_.is_recording()) return WhileRecording();
  RETURN_IF_ERROR(device_.Activate());
  RETURN_IF_ERROR(device_.MakeWait(device_.out_stream()));
  return device_.Named(out_.CopyOut(host, from, bytes, device_.out_stream()));
}

absl::Status CudaMemory::CopyWithin(void* to, const void* from, size_t bytes) {
  RETURN_IF_ERROR(device_.Activate());
  return device_.Named(
      CudaStatus(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, device_.stream()),
                 "cudaMemcpyAsync"));
}

void CudaMemory::OpenWayFrom(const CudaDevice& source) {
  {
    MutexLock lock(mu_);
    if (!peers_.insert(source.ordinal()).second) return;
  }
  // Where that cannot be, the driver copies by way of the host.
  (void)cudaDeviceEnablePeerAccess(source.ordinal(), 0);
  (void)cudaGetLastError();
}

absl::Status CudaMemory::CopyFrom(DeviceMemory& source, void* to, const void* from, size_t bytes) {
  auto* const other = dynamic_cast<CudaMemory*>(&source);
  if (other == nullptr) return DeviceMemory::CopyFrom(source, to, from, bytes);
  CudaDevice& there = other->device_;
  if (device_.is_recording() || there.is_recording()) return WhileRecording();
  const cudaStream_t stream = device_.compute_stream();
  RETURN_IF_ERROR(there.MakeWait(stream));
  RETURN_IF_ERROR(device_.Activate());
  OpenWayFrom(there);
  RETURN_IF_ERROR(device_.Named(
      CudaStatus(cudaMemcpyPeerAsync(to, device_.ordinal(), from, there.ordinal(), bytes, stream),
                 "cudaMemcpyPeerAsync")));
  // What overwrites the source comes after the copy.
  const absl::Status waits = device_.MakeWait(there.compute_stream());
  if (!waits.ok()) (void)cudaStreamSynchronize(stream);
  return waits;
}

absl::StatusOr<std::unique_ptr<DeviceMemory::Inlet>> CudaMemory::MakeInlet(size_t bytes) {
  auto inlet = std::make_unique<CudaInlet>(*this, bytes);
  RETURN_IF_ERROR(inlet->Init());
  return std::unique_ptr<Inlet>(std::move(inlet));
}

}  // namespace weir
