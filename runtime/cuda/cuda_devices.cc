#include "weir/runtime/cuda/cuda_devices.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/cuda/cuda_status.h"

namespace weir {
namespace {

std::string VersionText(int version) {
  return absl::StrCat(version / 1000, ".", version % 1000 / 10);
}

// What CUDA_VISIBLE_DEVICES has to do with there being no GPU.
std::string VisibilityText() {
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible == nullptr ? "" : absl::StrCat("; CUDA_VISIBLE_DEVICES is '", visible, "'");
}

// How many GPUs the process sees, which is one at least.
absl::StatusOr<int> CountGpus() {
  int driver = 0, runtime = 0;
  (void)cudaDriverGetVersion(&driver);
  (void)cudaRuntimeGetVersion(&runtime);
  if (driver == 0) {
    return absl::UnavailableError("no GPU: the NVIDIA driver (libcuda.so.1) is not installed");
  }
  if (driver / 1000 < runtime / 1000) {
    return absl::UnavailableError(
        absl::StrCat("no GPU: the NVIDIA driver is too old: it supports CUDA ", VersionText(driver),
                     ", and this program needs ", VersionText(runtime / 1000 * 1000)));
  }
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0)) {
    (void)cudaGetLastError();
    return absl::UnavailableError(
        absl::StrCat("no GPU that this process may see", VisibilityText()));
  }
  RETURN_IF_ERROR(CudaStatus(error, "no GPU: cudaGetDeviceCount"));
  return count;
}

// The oldest GPUs that the kernels are compiled for.
constexpr int kLeastMajor = 8, kLeastMinor = 0;

absl::Status CheckCapability(int ordinal) {
  const auto get = [ordinal](cudaDeviceAttr attribute, int* value) {
    return CudaStatus(cudaDeviceGetAttribute(value, attribute, ordinal), "cudaDeviceGetAttribute");
  };
  int major = 0, minor = 0;
  RETURN_IF_ERROR(get(cudaDevAttrComputeCapabilityMajor, &major));
  RETURN_IF_ERROR(get(cudaDevAttrComputeCapabilityMinor, &minor));
  if (std::pair(major, minor) >= std::pair(kLeastMajor, kLeastMinor)) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("GPU ", ordinal, " of those that this process sees has compute capability ",
                   major, ".", minor, ", and this program needs ", kLeastMajor, ".", kLeastMinor,
                   "; CUDA_VISIBLE_DEVICES and 'visible_device_list' choose among several"));
}

// The GPUs' numbers that `list` ("2,0") names, of those that are below `count`.
absl::StatusOr<std::vector<int>> ParseVisibleDevices(const std::string& list, int count) {
  std::vector<int> ordinals;
  if (list.empty()) {
    for (int i = 0; i < count; ++i) ordinals.push_back(i);
    return ordinals;
  }
  for (absl::string_view entry : absl::StrSplit(list, ',')) {
    int ordinal = 0;
    if (!absl::SimpleAtoi(entry, &ordinal)) {
      return InvalidArgument("could not parse entry in 'visible_device_list': '", entry,
                             "'. visible_device_list = ", list);
    }
    if (ordinal < 0 || ordinal >= count) {
      return InvalidArgument("'visible_device_list' listed an invalid GPU id '", ordinal,
                             "' but visible device count is ", count);
    }
    if (std::find(ordinals.begin(), ordinals.end(), ordinal) != ordinals.end()) {
      return InvalidArgument("'visible_device_list' names GPU ", ordinal,
                             " twice. visible_device_list = ", list);
    }
    ordinals.push_back(ordinal);
  }
  return ordinals;
}

absl::Status CheckOptions(const GpuOptions& options) {
  const double fraction = options.per_process_gpu_memory_fraction;
  if (!(fraction >= 0 && fraction <= 1)) {
    return InvalidArgument("per_process_gpu_memory_fraction must be in (0, 1], or 0 for no limit, ",
                           "not ", fraction);
  }
  if (options.memory_limit < 0) {
    return InvalidArgument("the memory limit of a GPU must not be negative: ",
                           options.memory_limit);
  }
  return absl::OkStatus();
}

// The limits on one GPU's memory, of which `free` bytes are to be had.
absl::StatusOr<BlockAllocator::Options> MemoryOptions(const GpuOptions& options, size_t free,
                                                      size_t total) {
  BlockAllocator::Options memory;
  memory.grow = options.allow_growth;
  memory.release_when_unused = true;
  if (options.per_process_gpu_memory_fraction > 0) {
    memory.limit =
        static_cast<size_t>(options.per_process_gpu_memory_fraction * static_cast<double>(total));
  }
  if (options.memory_limit > 0) {
    const auto limit = static_cast<size_t>(options.memory_limit);
    memory.limit = memory.limit == 0 ? limit : std::min(memory.limit, limit);
  }
  const bool is_limited = options.per_process_gpu_memory_fraction > 0 || options.memory_limit > 0;
  if (is_limited && memory.limit < BlockAllocator::kAlignment) {
    return InvalidArgument("the options leave ", memory.limit, " of ", total,
                           " bytes, less than the smallest block");
  }
  // What the driver and libraries take for themselves is never free.
  const size_t own = total / 16;
  const size_t most = options.memory_limit > 0 ? free : free + own;
  if (memory.limit > most) {
    return ResourceExhausted("the ", memory.limit,
                             " bytes that the options ask for are not free: ", free, " of ", total,
                             " bytes are; others hold the rest");
  }
  const size_t available = free - std::min(free, own);
  if (!memory.grow && memory.limit == 0) memory.limit = available;
  const bool by_fraction = options.per_process_gpu_memory_fraction > 0 && options.memory_limit == 0;
  if (by_fraction) memory.limit = std::min(memory.limit, memory.grow ? free : available);
  memory.limit = memory.limit / BlockAllocator::kAlignment * BlockAllocator::kAlignment;
  return memory;
}

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<Device>>> MakeCudaDevices(
    const GpuOptions& options, const KernelRegistry& kernels) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(const int count, CountGpus());
  ASSIGN_OR_RETURN(const std::vector<int> ordinals,
                   ParseVisibleDevices(options.visible_device_list, count));
  std::vector<std::shared_ptr<Device>> devices;
  absl::Status too_old;
  for (const int ordinal : ordinals) {
    const int id = static_cast<int>(devices.size());
    const std::string name = absl::StrCat("GPU:", id, ": ");
    const absl::Status capable = Annotate(CheckCapability(ordinal), name);
    // Like TensorFlow, leaves out those that nobody has asked for.
    if (absl::IsUnavailable(capable) && options.visible_device_list.empty()) {
      too_old.Update(capable);
      continue;
    }
    RETURN_IF_ERROR(capable);
    size_t free = 0, total = 0;
    RETURN_IF_ERROR(CudaStatus(cudaSetDevice(ordinal), name + "cudaSetDevice"));
    RETURN_IF_ERROR(CudaStatus(cudaMemGetInfo(&free, &total), name + "cudaMemGetInfo"));
    absl::StatusOr<BlockAllocator::Options> memory = MemoryOptions(options, free, total);
    if (!memory.ok()) return Annotate(memory.status(), name);
    ASSIGN_OR_RETURN(std::shared_ptr<Device> device,
                     CudaDevice::Make(ordinal, id, *memory, kernels, options.float32_math));
    devices.push_back(std::move(device));
  }
  if (devices.empty()) return too_old;
  return devices;
}

}  // namespace weir
