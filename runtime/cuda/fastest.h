#ifndef WEIR_RUNTIME_CUDA_FASTEST_H_
#define WEIR_RUNTIME_CUDA_FASTEST_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "weir/runtime/cuda/cuda_device.h"

namespace weir {

// Memory of a device for as long as it is in scope; null when there is none to be had. What uses it
// is on the device's stream.
class DeviceScratch {
 public:
  DeviceScratch(CudaDevice& device, size_t bytes)
      : allocator_(device.allocator()), bytes_(bytes), data_(allocator_.Allocate(bytes)) {}
  ~DeviceScratch() {
    if (data_ != nullptr) allocator_.Deallocate(data_, bytes_);
  }
  DeviceScratch(const DeviceScratch&) = delete;
  DeviceScratch& operator=(const DeviceScratch&) = delete;

  char* data() const { return static_cast<char*>(data_); }

 private:
  Allocator& allocator_;
  const size_t bytes_;
  void* const data_;
};

// Which of `count` ways to do something is the fastest on the device: enqueue(i) puts way i on its
// stream, and those that fail are left out. Waits for the device, so this is for preparations.
// The last way's error when there is none.
absl::StatusOr<int> FindFastest(CudaDevice& device, int count,
                                absl::FunctionRef<absl::Status(int)> enqueue);

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_FASTEST_H_
