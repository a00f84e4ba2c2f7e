#ifndef WEIR_CORE_DEVICE_MEMORY_H_
#define WEIR_CORE_DEVICE_MEMORY_H_

#include <memory>
#include <string>

#include "weir/core/allocator.h"
#include "weir/core/status.h"

namespace weir {

// Memory that only a device's kernels touch; the host allocates in it and copies. A device works on
// what it is given in the order in which it was given, and so does a block that is given back and
// handed out again.
//
// Thread rule: all calls are safe from any thread.
class DeviceMemory : public Allocator {
 public:
  // A block that the host fills ahead of its use, while the device works on what came before.
  // Thread rule: one call at a time.
  class Inlet {
   public:
    virtual ~Inlet() = default;
    // Copies all of the block from the host's memory, which may change again once the call returns.
    virtual absl::Status Fill(const void* host) = 0;
    // Copies the block to `to`, in the device's order.
    virtual absl::Status Take(void* to) = 0;
  };

  DeviceMemory* device_memory() final { return this; }

  // What errors call it: "/job:localhost/replica:0/task:0/device:GPU:0".
  virtual const std::string& name() const = 0;

  // From the host's memory, which may change again once the call returns.
  virtual absl::Status CopyIn(void* to, const void* host, size_t bytes) = 0;
  // To the host's memory. Waits for the device; an earlier kernel's error may come out here.
  virtual absl::Status CopyOut(void* host, const void* from, size_t bytes) = 0;
  virtual absl::Status CopyWithin(void* to, const void* from, size_t bytes) = 0;
  // From another device's memory, in the order of both. Unimplemented where the way is through the
  // host.
  virtual absl::Status CopyFrom(DeviceMemory& source, void* to, const void* from, size_t bytes);

  // The inlet lives no longer than this. An error when there is no memory for it.
  virtual absl::StatusOr<std::unique_ptr<Inlet>> MakeInlet(size_t bytes) = 0;
};

}  // namespace weir

#endif  // WEIR_CORE_DEVICE_MEMORY_H_
