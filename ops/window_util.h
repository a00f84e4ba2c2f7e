#ifndef WEIR_OPS_WINDOW_UTIL_H_
#define WEIR_OPS_WINDOW_UTIL_H_

// The geometry of sliding windows: what convolution and pooling, their shape functions and their
// kernels agree on. Written once, with checked arithmetic.

#include <array>
#include <string>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"

namespace weir {

enum class Padding { kValid, kSame, kExplicit };

// A window that slides along one dimension. Output o covers input positions
// o * stride - before + k * dilation for k in [0, kernel); those outside [0, input) are padding.
struct WindowDim {
  int64_t input = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0;  // Padding; given for kExplicit, otherwise computed.
  int64_t after = 0;
  int64_t output = 1;
};

// Fills `output`, and the padding unless it is explicit, from the other fields:
//   kValid     output = (input - effective + stride) / stride, effective = (kernel - 1) * dilation
//   + 1 kSame      output = ceil(input / stride); of the padding needed, the odd element goes after
//   kExplicit  as kValid over before + input + after
// InvalidArgument when an extent is out of range or the window is larger than what it slides over.
absl::Status ComputeWindow(Padding padding, WindowDim* dim);

inline constexpr int kMaxSpatialDims = 3;

// The window attrs of a node as they stand there; those that its op does not declare are empty.
struct WindowAttrs {
  std::string data_format;
  std::string padding;
  std::vector<int64_t> ksize, strides, dilations, explicit_paddings;
};

// Context: ShapeContext, GradientContext or KernelPrepare.
template <typename Context>
WindowAttrs ReadWindowAttrs(const Context& c) {
  WindowAttrs attrs;
  attrs.data_format = c.template Attr<std::string>("data_format");
  attrs.padding = c.template Attr<std::string>("padding");
  attrs.ksize = c.template Attr<std::vector<int64_t>>("ksize");
  attrs.strides = c.template Attr<std::vector<int64_t>>("strides");
  attrs.dilations = c.template Attr<std::vector<int64_t>>("dilations");
  attrs.explicit_paddings = c.template Attr<std::vector<int64_t>>("explicit_paddings");
  return attrs;
}

// The window attrs by spatial dimension, outermost first, and checked.
struct WindowSpec {
  int spatial = 2;  // Spatial dimensions: 2 or 3.
  bool channels_first = false;
  Padding padding = Padding::kValid;
  std::array<int64_t, kMaxSpatialDims> kernel = {1, 1, 1};  // From ksize; convolutions set it.
  std::array<int64_t, kMaxSpatialDims> strides = {1, 1, 1};
  std::array<int64_t, kMaxSpatialDims> dilations = {1, 1, 1};
  std::array<int64_t, kMaxSpatialDims> before = {0, 0, 0};  // Explicit padding.
  std::array<int64_t, kMaxSpatialDims> after = {0, 0, 0};
  int64_t depth_kernel = 1;  // Pooling over channels.
  int64_t depth_stride = 1;

  int rank() const { return spatial + 2; }
  int channel_dim() const { return channels_first ? 1 : rank() - 1; }
  int spatial_dim(int i) const { return i + (channels_first ? 2 : 1); }

  // The window along spatial dimension i over `input` elements. InvalidArgument as ComputeWindow.
  absl::StatusOr<WindowDim> Along(int i, int64_t input) const;
};

// InvalidArgument when a list has the wrong length or an entry is out of range; Unimplemented for
// windows over the batch dimension, strides over channels without a window, and data formats other
// than channels first and last.
absl::StatusOr<WindowSpec> ParseWindow(int spatial, const WindowAttrs& attrs);

// Shape functions of convolutions with `spatial` spatial dimensions, over (input, filter).
absl::Status ConvShape(ShapeContext& c, int spatial, bool depthwise);
// Of their backprop ops: output 0 has the shape that input `sizes` spells.
absl::Status ConvBackpropShape(ShapeContext& c, int spatial, int sizes);

// The shape of pooling the tensor `input`.
absl::StatusOr<PartialShape> PooledShape(const WindowSpec& spec, const PartialShape& input);

// A convolution and the two ops that its gradient consists of, whose inputs are (input, filter),
// (input sizes, filter, out_backprop) and (input, filter sizes, out_backprop).
struct ConvOpNames {
  const char* forward;
  const char* backprop_input;
  const char* backprop_filter;
};
GradientFn ConvGradient(const ConvOpNames& names);
GradientFn ConvBackpropInputGradient(const ConvOpNames& names);
GradientFn ConvBackpropFilterGradient(const ConvOpNames& names);

// A builder of `op` in the gradient's scope that has the forward node's window attrs.
OpBuilder WindowOp(const GradientContext& g, absl::string_view op);

// The shape of x as int32: a constant when it is known.
Output ShapeOf(const OpScope& scope, const Output& x);

}  // namespace weir

#endif  // WEIR_OPS_WINDOW_UTIL_H_
