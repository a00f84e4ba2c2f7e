#include <limits>

#include "weir/kernels/cuda/conv_util.h"

namespace weir {

absl::StatusOr<ConvSizes> ConvSizesOf(const ConvGeometry& g) {
  const auto axis = [](const WindowDim& w) {
    return ConvAxis{static_cast<int>(w.input),  static_cast<int>(w.kernel),
                    static_cast<int>(w.stride), static_cast<int>(w.dilation),
                    static_cast<int>(w.before), static_cast<int>(w.output)};
  };
  const auto strides = [&](int64_t points, int64_t depth) {
    return ConvStrides{points * depth, g.channels_first ? 1 : depth, g.channels_first ? points : 1};
  };
  // What is counted in 32 bits: points of the batch, weights of a channel, and padded positions.
  constexpr int64_t kMost = std::numeric_limits<int>::max() / 2;
  for (const WindowDim& w : g.window) {
    if (w.input + w.before + w.after > kMost || w.kernel * w.dilation > kMost ||
        w.output * w.stride > kMost) {
      return absl::UnimplementedError("images of more than 2^30 layers, rows or columns");
    }
  }
  const int64_t images = std::max<int64_t>(1, g.batch);
  if (images * g.input_points() > kMost || images * g.output_points() > kMost ||
      g.taps() * std::max(g.in_depth, g.out_depth) > kMost) {
    return absl::UnimplementedError("convolutions of more than 2^30 points");
  }
  return ConvSizes{static_cast<int>(g.batch),
                   static_cast<int>(g.groups),
                   static_cast<int>(g.group_in()),
                   static_cast<int>(g.group_out()),
                   axis(g.window[0]),
                   axis(g.window[1]),
                   axis(g.window[2]),
                   strides(g.input_points(), g.in_depth),
                   strides(g.output_points(), g.out_depth)};
}

}  // namespace weir
