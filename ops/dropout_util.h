#ifndef WEIR_OPS_DROPOUT_UTIL_H_
#define WEIR_OPS_DROPOUT_UTIL_H_

#include <cstdint>
#include <optional>

#include "weir/graph/scope.h"

namespace weir::ops {

struct DropoutOptions {
  std::optional<int64_t> seed = std::nullopt;  // As RandomOptions::seed in random.h.
  // An int32 vector, which broadcasts to x's shape: where it is 1, elements are kept or dropped
  // together. Absent: every element on its own.
  std::optional<Output> noise_shape = std::nullopt;
};

// Each element of x with probability keep_prob, divided by keep_prob; 0 otherwise. x is floating.
// keep_prob = 1 gives x itself. InvalidArgument unless 0 < keep_prob <= 1.
Output Dropout(const OpScope& scope, const Output& x, double keep_prob,
               const DropoutOptions& options = {});

// The same for a probability known when the graph runs: a scalar of x's type.
Output Dropout(const OpScope& scope, const Output& x, const Output& keep_prob,
               const DropoutOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_DROPOUT_UTIL_H_
