#include "weir/ops/pool.h"

#include "weir/graph/op_spec.h"
#include "weir/ops/pool_util.h"
#include "weir/ops/window_util.h"

namespace weir {
namespace ops {
namespace {

OpBuilder PoolOp(const OpScope& scope, absl::string_view op, const PoolOptions& options) {
  OpBuilder builder = scope.Op(op);
  builder.Attr("ksize", options.ksize)
      .Attr("strides", options.strides)
      .Attr("padding", options.padding)
      .Attr("data_format", options.data_format);
  return builder;
}

}  // namespace

Output MaxPool(const OpScope& scope, const Input& input, const PoolOptions& options) {
  return PoolOp(scope, "MaxPool", options).In(input).Build();
}

Output AvgPool(const OpScope& scope, const Input& input, const PoolOptions& options) {
  return PoolOp(scope, "AvgPool", options).In(input).Build();
}

Output MaxPoolV2(const OpScope& scope, const Input& input, const Input& ksize, const Input& strides,
                 const std::string& padding, const std::string& data_format) {
  return scope.Op("MaxPoolV2")
      .In(input)
      .In(ksize)
      .In(strides)
      .Attr("padding", padding)
      .Attr("data_format", data_format)
      .Build();
}

MaxPoolArgmax MaxPoolWithArgmax(const OpScope& scope, const Input& input, const PoolOptions& pool,
                                const MaxPoolWithArgmaxOptions& options) {
  const Operation op = scope.Op("MaxPoolWithArgmax")
                           .In(input)
                           .Attr("ksize", pool.ksize)
                           .Attr("strides", pool.strides)
                           .Attr("padding", pool.padding)
                           .Attr("Targmax", options.argmax_type)
                           .Attr("include_batch_in_index", options.include_batch_in_index)
                           .Build();
  return {op.out(0), op.out(1)};
}

Output MaxPoolGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                   const Input& grad, const PoolOptions& options) {
  return PoolOp(scope, "MaxPoolGrad", options).In(orig_input).In(orig_output).In(grad).Build();
}

Output MaxPoolGradGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                       const Input& grad, const PoolOptions& options) {
  return PoolOp(scope, "MaxPoolGradGrad", options).In(orig_input).In(orig_output).In(grad).Build();
}

Output AvgPoolGrad(const OpScope& scope, const Input& orig_input_shape, const Input& grad,
                   const PoolOptions& options) {
  return PoolOp(scope, "AvgPoolGrad", options).In(orig_input_shape).In(grad).Build();
}

}  // namespace ops

namespace {

constexpr absl::string_view kReal =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";

OpDeclaration& PoolAttrs(OpDeclaration& op) {
  return op.Attr("ksize: list(int) >= 4")
      .Attr("strides: list(int) >= 4")
      .Attr("padding: {'SAME', 'VALID'}");
}

// MaxPoolV2 and its gradients: the window is known only when its two inputs are.
absl::StatusOr<WindowSpec> WindowOfInputs(ShapeContext& c, int ksize) {
  WindowAttrs attrs = ReadWindowAttrs(c);
  RETURN_IF_ERROR(c.WithRank(ksize, 1).status());
  RETURN_IF_ERROR(c.WithRank(ksize + 1, 1).status());
  const auto window = c.IntValues(ksize), strides = c.IntValues(ksize + 1);
  if (!window.has_value() || !strides.has_value()) return Unimplemented("not known yet");
  attrs.ksize = *window;
  attrs.strides = *strides;
  if (attrs.ksize.empty() || attrs.strides.empty()) {
    return InvalidArgument("ksize and strides must have 4 entries");
  }
  return ParseWindow(2, attrs);
}

absl::Status MaxPoolV2Shape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape input, c.WithRank(0, 4));
  const absl::StatusOr<WindowSpec> spec = WindowOfInputs(c, 1);
  if (absl::IsUnimplemented(spec.status())) return c.Return(PartialShape::UnknownOfRank(4));
  RETURN_IF_ERROR(spec.status());
  ASSIGN_OR_RETURN(PartialShape shape, PooledShape(*spec, input));
  return c.Return(std::move(shape));
}

