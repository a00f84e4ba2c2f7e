#include "weir/io/slice_box.h"

#include <algorithm>

namespace weir {

absl::StatusOr<SliceBox> SliceBox::Of(const TensorSlice& slice, const Shape& full) {
  ASSIGN_OR_RETURN(const Shape shape, slice.ShapeWithin(full));
  SliceBox box;
  box.size.assign(shape.dims().begin(), shape.dims().end());
  for (int i = 0; i < slice.rank(); ++i) box.start.push_back(slice.extent(i).start);
  return box;
}

int64_t SliceBox::num_elements() const {
  int64_t n = 1;
  for (const int64_t d : size) n *= d;
  return n;
}

std::optional<SliceBox> SliceBox::Intersect(const SliceBox& other) const {
  SliceBox common;
  for (size_t i = 0; i < size.size(); ++i) {
    const int64_t begin = std::max(start[i], other.start[i]);
    const int64_t end = std::min(start[i] + size[i], other.start[i] + other.size[i]);
    if (begin >= end) return std::nullopt;
    common.start.push_back(begin);
    common.size.push_back(end - begin);
  }
  return common;
}

absl::StatusOr<std::vector<size_t>> CoveringBoxes(const SliceBox& wanted,
                                                  absl::Span<const SliceBox> stored) {
  if (wanted.num_elements() == 0) return std::vector<size_t>();
  struct Part {
    size_t index;
    SliceBox box;
  };
  std::vector<Part> parts;
  int64_t missing = wanted.num_elements();
  for (size_t i = 0; i < stored.size(); ++i) {
    std::optional<SliceBox> common = stored[i].Intersect(wanted);
    if (!common.has_value()) continue;
    missing -= common->num_elements();
    if (missing < 0) return InvalidArgument("stored slices overlap");
    parts.push_back({i, *std::move(common)});
  }
  if (missing > 0) return InvalidArgument(missing, " elements are in no stored slice");
  // As many elements as wanted: they are the wanted ones unless two parts overlap. Sorted along the
  // first dimension, a part can overlap only those that begin before it ends.
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.box.start < b.box.start; });
  for (size_t i = 0; !wanted.size.empty() && i < parts.size(); ++i) {
    const int64_t end = parts[i].box.start[0] + parts[i].box.size[0];
    for (size_t j = i + 1; j < parts.size() && parts[j].box.start[0] < end; ++j) {
      if (parts[i].box.Intersect(parts[j].box)) return InvalidArgument("stored slices overlap");
    }
  }
  std::vector<size_t> indices;
  for (const Part& part : parts) indices.push_back(part.index);
  return indices;
}

void CopyCommonElements(const SliceBox& from_box, const Tensor& from, const SliceBox& to_box,
                        Tensor& to) {
  const std::optional<SliceBox> common = from_box.Intersect(to_box);
  if (!common.has_value()) return;
  const int rank = static_cast<int>(common->size.size());
  // Trailing dimensions that both tensors hold in full make up one run with the dimension before.
  int run_dims = rank;
  int64_t run = 1;
  while (run_dims > 0) {
    const int i = --run_dims;
    run *= common->size[i];
    if (common->size[i] != from_box.size[i] || common->size[i] != to_box.size[i]) break;
  }
  const size_t width = DataTypeSize(from.dtype());
  const auto offset = [&](const SliceBox& box, const Dims& at) {
    int64_t linear = 0;
    for (int i = 0; i < rank; ++i) linear = linear * box.size[i] + (at[i] - box.start[i]);
    return static_cast<size_t>(linear) * width;
  };
  Dims at = common->start;
  for (;;) {
    CopyElements(from.dtype(), from.raw_data() + offset(from_box, at),
                 to.mutable_raw_data() + offset(to_box, at), run);
    int i = run_dims - 1;
    for (; i >= 0; --i) {
      if (++at[i] < common->start[i] + common->size[i]) break;
      at[i] = common->start[i];
    }
    if (i < 0) return;
  }
}

}  // namespace weir
