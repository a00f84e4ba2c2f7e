#include "weir/ops/window_util.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_join.h"

namespace weir {
namespace {

// Extents up to these keep all sums below within int64.
constexpr int64_t kMaxWindow = std::numeric_limits<int32_t>::max();
constexpr int64_t kMaxInput = INT64_C(1) << 61;

absl::Status CheckLength(absl::string_view name, absl::Span<const int64_t> values, int want) {
  if (static_cast<int>(values.size()) == want) return absl::OkStatus();
  return InvalidArgument(name, " must have ", want, " entries, but has ", values.size());
}

absl::Status CheckRange(absl::string_view name, absl::Span<const int64_t> values, int64_t low) {
  for (int64_t v : values) {
    if (v < low || v > kMaxWindow) {
      return InvalidArgument(name, " must lie between ", low, " and ", kMaxWindow, ", but are [",
                             absl::StrJoin(values, ","), "]");
    }
  }
  return absl::OkStatus();
}

absl::Status ParseExplicitPaddings(const std::vector<int64_t>& paddings, WindowSpec* spec) {
  if (spec->padding != Padding::kExplicit) {
    if (paddings.empty()) return absl::OkStatus();
    return InvalidArgument("explicit_paddings must be empty unless padding is EXPLICIT");
  }
  RETURN_IF_ERROR(CheckLength("explicit_paddings", paddings, 2 * spec->rank()));
  RETURN_IF_ERROR(CheckRange("explicit_paddings", paddings, 0));
  for (int side = 0; side < 2; ++side) {
    if (paddings[side] != 0 || paddings[2 * spec->channel_dim() + side] != 0) {
      return InvalidArgument("explicit_paddings of the batch and channel dimensions must be 0");
    }
  }
  for (int i = 0; i < spec->spatial; ++i) {
    spec->before[i] = paddings[2 * spec->spatial_dim(i)];
    spec->after[i] = paddings[2 * spec->spatial_dim(i) + 1];
  }
  return absl::OkStatus();
}

// The entries of a list attr by spatial dimension; `depth` takes the channel entry.
absl::Status ParseEntries(absl::string_view name, const std::vector<int64_t>& values,
                          const WindowSpec& spec, std::array<int64_t, kMaxSpatialDims>* out,
                          int64_t* depth) {
  if (values.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckLength(name, values, spec.rank()));
  RETURN_IF_ERROR(CheckRange(name, values, 1));
  if (values[0] != 1) {
    return Unimplemented(name, " of the batch dimension must be 1, but is ", values[0]);
  }
  for (int i = 0; i < spec.spatial; ++i) (*out)[i] = values[spec.spatial_dim(i)];
  *depth = values[spec.channel_dim()];
  return absl::OkStatus();
}

}  // namespace

absl::Status ComputeWindow(Padding padding, WindowDim* dim) {
  if (dim->kernel < 1 || dim->kernel > kMaxWindow) {
    return InvalidArgument("window extent ", dim->kernel, " must lie between 1 and ", kMaxWindow);
  }
  if (dim->input < 0 || dim->input > kMaxInput) {
    return InvalidArgument("extent ", dim->input, " is too large to slide a window over");
  }
  const int64_t effective = (dim->kernel - 1) * dim->dilation + 1;
  if (padding == Padding::kSame) {
    dim->output = (dim->input + dim->stride - 1) / dim->stride;
    const int64_t total =
        std::max<int64_t>(0, (dim->output - 1) * dim->stride + effective - dim->input);
    dim->before = total / 2;
    dim->after = total - dim->before;
    return absl::OkStatus();
  }
  if (padding == Padding::kValid) dim->before = dim->after = 0;
  dim->output = (dim->input + dim->before + dim->after - effective + dim->stride) / dim->stride;
  if (dim->output >= 0) return absl::OkStatus();
  return InvalidArgument("Computed output size would be negative: ", dim->output,
                         " [input_size: ", dim->input, ", effective_filter_size: ", effective,
                         ", stride: ", dim->stride, "]");
}

absl::StatusOr<WindowDim> WindowSpec::Along(int i, int64_t input) const {
  WindowDim dim;
  dim.input = input;
  dim.kernel = kernel[i];
  dim.stride = strides[i];
  dim.dilation = dilations[i];
  dim.before = before[i];
  dim.after = after[i];
  RETURN_IF_ERROR(ComputeWindow(padding, &dim));
  return dim;
}

absl::StatusOr<WindowSpec> ParseWindow(int spatial, const WindowAttrs& attrs) {
  WindowSpec spec;
  spec.spatial = spatial;
  const absl::string_view format = attrs.data_format;
  if (format == "NCHW" || format == "NCDHW") {
    spec.channels_first = true;
  } else if (!format.empty() && format != "NHWC" && format != "NDHWC") {
    return Unimplemented("data format ", format);
  }
  spec.padding = attrs.padding == "SAME"    ? Padding::kSame
                 : attrs.padding == "VALID" ? Padding::kValid
                                            : Padding::kExplicit;
  RETURN_IF_ERROR(ParseExplicitPaddings(attrs.explicit_paddings, &spec));
  int64_t depth_dilation = 1;
  RETURN_IF_ERROR(ParseEntries("ksize", attrs.ksize, spec, &spec.kernel, &spec.depth_kernel));
  RETURN_IF_ERROR(ParseEntries("strides", attrs.strides, spec, &spec.strides, &spec.depth_stride));
  RETURN_IF_ERROR(
      ParseEntries("dilations", attrs.dilations, spec, &spec.dilations, &depth_dilation));
  if (depth_dilation != 1) {
    return InvalidArgument("dilation of the channel dimension must be 1, but is ", depth_dilation);
  }
  if (attrs.ksize.empty() && spec.depth_stride != 1) {
    return Unimplemented("stride of the channel dimension must be 1, but is ", spec.depth_stride);
  }
  return spec;
}

absl::Status ConvShape(ShapeContext& c, int spatial, bool depthwise) {
  ASSIGN_OR_RETURN(WindowSpec spec, ParseWindow(spatial, ReadWindowAttrs(c)));
  ASSIGN_OR_RETURN(const PartialShape input, c.WithRank(0, spec.rank()));
  ASSIGN_OR_RETURN(const PartialShape filter, c.WithRank(1, spec.rank()));
  Dims out(spec.rank(), PartialShape::kUnknown);
  out[0] = input.dim(0);
  for (int i = 0; i < spatial; ++i) {
    const int64_t extent = input.dim(spec.spatial_dim(i));
    if (extent < 0 || filter.dim(i) < 0) continue;
    spec.kernel[i] = filter.dim(i);
    ASSIGN_OR_RETURN(const WindowDim window, spec.Along(i, extent));
    out[spec.spatial_dim(i)] = window.output;
  }
  const int64_t depth = input.dim(spec.channel_dim());
  const int64_t filter_depth = filter.dim(spatial), filter_out = filter.dim(spatial + 1);
  if (depthwise) {
    if (depth >= 0 && filter_depth >= 0 && depth != filter_depth) {
      return InvalidArgument("input has ", depth, " channels, but the filter is for ",
                             filter_depth);
    }
    const int64_t channels = depth >= 0 ? depth : filter_depth;
    if (channels >= 0 && filter_out >= 0 &&
        !CheckedMul(channels, filter_out, &out[spec.channel_dim()])) {
      return InvalidArgument("too many output channels: ", channels, " * ", filter_out);
    }
  } else {
    if (depth >= 0 && filter_depth >= 0 && depth != filter_depth &&
        (filter_depth == 0 || depth % filter_depth != 0)) {
      return InvalidArgument("input has ", depth, " channels, which is no multiple of the ",
                             filter_depth, " channels of the filter");
    }
    out[spec.channel_dim()] = filter_out;
  }
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(out));
  return c.Return(std::move(shape));
}