// With argmax: gathers of the gradient at the maxima, and their scatters, are adjoint.
absl::Status MaxPoolWithArgmaxGradient(GradientContext& g) {
  return g.Return(
      {WindowOp(g, "MaxPoolGradWithArgmax")
           .In(g.In(0))
           .In(g.Grad(0))
           .In(g.Out(1))
           .SetAttr("include_batch_in_index", MakeAttr(g.Attr<bool>("include_batch_in_index")))
           .Build()});
}

GradientFn ArgmaxAdjoint(absl::string_view op) {
  return [op](GradientContext& g) {
    return g.Return(
        {g.scope().Op("ZerosLike").In(g.In(0)).Build(),
         WindowOp(g, op)
             .In(g.In(0))
             .In(g.Grad(0))
             .In(g.In(2))
             .SetAttr("include_batch_in_index", MakeAttr(g.Attr<bool>("include_batch_in_index")))
             .Build(),
         Output()});
  };
}

absl::Status MaxPoolWithArgmaxShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindow(2, ReadWindowAttrs(c)));
  ASSIGN_OR_RETURN(const PartialShape shape, PooledShape(spec, c.In(0)));
  c.SetOut(0, shape);
  c.SetOut(1, shape);
  return absl::OkStatus();
}

absl::Status MaxPoolGradGradWithArgmaxShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(0, 4).status());
  RETURN_IF_ERROR(c.WithRank(1, 4).status());
  ASSIGN_OR_RETURN(const PartialShape argmax, c.WithRank(2, 4));
  return c.Return(argmax);
}

// MaxPoolV2 and its gradients pass the window on as inputs.
absl::Status MaxPoolV2Gradient(GradientContext& g) {
  return g.Return({WindowOp(g, "MaxPoolGradV2")
                       .In(g.In(0))
                       .In(g.Out(0))
                       .In(g.Grad(0))
                       .In(g.In(1))
                       .In(g.In(2))
                       .Build(),
                   Output(), Output()});
}

GradientFn MaxPoolGradV2Gradient(absl::string_view op) {
  return [op](GradientContext& g) {
    const OpScope& s = g.scope();
    return g.Return(
        {s.Op("ZerosLike").In(g.In(0)).Build(), s.Op("ZerosLike").In(g.In(1)).Build(),
         WindowOp(g, op).In(g.In(0)).In(g.In(1)).In(g.Grad(0)).In(g.In(3)).In(g.In(4)).Build(),
         Output(), Output()});
  };
}

void RegisterAverage(OpRegistry& ops) {
  PoolAttrs(ops.Add("AvgPool")
                .Doc("The mean of each window; padding does not count.")
                .In("value: T")
                .Out("output: T"))
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape([](ShapeContext& c) { return PoolShape(c, 2); })
      .Gradient(AvgPoolGradient("AvgPoolGrad"));
  PoolAttrs(ops.Add("AvgPoolGrad")
                .Doc("Spreads each element of grad evenly over its window of an AvgPool input, "
                     "whose shape orig_input_shape spells.")
                .In("orig_input_shape: int32")
                .In("grad: T")
                .Out("output: T"))
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape([](ShapeContext& c) { return AvgPoolGradShape(c, 2); })
      .Gradient(AvgPoolGradGradient("AvgPool"));
}

void RegisterMaximum(OpRegistry& ops) {
  PoolAttrs(ops.Add("MaxPool")
                .Doc("The largest element of each window; padding does not count.")
                .In("input: T")
                .Out("output: T"))
      .Attr(
          "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} "
          "= float")
      .Attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Shape([](ShapeContext& c) { return PoolShape(c, 2); })
      .Gradient(MaxPoolGradient("MaxPoolGrad"));
  PoolAttrs(ops.Add("MaxPoolGrad")
                .Doc("Adds each element of grad to the first maximum of its window.")
                .In("orig_input: T")
                .In("orig_output: T")
                .In("grad: T")
                .Out("output: T"))
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr(absl::StrCat(kReal, " = float"))
      .Shape([](ShapeContext& c) { return MaxPoolGradShape(c, 2); })
      .Gradient(MaxPoolGradGradient("MaxPoolGradGrad"));
  PoolAttrs(ops.Add("MaxPoolGradGrad")
                .Doc("The element of grad at the first maximum of each window of orig_input.")
                .In("orig_input: T")
                .In("orig_output: T")
                .In("grad: T")
                .Out("output: T"))
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr(kReal)
      .Shape([](ShapeContext& c) { return MaxPoolGradGradShape(c, 2); })
      .Gradient(MaxPoolGradGradient("MaxPoolGrad"));
}

