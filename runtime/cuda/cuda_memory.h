#ifndef WEIR_RUNTIME_CUDA_CUDA_MEMORY_H_
#define WEIR_RUNTIME_CUDA_CUDA_MEMORY_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "weir/core/device_memory.h"
#include "weir/core/mutex.h"
#include "weir/runtime/block_allocator.h"
#include "weir/runtime/cuda/staging.h"

namespace weir {

class CudaDevice;

// The memory of a GPU. Its order is that of the compute stream:
//
// - Copies within it, from another GPU, and from the host go on that stream itself. A block may be
//   in use by work that was given before, and is used by work that is given after, so that another
//   stream would have to wait for both.
// - An inlet is filled on a stream of its own: only its last Take can still be reading it.
// - Copies to the host go on a stream of their own too, from a moment of the compute stream on:
//   what is enqueued afterwards, also by other threads, is not waited for.
class CudaMemory final : public DeviceMemory {
 public:
  // REQUIRES: both outlive this.
  CudaMemory(CudaDevice& device, BlockAllocator& blocks) : device_(device), blocks_(blocks) {}

  // Nothing while the calling thread records.
  void* Allocate(size_t bytes) override;
  void Deallocate(void* data, size_t bytes) override;
  const std::string& name() const override;

  absl::Status CopyIn(void* to, const void* host, size_t bytes) override;
  absl::Status CopyOut(void* host, const void* from, size_t bytes) override;
  absl::Status CopyWithin(void* to, const void* from, size_t bytes) override;
  absl::Status CopyFrom(DeviceMemory& source, void* to, const void* from, size_t bytes) override;
  absl::StatusOr<std::unique_ptr<Inlet>> MakeInlet(size_t bytes) override;

 private:
  class CudaInlet;

  // Lets the GPUs copy without a detour over the host, where the machine can.
  void OpenWayFrom(const CudaDevice& source);

  CudaDevice& device_;
  BlockAllocator& blocks_;
  Staging in_, out_, inlets_;
  Mutex mu_;
  absl::flat_hash_set<int> peers_ ABSL_GUARDED_BY(mu_);  // To which the way was opened.
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDA_MEMORY_H_
