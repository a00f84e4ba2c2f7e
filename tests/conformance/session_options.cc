#include "weir/tests/conformance/session_options.h"

#include "absl/flags/flag.h"
#include "weir/tests/fake_gpu.h"

ABSL_FLAG(std::string, device, "cpu", "Where the cases run: cpu, or fake_gpu");

namespace weir::conformance {

SessionOptions CaseOptions() {
  SessionOptions options;
  options.threads = 1;
  if (absl::GetFlag(FLAGS_device) == "fake_gpu") {
    static const auto* const gpu = new std::shared_ptr<Device>(
        std::make_shared<FakeGpu>(FakeGpu::Options{.bytes = size_t{1} << 30}));
    options.devices = {*gpu};
    options.kernels = &FakeGpuKernels();
  }
  return options;
}

}  // namespace weir::conformance
