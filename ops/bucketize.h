#ifndef WEIR_OPS_BUCKETIZE_H_
#define WEIR_OPS_BUCKETIZE_H_

// Sorting numbers into intervals.

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// How many of the ascending `boundaries` are <= each element of x: int32 in [0, boundaries.size()].
// int32, int64, float, double. Errors: InvalidArgument when the boundaries are not ascending.
Output Bucketize(const OpScope& scope, const Input& x, const std::vector<float>& boundaries);

struct HistogramOptions {
  DataType dtype = DT_INT32;  // Or DT_INT64.
};

// How many elements of `values` lie in each of `nbins` (an int32 scalar > 0) intervals of equal
// width between the two numbers in `range`; those outside count in the first and last.
Output HistogramFixedWidth(const OpScope& scope, const Input& values, const Input& range,
                           const Input& nbins, const HistogramOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_BUCKETIZE_H_
