// ExtractImagePatches (ops/extract_image_patches.cc).

#include "weir/kernels/cpu/moving_util.h"
#include "weir/kernels/cuda/row_map_util.h"

namespace weir {
namespace {

// A row is the channels of a pixel; those of the output are [images, rows.count, columns.count,
// rows.size, columns.size].
struct PatchMap {
  PatchPlan plan;

  __device__ int64_t From(int64_t row) const {
    const PatchGeometry &rows = plan.rows, &columns = plan.columns;
    const int64_t patch_row = row / columns.size, j = row - patch_row * columns.size;
    const int64_t patch = patch_row / rows.size, i = patch_row - patch * rows.size;
    const int64_t line = patch / columns.count, x = patch - line * columns.count;
    const int64_t image = line / rows.count, y = line - image * rows.count;
    const int64_t at_y = y * rows.stride + i * rows.rate - rows.before;
    const int64_t at_x = x * columns.stride + j * columns.rate - columns.before;
    if (at_y < 0 || at_y >= plan.height || at_x < 0 || at_x >= plan.width) return -1;
    return (image * plan.height + at_y) * plan.width + at_x;
  }
};

absl::Status GpuCopyPatches(KernelRun& r, const PatchPlan& plan) {
  return GpuMapRows(r, plan.channels, PatchMap{plan});
}

}  // namespace

void RegisterExtractImagePatchesCudaKernels(KernelRegistry& registry) {
  registry.Add("ExtractImagePatches", "GPU",
               PreparePlainMove<PrepareExtractImagePatches, GpuCopyPatches>);
}

}  // namespace weir
