#include "weir/ops/space_batch_util.h"

#include "weir/ops/array_util.h"

namespace weir {
namespace {

// Checks what the two directions have in common; `amounts` are pads or crops.
absl::Status CheckBlocks(const PartialShape& x, absl::Span<const int64_t> block,
                         absl::Span<const int64_t> amounts) {
  if (amounts.size() != 2 * block.size()) {
    return InvalidArgument("paddings or crops must have shape [", block.size(), ",2]");
  }
  if (x.known_rank() && x.rank() < static_cast<int>(block.size()) + 1) {
    return InvalidArgument("input rank must be at least ", block.size() + 1, ", not ", x.rank());
  }
  for (int64_t size : block) {
    if (size < 1) return InvalidArgument("block_shape values must be positive, not ", size);
  }
  for (int64_t amount : amounts) {
    if (amount < 0) return InvalidArgument("paddings and crops must be non-negative, not ", amount);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Divided(int64_t extent, int64_t by, absl::string_view what) {
  if (extent < 0) return extent;
  if (extent % by != 0) {
    return InvalidArgument(what, " ", extent, " is not divisible by the block size ", by);
  }
  return extent / by;
}

absl::Status CheckImage(const PartialShape& x, int64_t block, const std::string& data_format) {
  if (block < 1) return InvalidArgument("block_size must be positive, not ", block);
  const int rank = AxesOfFormat(data_format).rank;
  if (x.known_rank() && x.rank() != rank) {
    return InvalidArgument("input must have rank ", rank, " in data format ", data_format,
                           ", but has shape ", x.ToString());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PartialShape> SpaceToBatchShape(const PartialShape& x,
                                               absl::Span<const int64_t> block,
                                               absl::Span<const int64_t> pads) {
  RETURN_IF_ERROR(CheckBlocks(x, block, pads));
  if (!x.known_rank()) return PartialShape();
  Dims out = DimsOf(x);
  for (size_t i = 0; i < block.size(); ++i) {
    ASSIGN_OR_RETURN(out[0], MultiplyExtents(out[0], block[i]));
    ASSIGN_OR_RETURN(const int64_t pad, AddExtents(pads[2 * i], pads[2 * i + 1]));
    ASSIGN_OR_RETURN(const int64_t padded, AddExtents(out[i + 1], pad));
    ASSIGN_OR_RETURN(out[i + 1], Divided(padded, block[i], "padded extent"));
  }
  return PartialShape::Make(out);
}

absl::StatusOr<PartialShape> BatchToSpaceShape(const PartialShape& x,
                                               absl::Span<const int64_t> block,
                                               absl::Span<const int64_t> crops) {
  RETURN_IF_ERROR(CheckBlocks(x, block, crops));
  if (!x.known_rank()) return PartialShape();
  Dims out = DimsOf(x);
  for (size_t i = 0; i < block.size(); ++i) {
    ASSIGN_OR_RETURN(out[0], Divided(out[0], block[i], "batch extent"));
    ASSIGN_OR_RETURN(const int64_t crop, AddExtents(crops[2 * i], crops[2 * i + 1]));
    ASSIGN_OR_RETURN(const int64_t whole, MultiplyExtents(out[i + 1], block[i]));
    if (whole >= 0 && crop > whole) {
      return InvalidArgument("cropped shape must be non-negative: extent ", whole, " less ", crop);
    }
    out[i + 1] = whole < 0 ? whole : whole - crop;
  }
  return PartialShape::Make(out);
}

ImageAxes AxesOfFormat(const std::string& data_format) {
  if (data_format == "NCHW") return {.rank = 4, .height = 2, .width = 3, .channels = 1};
  if (data_format == "NCHW_VECT_C") return {.rank = 5, .height = 2, .width = 3, .channels = 1};
  return {.rank = 4, .height = 1, .width = 2, .channels = 3};
}

absl::StatusOr<PartialShape> SpaceToDepthShape(const PartialShape& x, int64_t block,
                                               const std::string& data_format) {
  RETURN_IF_ERROR(CheckImage(x, block, data_format));
  const ImageAxes axes = AxesOfFormat(data_format);
  if (!x.known_rank()) return PartialShape::UnknownOfRank(axes.rank);
  Dims out = DimsOf(x);
  for (int axis : {axes.height, axes.width}) {
    const size_t i = static_cast<size_t>(axis), c = static_cast<size_t>(axes.channels);
    ASSIGN_OR_RETURN(out[i], Divided(out[i], block, "image extent"));
    ASSIGN_OR_RETURN(out[c], MultiplyExtents(out[c], block));
  }
  return PartialShape::Make(out);
}

absl::StatusOr<PartialShape> DepthToSpaceShape(const PartialShape& x, int64_t block,
                                               const std::string& data_format) {
  RETURN_IF_ERROR(CheckImage(x, block, data_format));
  const ImageAxes axes = AxesOfFormat(data_format);
  if (!x.known_rank()) return PartialShape::UnknownOfRank(axes.rank);
  Dims out = DimsOf(x);
  for (int axis : {axes.height, axes.width}) {
    const size_t i = static_cast<size_t>(axis), c = static_cast<size_t>(axes.channels);
    ASSIGN_OR_RETURN(out[i], MultiplyExtents(out[i], block));
    ASSIGN_OR_RETURN(out[c], Divided(out[c], block, "depth extent"));
  }
  return PartialShape::Make(out);
}

}  // namespace weir
