#include "weir/tests/conformance/session_options.h"

#include "absl/flags/flag.h"
#include "weir/runtime/gpu.h"
#include "weir/tests/fake_gpu.h"

ABSL_FLAG(
    std::string, device, "cpu",
    "Where the cases run: cpu, fake_gpu, or gpu: the machine's in *_cuda, else an emulated one");

namespace weir::conformance {

absl::StatusOr<SessionOptions> CaseOptions() {
  SessionOptions options;
  options.threads = 1;
  if (absl::GetFlag(FLAGS_device) == "fake_gpu") {
    static const auto* const gpu = new std::shared_ptr<Device>(
        std::make_shared<FakeGpu>(FakeGpu::Options{.bytes = size_t{1} << 30}));
    options.devices = {*gpu};
    options.kernels = &FakeGpuKernels();
  }
  if (absl::GetFlag(FLAGS_device) == "gpu") {
    static const auto* const gpus =
        new absl::StatusOr<std::vector<std::shared_ptr<Device>>>(MakeGpus());
    if (!gpus->ok()) return gpus->status();
    options.devices = **gpus;
  }
  return options;
}

}  // namespace weir::conformance
