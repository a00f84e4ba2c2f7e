#ifndef WEIR_KERNELS_CUDA_RANDOM_UTIL_H_
#define WEIR_KERNELS_CUDA_RANDOM_UTIL_H_

#include <functional>

#include "weir/core/philox.h"
#include "weir/runtime/kernel.h"

namespace weir {

// How a preparation says where draws begin: a function that starts the kernel which leaves a
// generator in *base, in the device's memory.
using BeginDraws = std::function<absl::Status(const KernelRun& r, Philox* base)>;

// Where the node's stream is, which then moves on by `blocks`.
BeginDraws BeginInNodesStream(KernelPrepare& k, uint64_t blocks);
// In the stream that input i, the seed of a stateless op, names.
BeginDraws BeginAtSeed(KernelPrepare& k, int i);

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_RANDOM_UTIL_H_
