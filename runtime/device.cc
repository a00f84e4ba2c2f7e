#include "weir/runtime/device.h"

namespace weir {
namespace {

DeviceName LocalName(absl::string_view type, int id) {
  DeviceName name;
  name.job = "localhost";
  name.replica = 0;
  name.task = 0;
  name.type = std::string(type);
  name.id = id;
  return name;
}

class HostDevice final : public Device {
 public:
  explicit HostDevice(Allocator& allocator) : Device("CPU", 0), allocator_(allocator) {}
  Allocator& allocator() override { return allocator_; }
  absl::Status Synchronize() override { return absl::OkStatus(); }

 private:
  Allocator& allocator_;
};

}  // namespace

Device::Device(absl::string_view type, int id)
    : parts_(LocalName(type, id)), name_(parts_.ToString()) {}

absl::StatusOr<std::unique_ptr<Recorder>> Device::StartRecording() {
  return Unimplemented(name(), " does not record");
}

std::unique_ptr<Device> MakeHostDevice(Allocator& allocator) {
  return std::make_unique<HostDevice>(allocator);
}

}  // namespace weir