void RegisterMaximumOfInputs(OpRegistry& ops) {
  ops.Add("MaxPoolV2")
      .Doc("MaxPool whose window and strides are inputs.")
      .In("input: T")
      .In("ksize: int32")
      .In("strides: int32")
      .Out("output: T")
      .Attr(
          "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} "
          "= float")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Shape(MaxPoolV2Shape)
      .Gradient(MaxPoolV2Gradient);
  ops.Add("MaxPoolGradV2")
      .Doc("MaxPoolGrad whose window and strides are inputs.")
      .In("orig_input: T")
      .In("orig_output: T")
      .In("grad: T")
      .In("ksize: int32")
      .In("strides: int32")
      .Out("output: T")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr(absl::StrCat(kReal, " = float"))
      .Shape([](ShapeContext& c) { return MaxPoolGradShape(c, 2); })
      .Gradient(MaxPoolGradV2Gradient("MaxPoolGradGradV2"));
  ops.Add("MaxPoolGradGradV2")
      .Doc("MaxPoolGradGrad whose window and strides are inputs.")
      .In("orig_input: T")
      .In("orig_output: T")
      .In("grad: T")
      .In("ksize: int32")
      .In("strides: int32")
      .Out("output: T")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr(kReal)
      .Shape([](ShapeContext& c) { return MaxPoolGradGradShape(c, 2); })
      .Gradient(MaxPoolGradV2Gradient("MaxPoolGradV2"));
}

void RegisterArgmax(OpRegistry& ops) {
  PoolAttrs(ops.Add("MaxPoolWithArgmax")
                .Doc("MaxPool, and the position of the first maximum of each window: "
                     "(y * width + x) * channels + channel, counted within the image or, with "
                     "include_batch_in_index, within the input.")
                .In("input: T")
                .Out("output: T")
                .Out("argmax: Targmax"))
      .Attr("Targmax: {int32, int64} = int64")
      .Attr("include_batch_in_index: bool = false")
      .Attr(kReal)
      .Shape(MaxPoolWithArgmaxShape)
      .Gradient(MaxPoolWithArgmaxGradient);
  PoolAttrs(ops.Add("MaxPoolGradWithArgmax")
                .Doc("Adds each element of grad to the position that argmax says, of a tensor "
                     "shaped as input.")
                .In("input: T")
                .In("grad: T")
                .In("argmax: Targmax")
                .Out("output: T"))
      .Attr("include_batch_in_index: bool = false")
      .Attr("Targmax: {int32, int64}")
      .Attr(kReal)
      .Shape([](ShapeContext& c) { return c.SameAsInput(0, 4); })
      .Gradient(ArgmaxAdjoint("MaxPoolGradGradWithArgmax"));
  PoolAttrs(ops.Add("MaxPoolGradGradWithArgmax")
                .Doc("The elements of grad, which is shaped as input, at the positions of argmax.")
                .In("input: T")
                .In("grad: T")
                .In("argmax: Targmax")
                .Out("output: T"))
      .Attr("include_batch_in_index: bool = false")
      .Attr("Targmax: {int32, int64}")
      .Attr(kReal)
      .Shape(MaxPoolGradGradWithArgmaxShape)
      .Gradient(ArgmaxAdjoint("MaxPoolGradWithArgmax"));
}

}  // namespace

void RegisterPoolOps(OpRegistry& ops) {
  RegisterAverage(ops);
  RegisterMaximum(ops);
  RegisterMaximumOfInputs(ops);
  RegisterArgmax(ops);
}

}  // namespace weir
