#ifndef WEIR_OPS_EXTRACT_IMAGE_PATCHES_UTIL_H_
#define WEIR_OPS_EXTRACT_IMAGE_PATCHES_UTIL_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "weir/core/status.h"

namespace weir {

// One spatial dimension of patch extraction.
struct PatchGeometry {
  int64_t size = 1;    // Of the patch, in pixels of it.
  int64_t stride = 1;  // From patch to patch.
  int64_t rate = 1;    // From pixel to pixel of a patch.
  int64_t count = -1;  // Patches; -1 when the input's size is unknown.
  int64_t before = 0;  // Padding before the first pixel.
};

// The geometry along dimension d (1 or 2) of an input of size `input` (-1: unknown).
// InvalidArgument unless the attrs have four entries, ones for batch and depth and positive 32-bit
// numbers else, and a VALID patch fits.
absl::StatusOr<PatchGeometry> MakePatchGeometry(int d, int64_t input,
                                                const std::vector<int64_t>& ksizes,
                                                const std::vector<int64_t>& strides,
                                                const std::vector<int64_t>& rates,
                                                const std::string& padding);

}  // namespace weir

#endif  // WEIR_OPS_EXTRACT_IMAGE_PATCHES_UTIL_H_
