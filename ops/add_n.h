#ifndef WEIR_OPS_ADD_N_H_
#define WEIR_OPS_ADD_N_H_

// Sums of many tensors of one type and shape.

#include "weir/graph/scope.h"

namespace weir::ops {

// inputs[0] + inputs[1] + ...; at least one. Numbers.
Output AddN(const OpScope& scope, absl::Span<const Output> inputs);

// The same, of a shape that is known beforehand.
Output AccumulateNV2(const OpScope& scope, absl::Span<const Output> inputs,
                     const PartialShape& shape);

}  // namespace weir::ops

#endif  // WEIR_OPS_ADD_N_H_