absl::Status ConvBackpropShape(ShapeContext& c, int spatial, int sizes) {
  ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindow(spatial, ReadWindowAttrs(c)));
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (i != sizes) RETURN_IF_ERROR(c.WithRank(i, spec.rank()).status());
  }
  ASSIGN_OR_RETURN(const PartialShape spelled, c.ShapeValue(sizes));
  ASSIGN_OR_RETURN(PartialShape shape, spelled.Merge(PartialShape::UnknownOfRank(spec.rank())));
  return c.Return(std::move(shape));
}

absl::StatusOr<PartialShape> PooledShape(const WindowSpec& spec, const PartialShape& input) {
  ASSIGN_OR_RETURN(PartialShape out, input.Merge(PartialShape::UnknownOfRank(spec.rank())));
  for (int i = 0; i < spec.spatial; ++i) {
    const int dim = spec.spatial_dim(i);
    if (out.dim(dim) < 0) continue;
    ASSIGN_OR_RETURN(const WindowDim window, spec.Along(i, out.dim(dim)));
    out = out.WithDim(dim, window.output);
  }
  const int64_t depth = out.dim(spec.channel_dim());
  if (depth >= 0 && (spec.depth_kernel != 1 || spec.depth_stride != 1)) {
    WindowDim window;
    window.input = depth;
    window.kernel = spec.depth_kernel;
    window.stride = spec.depth_stride;
    RETURN_IF_ERROR(ComputeWindow(spec.padding, &window));
    out = out.WithDim(spec.channel_dim(), window.output);
  }
  return out;
}

