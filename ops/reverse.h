#ifndef WEIR_OPS_REVERSE_H_
#define WEIR_OPS_REVERSE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// x with the order of elements turned round along each axis listed in `axis`, an int32 or int64
// vector; negative axes count from the end. Errors: InvalidArgument for repeated axes.
Output Reverse(const OpScope& scope, const Input& x, const Input& axis);

struct ReverseSequenceOptions {
  int64_t batch_axis = 0;
};
// For each i along the batch axis, turns round the first seq_lengths[i] elements along `seq_axis`
// and leaves the rest. Errors: InvalidArgument unless 0 <= seq_lengths[i] <= x.shape[seq_axis].
Output ReverseSequence(const OpScope& scope, const Input& x, const Input& seq_lengths,
                       int64_t seq_axis, const ReverseSequenceOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_REVERSE_H_
