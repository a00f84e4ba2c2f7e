// In place of the other files of this folder where there is no CUDA toolkit.

#include "weir/runtime/gpu.h"

namespace weir {

absl::StatusOr<std::vector<std::shared_ptr<Device>>> MakeGpus(const GpuOptions& /*options*/) {
  return absl::UnimplementedError(
      "no GPU: this program was built without CUDA, as no toolkit with cuDNN's headers was found "
      "(CUDA_HOME, or /usr/local/cuda)");
}

}  // namespace weir
