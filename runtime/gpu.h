#ifndef WEIR_RUNTIME_GPU_H_
#define WEIR_RUNTIME_GPU_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "weir/core/status.h"
#include "weir/runtime/device.h"

namespace weir {

// What the factors of products and convolutions of float32 may be rounded to on a GPU, for several
// times the speed; those of complex64 likewise. Tensors stay float32, and so do sums. The less
// exact ways are permissions: where there is no kernel for one, or a more exact one is faster,
// factors keep more. Other types, and other ops, are not concerned.
enum class Float32Math {
  kFloat32,   // Not at all: a graph gives what it gives on the CPU, but for the order of sums.
  kTf32,      // 11 of the 24 bits, in float32's range.
  kBFloat16,  // 8 of the 24 bits, in float32's range.
  kFloat16,   // 11 of the 24 bits and half's range: what is beyond 65504 is infinite, and below
              // 6e-5 bits are lost. Or TF32.
};

// How a process uses the machine's GPUs. Names and meanings are those of TensorFlow's GPUOptions,
// but for growth from a small start, which is the default here, and Float32Math.
struct GpuOptions {
  // Memory is taken as it is needed; otherwise all that is allowed, when a GPU is first used.
  bool allow_growth = true;
  // Of a GPU's memory, in (0, 1]; 0: no limit of this kind.
  double per_process_gpu_memory_fraction = 0;
  // Bytes of a GPU that tensors and the libraries' workspaces may take together; 0: no limit.
  int64_t memory_limit = 0;
  // Which of the GPUs that the process sees become GPU:0, GPU:1, ...: "2,0". Empty: all of them, in
  // their order. What it sees is what CUDA_VISIBLE_DEVICES leaves it, numbered from 0.
  std::string visible_device_list = {};
  Float32Math float32_math = Float32Math::kFloat32;
};

// The GPUs of the machine, for SessionOptions::devices. Sessions that are given the same device
// share its memory; it goes back to the driver when nothing is in use any more.
//
// Errors say what is missing: Unimplemented when this program was built without CUDA; Unavailable
// when there is no driver, one that is too old, no GPU that the process may see, or one that is too
// old; InvalidArgument for options that make no sense; ResourceExhausted when the fraction is not
// free.
//
// Linked from //kernels/cuda. Thread rule: any thread.
absl::StatusOr<std::vector<std::shared_ptr<Device>>> MakeGpus(const GpuOptions& options = {});

// The devices besides the CPU that a node placed on `device` needs ("/device:GPU:0"): MakeGpus, or
// none for the CPU and for "". InvalidArgument, too, for a GPU that is not among them.
absl::StatusOr<std::vector<std::shared_ptr<Device>>> DevicesFor(absl::string_view device,
                                                                const GpuOptions& options = {});

}  // namespace weir

#endif  // WEIR_RUNTIME_GPU_H_
