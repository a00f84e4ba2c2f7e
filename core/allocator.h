#ifndef WEIR_CORE_ALLOCATOR_H_
#define WEIR_CORE_ALLOCATOR_H_

#include <cstddef>
#include <memory>

namespace weir {

class DeviceMemory;

// Source of tensor memory. Thread rule: all calls are safe from any thread.
class Allocator {
 public:
  static constexpr size_t kAlignment = 64;

  virtual ~Allocator() = default;

  // `bytes` bytes aligned to kAlignment, or nullptr when the memory is not to be had. `bytes` may
  // be 0. The content is unspecified.
  virtual void* Allocate(size_t bytes) = 0;

  // Gives back what Allocate(bytes) of this allocator returned.
  virtual void Deallocate(void* data, size_t bytes) = 0;

  // What a buffer must hold so that the allocator outlives it; nullptr when it lives as long as the
  // process.
  virtual std::shared_ptr<void> KeepAlive() { return nullptr; }

  // Counts bytes that are had elsewhere, such as arrays of objects, against the allocator's limit;
  // false when that does not allow them. Credit gives them back.
  virtual bool Charge(size_t /*bytes*/) { return true; }
  virtual void Credit(size_t /*bytes*/) {}

  // Itself when the host must not touch what it hands out; nullptr for the host's memory.
  virtual DeviceMemory* device_memory() { return nullptr; }
};

// The heap. Lives as long as the process.
Allocator& HeapAllocator();

}  // namespace weir

#endif  // WEIR_CORE_ALLOCATOR_H_
