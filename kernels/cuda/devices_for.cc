#include "weir/graph/device_name.h"
#include "weir/runtime/gpu.h"

namespace weir {

absl::StatusOr<std::vector<std::shared_ptr<Device>>> DevicesFor(absl::string_view device,
                                                                const GpuOptions& options) {
  ASSIGN_OR_RETURN(const DeviceName name, DeviceName::Parse(device));
  if (!name.type.has_value() || *name.type == "CPU") {
    return std::vector<std::shared_ptr<Device>>();
  }
  if (*name.type != "GPU") return InvalidArgument("there are no devices such as '", device, "'");
  absl::StatusOr<std::vector<std::shared_ptr<Device>>> gpus = MakeGpus(options);
  if (!gpus.ok()) return Annotate(gpus.status(), absl::StrCat(device, ": "));
  const auto count = static_cast<int>(gpus->size());
  if (name.id.value_or(0) >= count) {
    return InvalidArgument(device, ": this process sees ", count, count == 1 ? " GPU" : " GPUs");
  }
  return gpus;
}

}  // namespace weir
