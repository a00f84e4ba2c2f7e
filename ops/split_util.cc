#include "weir/ops/split_util.h"

namespace weir {

absl::StatusOr<Dims> ResolveSplitSizes(absl::Span<const int64_t> sizes, int64_t extent) {
  Dims resolved(sizes.begin(), sizes.end());
  int64_t total = 0;
  int rest = -1;
  for (size_t i = 0; i < resolved.size(); ++i) {
    if (resolved[i] == -1) {
      if (rest >= 0) return InvalidArgument("There can only be one -1 in the input.");
      rest = static_cast<int>(i);
      continue;
    }
    if (resolved[i] < 0) {
      return InvalidArgument("Split size at index ", i, " must be >= 0. Got: ", resolved[i]);
    }
    if (!CheckedAdd(total, resolved[i], &total)) return InvalidArgument("Split sizes overflow");
  }
  if (rest >= 0 ? total > extent : total != extent) {
    return InvalidArgument(
        "Determined shape must match the extent along split_dim: the sizes add "
        "up to ",
        total, ", the extent is ", extent);
  }
  if (rest >= 0) resolved[static_cast<size_t>(rest)] = extent - total;
  return resolved;
}

}  // namespace weir
