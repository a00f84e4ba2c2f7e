#ifndef WEIR_OPS_DYNAMIC_STITCH_H_
#define WEIR_OPS_DYNAMIC_STITCH_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// merged[indices[m][i..], b..] = data[m][i.., b..]: the inverse of DynamicPartition. Each data[m]
// has shape indices[m].shape + b, with one b for all; merged has max(indices) + 1 rows. Where
// indices repeat, the later piece stands; rows that no index names are zero.
//
// The indices are int32. InvalidArgument for negative indices and shapes that do not fit.
Output DynamicStitch(const OpScope& scope, absl::Span<const Output> indices,
                     absl::Span<const Output> data);

// The same; TensorFlow leaves open which piece stands where indices repeat.
Output ParallelDynamicStitch(const OpScope& scope, absl::Span<const Output> indices,
                             absl::Span<const Output> data);

}  // namespace weir::ops

#endif  // WEIR_OPS_DYNAMIC_STITCH_H_
