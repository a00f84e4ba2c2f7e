#include "weir/runtime/cuda/fastest.h"

#include "weir/runtime/cuda/cuda_status.h"

namespace weir {
namespace {

class Event {
 public:
  Event() = default;
  ~Event() {
    if (event_ != nullptr) (void)cudaEventDestroy(event_);
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  absl::Status Make() {
    return CudaStatus(cudaEventCreateWithFlags(&event_, cudaEventDefault), "cudaEventCreate");
  }
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

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

absl::StatusOr<int> FindFastest(CudaDevice& device, int count,
                                absl::FunctionRef<absl::Status(int)> enqueue) {
  RETURN_IF_ERROR(device.Activate());
  Event begin, end;
  RETURN_IF_ERROR(device.Named(begin.Make()));
  RETURN_IF_ERROR(device.Named(end.Make()));
  const auto record = [&](const Event& event) {
    return device.Named(
        CudaStatus(cudaEventRecord(event.get(), device.stream()), "cudaEventRecord"));
  };
  int fastest = -1;
  float shortest = 0;
  absl::Status error = Internal("there is nothing to choose from");
  for (int i = 0; i < count; ++i) {
    // The first time may load code.
    if (absl::Status status = enqueue(i); !status.ok()) {
      error = std::move(status);
      continue;
    }
    RETURN_IF_ERROR(record(begin));
    for (int round = 0; round < kRounds; ++round) RETURN_IF_ERROR(enqueue(i));
    RETURN_IF_ERROR(record(end));
    RETURN_IF_ERROR(device.Synchronize());
    float time = 0;
    RETURN_IF_ERROR(device.Named(
        CudaStatus(cudaEventElapsedTime(&time, begin.get(), end.get()), "cudaEventElapsedTime")));
    if (fastest < 0 || time < shortest) {
      fastest = i;
      shortest = time;
    }
  }
  if (fastest < 0) return error;
  return fastest;
}

}  // namespace weir
