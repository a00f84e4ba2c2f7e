#ifndef WEIR_RUNTIME_DEVICE_H_
#define WEIR_RUNTIME_DEVICE_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "weir/core/allocator.h"
#include "weir/core/device_memory.h"
#include "weir/graph/device_name.h"

namespace weir {

class KernelRegistry;

// Work of a device that is started as a whole, over the addresses that it was recorded with.
// Thread rule: one call at a time.
class Recording {
 public:
  virtual ~Recording() = default;
  // After all that the device was given before.
  virtual absl::Status Launch() = 0;
};

// Makes a recording. Thread rule: all calls, the destructor's included, are from one thread.
class Recorder {
 public:
  virtual ~Recorder() = default;
  // Writes down what `enqueue` gives the device from this thread, instead of doing it. The device
  // neither allocates nor copies from or to the host meanwhile: that is an error, as is the one
  // that `enqueue` returns. After an error nothing comes of the recording.
  virtual absl::Status Record(absl::FunctionRef<absl::Status()> enqueue) = 0;
  // All that was written down, in its order. The last call.
  virtual absl::StatusOr<std::unique_ptr<Recording>> Finish() = 0;
};

// Where kernels run and the tensors they make live. A session has the host's CPU, and further
// devices with memories of their own, whose kernels may be still at work when the call that
// enqueued them returns.
//
// Thread rule: all calls are safe from any thread.
class Device {
 public:
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // All parts set: "/job:localhost/replica:0/task:0/device:GPU:0".
  const DeviceName& parts() const { return parts_; }
  const std::string& name() const { return name_; }
  // Under which the kernel registry has its kernels: "CPU", "GPU".
  const std::string& type() const { return *parts_.type; }

  // Where its tensors come from.
  virtual Allocator& allocator() = 0;
  bool is_host() { return allocator().device_memory() == nullptr; }

  // All kernels of a session that has this device, the host's included; nullptr: the standard ones.
  // They live as long as the process.
  virtual const KernelRegistry* kernels() const { return nullptr; }

  // What error messages say of a memory that is exhausted; empty when there is nothing to say.
  virtual std::string MemoryReport() { return ""; }

  // Waits until all that the device was given is done. The first error of a kernel since the last
  // call.
  virtual absl::Status Synchronize() = 0;

  // What it makes lives no longer than the device. Unimplemented for devices that do not record.
  virtual absl::StatusOr<std::unique_ptr<Recorder>> StartRecording();

 protected:
  Device(absl::string_view type, int id);

 private:
  const DeviceName parts_;
  const std::string name_;
};

// The processor that the session's threads run on, with the memory of `allocator`, which outlives
// it.
std::unique_ptr<Device> MakeHostDevice(Allocator& allocator);

}  // namespace weir

#endif  // WEIR_RUNTIME_DEVICE_H_
