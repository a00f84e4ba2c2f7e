#ifndef WEIR_KERNELS_CPU_CONV_UTIL_H_
#define WEIR_KERNELS_CPU_CONV_UTIL_H_

// What the kernels of convolutions have in common: over two or three spatial dimensions, in groups,
// and per channel.

#include <array>

#include "weir/ops/window_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

// How far apart neighbours along each dimension of an image lie, in elements.
struct ImageStrides {
  int64_t batch = 0;
  std::array<int64_t, kMaxSpatialDims> spatial = {0, 0, 0};
  int64_t channel = 0;
};

// A convolution. Fewer than three spatial dimensions are filled up in front with extent 1.
struct ConvGeometry {
  int spatial = 2;
  bool channels_first = false;
  int64_t batch = 0;
  int64_t in_depth = 0;
  int64_t out_depth = 0;
  int64_t groups = 1;  // Each has in_depth / groups input and out_depth / groups output channels.
  std::array<WindowDim, kMaxSpatialDims> window;
  Shape input, filter, output;

  int64_t group_in() const { return in_depth / groups; }
  int64_t group_out() const { return out_depth / groups; }
  int64_t taps() const { return window[0].kernel * window[1].kernel * window[2].kernel; }
  int64_t input_points() const { return window[0].input * window[1].input * window[2].input; }
  int64_t output_points() const { return window[0].output * window[1].output * window[2].output; }
};

// The strides of an image of the given spatial extents, outermost first.
ImageStrides StridesOf(const std::array<int64_t, kMaxSpatialDims>& extents, int64_t depth,
                       bool channels_first);

// Which of the three ops is computed. Their inputs are (input, filter), (input sizes, filter,
// out_backprop) and (input, filter sizes, out_backprop).
enum class ConvPass { kForward, kBackpropInput, kBackpropFilter };

struct ConvKind {
  int spatial = 2;
  bool depthwise = false;
  ConvPass pass = ConvPass::kForward;
};

// The geometry that a node asks for, checked against all its inputs.
absl::StatusOr<ConvGeometry> ReadConvGeometry(KernelPrepare& k, const ConvKind& kind);

// Straightforward kernels for all floating types.
absl::Status PrepareConvReference(KernelPrepare& k, const ConvKind& kind);

// oneDNN's kernels: float only.
absl::Status PrepareConvOneDnn(KernelPrepare& k, const ConvKind& kind);

// Registers both for a pass's op, the faster first.
void RegisterConvKernels(KernelRegistry& kernels, absl::string_view op, const ConvKind& kind);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_CONV_UTIL_H_
