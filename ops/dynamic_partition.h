#ifndef WEIR_OPS_DYNAMIC_PARTITION_H_
#define WEIR_OPS_DYNAMIC_PARTITION_H_

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// Splits the rows of `data`: outputs[p] holds the rows data[i.., :] for which partitions[i..] == p,
// in order. `partitions` is int32 and its shape begins data's. InvalidArgument "partitions[%] = %
// is not in [0, %)" at run time.
std::vector<Output> DynamicPartition(const OpScope& scope, const Input& data,
                                     const Input& partitions, int64_t num_partitions);

}  // namespace weir::ops

#endif  // WEIR_OPS_DYNAMIC_PARTITION_H_
