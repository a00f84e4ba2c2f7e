#include "weir/ops/bias_add.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/window_util.h"

namespace weir {
namespace ops {

Output BiasAdd(const OpScope& scope, const Input& value, const Input& bias,
               const BiasAddOptions& options) {
  return scope.Op("BiasAdd").In(value).In(bias).Attr("data_format", options.data_format).Build();
}

Output BiasAddGrad(const OpScope& scope, const Input& out_backprop, const BiasAddOptions& options) {
  return scope.Op("BiasAddGrad").In(out_backprop).Attr("data_format", options.data_format).Build();
}

}  // namespace ops

namespace {

constexpr absl::string_view kNumbers =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    "bfloat16, uint16, complex128, half, uint32, uint64}";

// The index of the channel dimension, which may be counted from the end.
int ChannelDim(absl::string_view data_format) { return data_format == "NCHW" ? 1 : -1; }

absl::Status BiasAddShape(ShapeContext& c) {
  const int channel = ChannelDim(c.Attr<std::string>("data_format"));
  ASSIGN_OR_RETURN(PartialShape value, c.WithRankAtLeast(0, channel == 1 ? 3 : 2));
  ASSIGN_OR_RETURN(const PartialShape bias, c.WithRank(1, 1));
  if (!value.known_rank() || bias.dim(0) < 0) return c.Return(std::move(value));
  const int64_t channels = value.dim(channel);
  if (channels >= 0 && channels != bias.dim(0)) {
    return InvalidArgument("bias has ", bias.dim(0), " elements, but value has ", channels,
                           " channels: ", value.ToString());
  }
  return c.Return(value.WithDim(channel, bias.dim(0)));
}

absl::Status BiasAddGradShape(ShapeContext& c) {
  const int channel = ChannelDim(c.Attr<std::string>("data_format"));
  ASSIGN_OR_RETURN(const PartialShape value, c.WithRankAtLeast(0, channel == 1 ? 3 : 2));
  if (!value.known_rank()) return c.Return(PartialShape::UnknownOfRank(1));
  return c.Return({value.dim(channel)});
}

// d(value) = dy, d(bias) = the sum of dy over all dimensions but the channels
absl::Status BiasAddGradient(GradientContext& g) {
  const std::string format = g.Attr<std::string>("data_format");
  return g.Return(
      {g.Grad(0), ops::BiasAddGrad(g.scope(), g.Grad(0), {format.empty() ? "NHWC" : format})});
}

// output[c] = sum of out_backprop[..., c]: every element of out_backprop gets its channel's dy.
absl::Status BiasAddGradGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const PartialShape& shape = g.In(0).shape();
  Output dy = g.Grad(0);
  if (g.Attr<std::string>("data_format") == "NCHW") {
    // [C] -> [C,1,...]: so that broadcasting aligns the channels with dimension 1.
    Output target;
    if (shape.known_rank()) {
      std::vector<int32_t> dims(static_cast<size_t>(shape.rank()) - 1, 1);
      dims[0] = -1;
      target = s.Op("Const")
                   .Attr("value", Tensor::Vector<int32_t>(absl::MakeConstSpan(dims)))
                   .Attr("dtype", DT_INT32)
                   .Build();
    } else {
      const Output rank = s.Op("Rank").In(g.In(0)).Build();
      const Output ones =
          s.Op("Fill")
              .In(s.Op("ExpandDims").In(s.Op("Sub").In(rank).In(2).Build()).In(0).Build())
              .In(1)
              .Build();
      const Output channels = s.Op("Shape").In(dy).Build();
      const Output parts[] = {channels, ones};
      target = s.Op("ConcatV2").InList(absl::MakeConstSpan(parts)).In(0).Build();
    }
    dy = s.Op("Reshape").In(dy).In(target).Build();
  }
  return g.Return({s.Op("BroadcastTo").In(dy).In(ShapeOf(s, g.In(0))).Build()});
}

}  // namespace

void RegisterBiasAddOps(OpRegistry& ops) {
  ops.Add("BiasAdd")
      .Doc(
          "output = value + bias, with bias along the channels: the last dimension, or "
          "dimension 1 for NCHW.")
      .In("value: T")
      .In("bias: T")
      .Out("output: T")
      .Attr(kNumbers)
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Shape(BiasAddShape)
      .Gradient(BiasAddGradient);
  ops.Add("BiasAddV1")
      .Doc("output = value + bias, with bias along the last dimension.")
      .In("value: T")
      .In("bias: T")
      .Out("output: T")
      .Attr(kNumbers)
      .Shape(BiasAddShape)
      .Gradient(BiasAddGradient);
  ops.Add("BiasAddGrad")
      .Doc("output[c] = sum of out_backprop over all dimensions but the channels.")
      .In("out_backprop: T")
      .Out("output: T")
      .Attr(kNumbers)
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Shape(BiasAddGradShape)
      .Gradient(BiasAddGradGradient);
}

}  // namespace weir
