#include "weir/ops/array_util.h"

#include <limits>

namespace weir {

absl::StatusOr<int> ResolveAxis(int64_t axis, int64_t rank, absl::string_view what) {
  if (axis < -rank || axis >= rank) {
    return InvalidArgument(what, " ", axis, " is outside of [", -rank, ", ", rank, ")");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

absl::StatusOr<int64_t> AddExtents(int64_t a, int64_t b) {
  if (a < 0 || b < 0) return PartialShape::kUnknown;
  int64_t sum;
  if (!CheckedAdd(a, b, &sum)) return InvalidArgument("extent ", a, " + ", b, " is too large");
  return sum;
}

absl::StatusOr<int64_t> MultiplyExtents(int64_t a, int64_t b) {
  if (a == 0 || b == 0) return 0;
  if (a < 0 || b < 0) return PartialShape::kUnknown;
  int64_t product;
  if (!CheckedMul(a, b, &product)) return InvalidArgument("extent ", a, " * ", b, " is too large");
  return product;
}

PartialInts KnownVector(absl::Span<const int64_t> values) {
  PartialInts ints;
  ints.rank = 1;
  ints.values.assign(values.begin(), values.end());
  return ints;
}

std::optional<PartialInts> UnknownVector(int64_t n) {
  if (n < 0 || n > static_cast<int64_t>(PartialInts::kMaxValues)) return std::nullopt;
  PartialInts ints;
  ints.rank = 1;
  ints.values.assign(static_cast<size_t>(n), PartialInts::kUnknown);
  return ints;
}

std::optional<PartialInts> SameValueAsInput(const ValueContext& c) {
  const PartialInts* value = c.In(0);
  const int rank = c.OutShape().rank();
  if (value == nullptr || rank < 0 || rank > 1) return std::nullopt;
  PartialInts result = *value;
  result.rank = rank;
  if (rank == 0 && result.values.size() != 1) return std::nullopt;
  return result;
}

absl::StatusOr<int64_t> RangeLength(int64_t start, int64_t limit, int64_t delta) {
  if (delta == 0) return InvalidArgument("Requires delta != 0");
  if (delta > 0 ? start > limit : start < limit) {
    return InvalidArgument("Requires start ", delta > 0 ? "<=" : ">=", " limit when delta ",
                           delta > 0 ? "> 0" : "< 0", ", but start is ", start, ", limit is ",
                           limit);
  }
  // Unsigned, because the distance of two int64 may not fit in an int64.
  const uint64_t low = static_cast<uint64_t>(delta > 0 ? start : limit);
  const uint64_t high = static_cast<uint64_t>(delta > 0 ? limit : start);
  const uint64_t step = delta > 0 ? static_cast<uint64_t>(delta) : 0 - static_cast<uint64_t>(delta);
  const uint64_t distance = high - low;
  const uint64_t length = distance / step + (distance % step != 0);
  if (length > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return InvalidArgument("the range from ", start, " to ", limit, " by ", delta,
                           " has too many elements");
  }
  return static_cast<int64_t>(length);
}

}  // namespace weir
