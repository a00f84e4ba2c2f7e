#ifndef WEIR_KERNELS_COMMON_CHECKS_H_
#define WEIR_KERNELS_COMMON_CHECKS_H_

#include "weir/runtime/kernel.h"

namespace weir {

// InvalidArgument, naming the input, unless input i has input 0's shape.
absl::Status CheckShapeOfInput0(const KernelPrepare& k, int i);

// The shape of those inputs that are not scalars. InvalidArgument unless they have the same.
absl::StatusOr<Shape> ShapeBesideScalars(const KernelPrepare& k);

// InvalidArgument unless output 0 is of the complex type with parts of input 0's type (Complex), or
// of the type of input 0's parts (Real, Imag, ...): their attrs T and Tout must belong together.
absl::Status CheckComplexOutput(const KernelPrepare& k);
absl::Status CheckPartOutput(const KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_CHECKS_H_
