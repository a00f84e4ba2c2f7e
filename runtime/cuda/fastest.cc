#include "weir/runtime/cuda/fastest.h"

#include <optional>

#include "weir/runtime/cuda/cuda_status.h"

namespace weir {
namespace {

// Measures what is put on a device's stream.
class StopWatch {
 public:
  explicit StopWatch(CudaDevice& device) : device_(device) {}
  ~StopWatch() {
    for (cudaEvent_t event : events_) {
      if (event != nullptr) (void)cudaEventDestroy(event);
    }
  }
  StopWatch(const StopWatch&) = delete;
  StopWatch& operator=(const StopWatch&) = delete;

  absl::Status Make() {
    for (cudaEvent_t& event : events_) {
      RETURN_IF_ERROR(device_.Named(
          CudaStatus(cudaEventCreateWithFlags(&event, cudaEventDefault), "cudaEventCreate")));
    }
    return absl::OkStatus();
  }
  absl::Status Start() { return Record(events_[0]); }
  // Milliseconds from Start on, when all of it is done.
  absl::StatusOr<float> Stop() {
    RETURN_IF_ERROR(Record(events_[1]));
    RETURN_IF_ERROR(device_.Synchronize());
    float time = 0;
    RETURN_IF_ERROR(device_.Named(
        CudaStatus(cudaEventElapsedTime(&time, events_[0], events_[1]), "cudaEventElapsedTime")));
    return time;
  }

 private:
  absl::Status Record(cudaEvent_t event) {
    return device_.Named(CudaStatus(cudaEventRecord(event, device_.stream()), "cudaEventRecord"));
  }

  CudaDevice& device_;
  cudaEvent_t events_[2] = {nullptr, nullptr};
};

// The first time may load code, and is not measured.
constexpr int kRounds = 3;

}  // namespace

DeviceScratch::DeviceScratch(CudaDevice& device, const std::vector<size_t>& sizes)
    : allocator_(device.allocator()) {
  constexpr size_t kAlignment = BlockAllocator::kAlignment;
  for (const size_t size : sizes) {
    offsets_.push_back(bytes_);
    bytes_ += (size + kAlignment - 1) / kAlignment * kAlignment;
  }
  data_ = allocator_.Allocate(bytes_);
}

DeviceScratch::~DeviceScratch() {
  if (data_ != nullptr) allocator_.Deallocate(data_, bytes_);
}

absl::StatusOr<size_t> FindFastest(CudaDevice& device, size_t count,
                                   absl::FunctionRef<absl::Status(size_t)> enqueue) {
  RETURN_IF_ERROR(device.Activate());
  StopWatch watch(device);
  RETURN_IF_ERROR(watch.Make());
  std::optional<size_t> fastest;
  float shortest = 0;
  absl::Status refusal = Internal("there is nothing to choose from");
  for (size_t i = 0; i < count; ++i) {
    absl::Status status = enqueue(i);
    RETURN_IF_ERROR(watch.Start());
    for (int round = 0; round < kRounds; ++round) status.Update(enqueue(i));
    ASSIGN_OR_RETURN(const float time, watch.Stop());
    if (!status.ok()) {
      refusal = std::move(status);
    } else if (!fastest.has_value() || time < shortest) {
      fastest = i;
      shortest = time;
    }
  }
  if (!fastest.has_value()) return absl::UnimplementedError(refusal.message());
  return *fastest;
}

}  // namespace weir
