#ifndef WEIR_OPS_BITS_H_
#define WEIR_OPS_BITS_H_

// Counting and packing bits. (Bitwise arithmetic is in binary.h.)

#include "weir/graph/scope.h"

namespace weir::ops {

// The number of ones in the binary form of each element: uint8. Integers.
Output PopulationCount(const OpScope& scope, const Input& x);

// Whether each element is larger than the scalar `threshold` (for bools: whether it is true), eight
// neighbours packed into a uint8, the first in the highest bit. Errors: InvalidArgument unless the
// innermost dimension is a multiple of 8.
Output CompareAndBitpack(const OpScope& scope, const Input& input, const Input& threshold);

}  // namespace weir::ops

#endif  // WEIR_OPS_BITS_H_
