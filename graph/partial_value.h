#ifndef WEIR_GRAPH_PARTIAL_VALUE_H_
#define WEIR_GRAPH_PARTIAL_VALUE_H_

#include <cstdint>
#include <limits>

#include "absl/container/inlined_vector.h"

namespace weir {

// What is known before a run of a small integer tensor (a shape, an axis, a permutation): its rank,
// 0 or 1, and its values, some of which may be unknown.
struct PartialInts {
  static constexpr int64_t kUnknown = std::numeric_limits<int64_t>::min();
  static constexpr size_t kMaxValues = 1024;  // Larger tensors are not tracked.

  int rank = 0;
  absl::InlinedVector<int64_t, 4> values;

  bool FullyKnown() const {
    for (int64_t v : values) {
      if (v == kUnknown) return false;
    }
    return true;
  }
};

}  // namespace weir

#endif  // WEIR_GRAPH_PARTIAL_VALUE_H_
