#include "weir/ops/extract_image_patches_util.h"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

absl::Status CheckWindow(absl::string_view name, const std::vector<int64_t>& window) {
  if (window.size() != 4) {
    return InvalidArgument(name, " must have 4 entries, but has ", window.size());
  }
  if (window[0] != 1 || window[3] != 1) {
    return InvalidArgument(name, " must be 1 for batch and depth");
  }
  for (int64_t v : window) {
    if (v < 1 || v > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument(name, " must be positive 32-bit numbers, but has ", v);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PatchGeometry> MakePatchGeometry(int d, int64_t input,
                                                const std::vector<int64_t>& ksizes,
                                                const std::vector<int64_t>& strides,
                                                const std::vector<int64_t>& rates,
                                                const std::string& padding) {
  RETURN_IF_ERROR(CheckWindow("ksizes", ksizes));
  RETURN_IF_ERROR(CheckWindow("strides", strides));
  RETURN_IF_ERROR(CheckWindow("rates", rates));
  PatchGeometry g = {.size = ksizes[d], .stride = strides[d], .rate = rates[d]};
  if (input < 0) return g;
  const int64_t extent = (g.size - 1) * g.rate + 1;  // Fits: both factors have 31 bits.
  if (padding == "VALID") {
    if (input < extent) {
      return InvalidArgument("Computed output size would be negative: input size ", input,
                             ", patch ", extent, ", stride ", g.stride);
    }
    g.count = (input - extent) / g.stride + 1;
  } else {
    g.count = input / g.stride + (input % g.stride != 0 ? 1 : 0);
    const int64_t covered = (std::max<int64_t>(g.count, 1) - 1) * g.stride + extent;
    g.before = std::max<int64_t>(0, covered - input) / 2;
  }
  return g;
}

}  // namespace weir
