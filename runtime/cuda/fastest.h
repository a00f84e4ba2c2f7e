#ifndef WEIR_RUNTIME_CUDA_FASTEST_H_
#define WEIR_RUNTIME_CUDA_FASTEST_H_

#include <cstddef>
#include <vector>

#include "absl/functional/function_ref.h"
#include "weir/runtime/cuda/cuda_device.h"

namespace weir {

// Buffers of a device for as long as they are in scope, aligned as blocks of its allocator. What
// uses them is on the device's stream.
class DeviceScratch {
 public:
  DeviceScratch(CudaDevice& device, const std::vector<size_t>& sizes);
  ~DeviceScratch();
  DeviceScratch(const DeviceScratch&) = delete;
  DeviceScratch& operator=(const DeviceScratch&) = delete;

  // False when there is no memory to be had.
  bool ok() const { return data_ != nullptr; }
  // Buffer i. REQUIRES: ok().
  void* operator[](size_t i) const { return static_cast<char*>(data_) + offsets_[i]; }

 private:
  Allocator& allocator_;
  std::vector<size_t> offsets_;
  size_t bytes_ = 0;
  void* data_;
};

// Which of `count` ways to do something is the fastest on the device: enqueue(i) puts way i on its
// stream, and those that fail are left out. Waits for the device, so this is for preparations.
// Unimplemented, with what the last way says, when all fail; errors of the device as they are.
absl::StatusOr<size_t> FindFastest(CudaDevice& device, size_t count,
                                   absl::FunctionRef<absl::Status(size_t)> enqueue);

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_FASTEST_H_
