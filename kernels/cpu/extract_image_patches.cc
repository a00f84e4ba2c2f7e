#include "weir/kernels/cpu/move_util.h"
#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/extract_image_patches_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Writes the patch in row y and column x of one image; zeros outside of it.
template <typename E>
void CopyPatch(const PatchPlan& p, int64_t y, int64_t x, const E* image, E* out) {
  for (int64_t i = 0; i < p.rows.size; ++i) {
    const int64_t from_y = y * p.rows.stride + i * p.rows.rate - p.rows.before;
    for (int64_t j = 0; j < p.columns.size; ++j) {
      const int64_t from_x = x * p.columns.stride + j * p.columns.rate - p.columns.before;
      if (from_y >= 0 && from_y < p.height && from_x >= 0 && from_x < p.width) {
        CopyRow(image + (from_y * p.width + from_x) * p.channels, out, p.channels);
      } else {
        std::fill_n(out, p.channels, E());
      }
      out += p.channels;
    }
  }
}

absl::Status CopyPatches(KernelRun& r, const PatchPlan& plan) {
  const Shape& output = r.Out(0).shape();
  const int64_t lines = output.dim(0) * output.dim(1), depth = output.dim(3);
  const int64_t line = output.dim(2) * depth;
  return DispatchWidth(r.Out(0).dtype(), [&]<typename E>(TypeTag<E>) {
    const E* in = r.In<E>(0);
    E* out = r.Out<E>(0);
    r.ParallelFor(lines, static_cast<double>(line), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const E* image = in + i / plan.rows.count * plan.height * plan.width * plan.channels;
        for (int64_t x = 0; x < plan.columns.count; ++x) {
          CopyPatch(plan, i % plan.rows.count, x, image, out + i * line + x * depth);
        }
      }
    });
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status PrepareExtractImagePatches(KernelPrepare& k, PatchMove move) {
  const Shape& images = k.In(0).shape();
  if (images.rank() != 4) return k.InvalidInput(0, "must be 4-dimensional");
  PatchPlan plan{{}, {}, images.dim(1), images.dim(2), images.dim(3)};
  const auto geometry = [&](int d) {
    return MakePatchGeometry(d, images.dim(d), k.Attr<std::vector<int64_t>>("ksizes"),
                             k.Attr<std::vector<int64_t>>("strides"),
                             k.Attr<std::vector<int64_t>>("rates"), k.Attr<std::string>("padding"));
  };
  ASSIGN_OR_RETURN(plan.rows, geometry(1));
  ASSIGN_OR_RETURN(plan.columns, geometry(2));
  int64_t depth;
  if (!CheckedMul(plan.rows.size * plan.columns.size, plan.channels, &depth)) {
    return InvalidArgument("the patches are too large");
  }
  ASSIGN_OR_RETURN(const Shape output,
                   Shape::Make({images.dim(0), plan.rows.count, plan.columns.count, depth}));
  k.Out(0).SetShape(output);
  if (output.num_elements() == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  return k.Run([plan, move](KernelRun& r) { return move(r, plan); });
}

void RegisterExtractImagePatchesKernels(KernelRegistry& kernels) {
  kernels.Add("ExtractImagePatches", "CPU", PrepareMove<PrepareExtractImagePatches, CopyPatches>);
}

}  // namespace weir
