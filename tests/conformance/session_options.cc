#include "weir/tests/conformance/session_options.h"

#include "absl/flags/flag.h"
#include "weir/runtime/gpu.h"
#include "weir/tests/fake_gpu.h"

namespace weir::conformance {
namespace {

enum class CaseDevice { kCpu, kFakeGpu, kGpu };
constexpr const char* kCaseDevices[] = {"cpu", "fake_gpu", "gpu"};

bool AbslParseFlag(absl::string_view text, CaseDevice* device, std::string* error) {
  for (int i = 0; i < 3; ++i) {
    if (text != kCaseDevices[i]) continue;
    *device = static_cast<CaseDevice>(i);
    return true;
  }
  *error = "it is cpu, fake_gpu or gpu";
  return false;
}

std::string AbslUnparseFlag(CaseDevice device) { return kCaseDevices[static_cast<int>(device)]; }

}  // namespace
}  // namespace weir::conformance

ABSL_FLAG(
    weir::conformance::CaseDevice, device, weir::conformance::CaseDevice::kCpu,
    "Where the cases run: cpu, fake_gpu, or gpu: the machine's in *_cuda, else an emulated one");

namespace weir::conformance {

absl::StatusOr<SessionOptions> CaseOptions() {
  SessionOptions options;
  options.threads = 1;
  if (absl::GetFlag(FLAGS_device) == CaseDevice::kFakeGpu) {
    static const auto* const gpu = new std::shared_ptr<Device>(
        std::make_shared<FakeGpu>(FakeGpu::Options{.bytes = size_t{1} << 30}));
    options.devices = {*gpu};
    options.kernels = &FakeGpuKernels();
  }
  if (absl::GetFlag(FLAGS_device) == CaseDevice::kGpu) {
    static const auto* const gpus =
        new absl::StatusOr<std::vector<std::shared_ptr<Device>>>(MakeGpus());
    if (!gpus->ok()) return gpus->status();
    options.devices = **gpus;
  }
  return options;
}

}  // namespace weir::conformance