// dx = BackpropInput(shape of x, w, dy), dw = BackpropFilter(x, shape of w, dy)
GradientFn ConvGradient(const ConvOpNames& names) {
  return [names](GradientContext& g) {
    const OpScope& s = g.scope();
    const Output x = g.In(0), w = g.In(1), dy = g.Grad(0);
    return g.Return({WindowOp(g, names.backprop_input).In(ShapeOf(s, x)).In(w).In(dy).Build(),
                     WindowOp(g, names.backprop_filter).In(x).In(ShapeOf(s, w)).In(dy).Build()});
  };
}

// With g the gradient of dx: dw = BackpropFilter(g, shape of w, dy), d(dy) = Conv(g, w)
GradientFn ConvBackpropInputGradient(const ConvOpNames& names) {
  return [names](GradientContext& g) {
    const Output w = g.In(1), dy = g.In(2), grad = g.Grad(0);
    return g.Return(
        {Output(),
         WindowOp(g, names.backprop_filter).In(grad).In(ShapeOf(g.scope(), w)).In(dy).Build(),
         WindowOp(g, names.forward).In(grad).In(w).Build()});
  };
}

// With g the gradient of dw: dx = BackpropInput(shape of x, g, dy), d(dy) = Conv(x, g)
GradientFn ConvBackpropFilterGradient(const ConvOpNames& names) {
  return [names](GradientContext& g) {
    const Output x = g.In(0), dy = g.In(2), grad = g.Grad(0);
    return g.Return(
        {WindowOp(g, names.backprop_input).In(ShapeOf(g.scope(), x)).In(grad).In(dy).Build(),
         Output(), WindowOp(g, names.forward).In(x).In(grad).Build()});
  };
}

OpBuilder WindowOp(const GradientContext& g, absl::string_view op) {
  OpBuilder builder = g.scope().Op(op);
  for (absl::string_view name : {"ksize", "strides", "padding", "explicit_paddings", "data_format",
                                 "dilations", "use_cudnn_on_gpu"}) {
    const AttrValue* value = g.op().node().attrs().Find(name);
    if (value != nullptr) builder.SetAttr(name, *value);
  }
  return builder;
}

Output ShapeOf(const OpScope& scope, const Output& x) {
  if (!x.valid()) return Output();
  if (x.shape().IsFullyDefined()) {
    std::vector<int32_t> dims;
    for (int64_t d : x.shape().dims()) {
      if (d > std::numeric_limits<int32_t>::max()) return scope.Op("Shape").In(x).Build();
      dims.push_back(static_cast<int32_t>(d));
    }
    return scope.Op("Const")
        .Attr("value", Tensor::Vector<int32_t>(absl::MakeConstSpan(dims)))
        .Attr("dtype", DT_INT32)
        .Build();
  }
  return scope.Op("Shape").In(x).Build();
}

}  // namespace weir
