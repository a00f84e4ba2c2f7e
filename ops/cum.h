#ifndef WEIR_OPS_CUM_H_
#define WEIR_OPS_CUM_H_

// Running sums and products along an axis.

#include "weir/graph/scope.h"

namespace weir::ops {

struct CumulativeOptions {
  bool exclusive = false;  // Element i does not take part in result i.
  bool reverse = false;    // From the last element to the first.
};

// y[i] = x[0] + ... + x[i] along `axis`, one integer in [-rank, rank). Numbers.
Output Cumsum(const OpScope& scope, const Input& x, const Input& axis,
              const CumulativeOptions& options = {});

// y[i] = x[0] * ... * x[i]. The gradient divides by x, as TensorFlow's does: it is NaN where x is
// 0.
Output Cumprod(const OpScope& scope, const Input& x, const Input& axis,
               const CumulativeOptions& options = {});

// y[i] = ln(e^x[0] + ... + e^x[i]), without overflow. Exclusive: the lowest number of the type
// stands first. half, float, double.
Output CumulativeLogsumexp(const OpScope& scope, const Input& x, const Input& axis,
                           const CumulativeOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_CUM_H_
