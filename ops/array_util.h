#ifndef WEIR_OPS_ARRAY_UTIL_H_
#define WEIR_OPS_ARRAY_UTIL_H_

// What shape functions, value functions and kernels of array ops share.

#include <optional>
#include <vector>

#include "weir/graph/shape_context.h"

namespace weir {

// `axis` counted from the front, where negative values count from the end. InvalidArgument
// "axis 3 is outside of [-2, 2)" unless it lies in [-rank, rank).
absl::StatusOr<int> ResolveAxis(int64_t axis, int64_t rank, absl::string_view what = "axis");

// Arithmetic on extents of which some are unknown (-1). InvalidArgument when the result does not
// fit. Zero times unknown is zero.
absl::StatusOr<int64_t> AddExtents(int64_t a, int64_t b);
absl::StatusOr<int64_t> MultiplyExtents(int64_t a, int64_t b);

// The extents of a shape of known rank, for editing.
inline Dims DimsOf(const PartialShape& shape) {
  return Dims(shape.dims().begin(), shape.dims().end());
}

// A vector of known values, or of `n` unknown ones; nullopt when it is too long to be tracked.
PartialInts KnownVector(absl::Span<const int64_t> values);
std::optional<PartialInts> UnknownVector(int64_t n);

// What is known of a small output of which the first input is only another view: input 0's values,
// under the rank of the output. nullopt unless the output's rank is 0 or 1.
std::optional<PartialInts> SameValueAsInput(const ValueContext& c);

// The number of elements of start, start + delta, ... before limit. InvalidArgument when delta is
// 0, points away from limit, or the count does not fit.
absl::StatusOr<int64_t> RangeLength(int64_t start, int64_t limit, int64_t delta);

}  // namespace weir

#endif  // WEIR_OPS_ARRAY_UTIL_H_
