#ifndef WEIR_KERNELS_COMMON_FUSED_OPS_H_
#define WEIR_KERNELS_COMMON_FUSED_OPS_H_

#include <cstdint>

#include "weir/runtime/kernel.h"

namespace weir {

// What a fused node, such as _FusedMatMul, does after its product: adds input 2, which has an
// element for each of `channels`, and then maybe takes the positive part. Returns whether it does
// that. Unimplemented for other fused_ops.
absl::StatusOr<bool> ReadBiasAndRelu(KernelPrepare& k, int64_t channels);

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_FUSED_OPS_H_
