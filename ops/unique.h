#ifndef WEIR_OPS_UNIQUE_H_
#define WEIR_OPS_UNIQUE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct UniqueOptions {
  DataType out_idx = DT_INT32;  // Type of idx and count: int32 or int64.
};

// `y` holds the distinct elements of the vector `x` in the order of their first occurrence;
// x[i] == y[idx[i]]; `count` says how often each occurs. NaN differs from everything.
// InvalidArgument unless x has rank 1.
struct UniqueResult {
  Output y;
  Output idx;
  Output count;  // Only of the ops WithCounts.
};
UniqueResult Unique(const OpScope& scope, const Input& x, const UniqueOptions& options = {});
UniqueResult UniqueWithCounts(const OpScope& scope, const Input& x,
                              const UniqueOptions& options = {});

// The same for the slices of `x` along `axis`, an integer vector of one element, or of none for a
// vector x.
UniqueResult UniqueV2(const OpScope& scope, const Input& x, const Input& axis,
                      const UniqueOptions& options = {});
UniqueResult UniqueWithCountsV2(const OpScope& scope, const Input& x, const Input& axis,
                                const UniqueOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_UNIQUE_H_
