#ifndef WEIR_OPS_TIMESTAMP_H_
#define WEIR_OPS_TIMESTAMP_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// Seconds since 1970 as a double scalar, when the op runs.
Output Timestamp(const OpScope& scope);

}  // namespace weir::ops

#endif  // WEIR_OPS_TIMESTAMP_H_
