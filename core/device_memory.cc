#include "weir/core/device_memory.h"

namespace weir {

absl::Status DeviceMemory::CopyFrom(DeviceMemory& source, void* /*to*/, const void* /*from*/,
                                    size_t /*bytes*/) {
  return Unimplemented("there is no way from ", source.name(), " to ", name());
}

}  // namespace weir
