#ifndef WEIR_OPS_SPLIT_UTIL_H_
#define WEIR_OPS_SPLIT_UTIL_H_

#include "weir/core/shape.h"

namespace weir {

// SplitV's sizes with the -1 among them, if any, replaced by what is left of `extent`.
// InvalidArgument unless all are non-negative then and add up to `extent`.
absl::StatusOr<Dims> ResolveSplitSizes(absl::Span<const int64_t> sizes, int64_t extent);

}  // namespace weir

#endif  // WEIR_OPS_SPLIT_UTIL_H_
