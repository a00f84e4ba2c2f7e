#include "weir/ops/constant.h"

#include <type_traits>

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/proto/attr_value.pb.h"
#include "weir/proto/tensor.pb.h"

namespace weir {
namespace ops {
namespace {

constexpr int64_t kLargestConstant = 1024;  // Elements; larger fills are computed by the graph.

Output ConstOfTensor(const OpScope& scope, const Tensor& value) {
  return scope.Op("Const").Attr("value", value).Attr("dtype", value.dtype()).Build();
}

template <typename T>
T NumberAs(double value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value != 0;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<int64_t>(value));
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(value));
  } else {
    return T(value);
  }
}

absl::StatusOr<Tensor> NumberTensor(DataType dtype, double value) {
  Tensor result;
  RETURN_IF_ERROR((DispatchType<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t,
                                uint8_t, uint16_t, uint32_t, uint64_t, bool, Complex64, Complex128>(
      dtype, [&]<typename T>(TypeTag<T>) {
        result = Tensor::Scalar<T>(NumberAs<T>(value));
        return absl::OkStatus();
      })));
  return result;
}

Output Filled(const OpScope& scope, const weir::Shape& shape, DataType dtype, double value) {
  absl::StatusOr<Tensor> one =
      dtype == DT_STRING ? Tensor::Scalar(std::string()) : NumberTensor(dtype, value);
  if (!one.ok()) {
    scope.Fail(one.status());
    return Output();
  }
  if (shape.num_elements() <= kLargestConstant) return Const(scope, *one, shape);
  return Fill(scope, Tensor::Vector<int64_t>(shape.dims()), *one);
}

}  // namespace

Output Const(const OpScope& scope, const Input& value) {
  if (!value.is_constant()) {
    if (!value.output().valid()) {
      scope.Fail(InvalidArgument("Const: the value is an empty tensor or an empty handle"));
    }
    return value.output();
  }
  return ConstOfTensor(scope, value.value());
}

Output Const(const OpScope& scope, const Input& value, const weir::Shape& shape) {
  if (!value.is_constant() || value.value().num_elements() != 1) {
    scope.Fail(InvalidArgument("Const of shape ", shape.ToString(),
                               " repeats one value and needs a constant of one element"));
    return Output();
  }
  const Tensor& one = value.value();
  absl::StatusOr<Tensor> filled = Tensor::Make(one.dtype(), shape);
  if (!filled.ok()) {
    scope.Fail(filled.status());
    return Output();
  }
  const size_t size = DataTypeSize(one.dtype());
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    CopyElements(one.dtype(), one.raw_data(), filled->mutable_raw_data() + i * size, 1);
  }
  return ConstOfTensor(scope, *filled);
}

Output ScalarConst(const OpScope& scope, DataType dtype, double value) {
  absl::StatusOr<Tensor> tensor = NumberTensor(dtype, value);
  if (!tensor.ok()) {
    scope.Fail(tensor.status());
    return Output();
  }
  return ConstOfTensor(scope, *tensor);
}

Output Placeholder(const OpScope& scope, DataType dtype, const PartialShape& shape) {
  return scope.Op("Placeholder").Attr("dtype", dtype).Attr("shape", shape).Build();
}

Output PlaceholderWithDefault(const OpScope& scope, const Input& input, const PartialShape& shape) {
  return scope.Op("PlaceholderWithDefault").In(input).Attr("shape", shape).Build();
}

Output Zeros(const OpScope& scope, const weir::Shape& shape, DataType dtype) {
  return Filled(scope, shape, dtype, 0);
}

Output Ones(const OpScope& scope, const weir::Shape& shape, DataType dtype) {
  return Filled(scope, shape, dtype, 1);
}

Output ZerosLike(const OpScope& scope, const Input& x) {
  return scope.Op("ZerosLike").In(x).Build();
}

Output OnesLike(const OpScope& scope, const Input& x) { return scope.Op("OnesLike").In(x).Build(); }

Output Fill(const OpScope& scope, const Input& dims, const Input& value) {
  return scope.Op("Fill").In(dims).In(value).Build();
}

Output Range(const OpScope& scope, const Input& start, const Input& limit, const Input& delta) {
  return scope.Op("Range").In(start).In(limit).In(delta).Build();
}

Output LinSpace(const OpScope& scope, const Input& start, const Input& stop, const Input& num) {
  return scope.Op("LinSpace").In(start).In(stop).In(num).Build();
}

}  // namespace ops

namespace {

absl::Status ConstShape(ShapeContext& c) {
  const AttrValue* attr = c.attrs().Find("value");
  if (attr == nullptr) return c.Unknown();
  // Read from the proto: decoding a large constant for its shape alone would copy it.
  const TensorProto& value = attr->tensor();
  if (value.dtype() != c.OutType(0)) {
    return InvalidArgument("the value is of type ", DataTypeName(value.dtype()),
                           ", but dtype says ", DataTypeName(c.OutType(0)));
  }
  ASSIGN_OR_RETURN(const Shape shape, Shape::FromProto(value.tensor_shape()));
  return c.Return(shape);
}

std::optional<PartialInts> ConstValue(const ValueContext& c) {
  const int64_t n = c.OutShape().num_elements();
  if (n < 0 || n > static_cast<int64_t>(PartialInts::kMaxValues)) return std::nullopt;
  const Tensor value = c.Attr<Tensor>("value");
  if (value.rank() > 1 || value.num_elements() != n) return std::nullopt;
  absl::StatusOr<Dims> ints = IntVector(value, "value");
  if (!ints.ok()) return std::nullopt;
  PartialInts known = KnownVector(*ints);
  known.rank = value.rank();
  return known;
}

absl::Status ShapeFromAttr(ShapeContext& c) { return c.Return(c.Attr<PartialShape>("shape")); }

absl::Status PlaceholderWithDefaultShape(ShapeContext& c) {
  const PartialShape shape = c.Attr<PartialShape>("shape");
  if (!shape.IsCompatibleWith(c.In(0))) {
    return InvalidArgument("the default has shape ", c.In(0).ToString(),
                           ", which is not compatible with ", shape.ToString());
  }
  return c.Return(shape);
}

absl::Status FillShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(1, 0).status());
  ASSIGN_OR_RETURN(PartialShape shape, c.ShapeValue(0));
  return c.Return(std::move(shape));
}

std::optional<PartialInts> FillValue(const ValueContext& c) {
  const int64_t n = c.OutShape().num_elements();
  const PartialInts* value = c.In(1);
  if (value == nullptr || value->values.size() != 1 || c.OutShape().rank() > 1) return std::nullopt;
  std::optional<PartialInts> result = UnknownVector(n);
  if (!result.has_value()) return std::nullopt;
  result->rank = c.OutShape().rank();
  for (int64_t& v : result->values) v = value->values[0];
  return result;
}

absl::Status RangeShape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i) RETURN_IF_ERROR(c.WithRank(i, 0).status());
  const std::optional<int64_t> start = c.IntValue(0), limit = c.IntValue(1), delta = c.IntValue(2);
  if (!start || !limit || !delta) return c.Return(PartialShape::UnknownOfRank(1));
  ASSIGN_OR_RETURN(const int64_t length, RangeLength(*start, *limit, *delta));
  return c.Return(PartialShape({length}));
}

std::optional<PartialInts> RangeValue(const ValueContext& c) {
  std::optional<PartialInts> result = UnknownVector(c.OutShape().num_elements());
  const PartialInts* start = c.In(0);
  const PartialInts* delta = c.In(2);
  if (!result.has_value() || start == nullptr || delta == nullptr) return std::nullopt;
  if (!start->FullyKnown() || !delta->FullyKnown()) return std::nullopt;
  // Every value lies between start and limit, so that the arithmetic cannot overflow.
  for (size_t i = 0; i < result->values.size(); ++i) {
    result->values[i] = start->values[0] + static_cast<int64_t>(i) * delta->values[0];
  }
  return result;
}

absl::Status LinSpaceShape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i) RETURN_IF_ERROR(c.WithRank(i, 0).status());
  const std::optional<int64_t> num = c.IntValue(2);
  if (!num) return c.Return(PartialShape::UnknownOfRank(1));
  if (*num <= 0) return InvalidArgument("Requires num > 0, but num is ", *num);
  return c.Return(PartialShape({*num}));
}

// y[...] = value for every element: dvalue = sum(dy).
absl::Status FillGradient(GradientContext& g) {
  const Output dy = g.Grad(0);
  const Output rank = g.scope().Op("Rank").In(dy).Build();
  const Output axes = ops::Range(g.scope(), 0, rank, 1);
  return g.Return({Output(), g.scope().Op("Sum").In(dy).In(axes).Build()});
}

absl::Status PassGradient(GradientContext& g) {
  g.SetGradient(0, g.RawGrad(0));
  return absl::OkStatus();
}

absl::Status SameAsInput(ShapeContext& c) { return c.SameAsInput(0); }

void RegisterSources(OpRegistry& ops) {
  ops.Add("Const")
      .Doc("The tensor `value`.")
      .Out("output: dtype")
      .Attr("value: tensor")
      .Attr("dtype: type")
      .Shape(ConstShape)
      .Value(ConstValue)
      .NotDifferentiable();
  ops.Add("Placeholder")
      .Doc("A tensor that a run must feed. `shape` is what is known of its shape.")
      .Out("output: dtype")
      .Attr("dtype: type")
      .Attr("shape: shape = <unknown>")
      .Shape(ShapeFromAttr)
      .NotDifferentiable();
  ops.Add("PlaceholderV2")
      .Doc("A tensor that a run must feed. `shape` is what is known of its shape.")
      .Out("output: dtype")
      .Attr("dtype: type")
      .Attr("shape: shape")
      .DeprecatedAt(23)
      .Shape(ShapeFromAttr)
      .NotDifferentiable();
  ops.Add("PlaceholderWithDefault")
      .Doc("The input, unless a run feeds the output. `shape` is what is known of its shape.")
      .In("input: dtype")
      .Out("output: dtype")
      .Attr("dtype: type")
      .Attr("shape: shape")
      .Shape(PlaceholderWithDefaultShape)
      .Gradient(PassGradient);
}

void RegisterFills(OpRegistry& ops) {
  ops.Add("ZerosLike")
      .Doc("Zeros of the shape and type of x; empty strings for strings.")
      .In("x: T")
      .Out("y: T")
      .Attr("T: type")
      .Shape(SameAsInput)
      .NotDifferentiable();
  ops.Add("OnesLike")
      .Doc("Ones of the shape and type of x.")
      .In("x: T")
      .Out("y: T")
      .Attr(
          "T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, int64, complex64, "
          "complex128, bool}")
      .Shape(SameAsInput)
      .NotDifferentiable();
  ops.Add("Fill")
      .Doc("A tensor of shape `dims` whose elements are all the scalar `value`.")
      .In("dims: index_type")
      .In("value: T")
      .Out("output: T")
      .Attr("T: type")
      .Attr("index_type: {int32, int64} = int32")
      .Shape(FillShape)
      .Value(FillValue)
      .Gradient(FillGradient);
  ops.Add("Range")
      .Doc("start, start + delta, start + 2 delta, ... up to but excluding limit.")
      .In("start: Tidx")
      .In("limit: Tidx")
      .In("delta: Tidx")
      .Out("output: Tidx")
      .Attr("Tidx: {bfloat16, float, double, int32, int64} = int32")
      .Shape(RangeShape)
      .Value(RangeValue)
      .NotDifferentiable();
  ops.Add("LinSpace")
      .Doc("`num` values evenly spaced from start to stop, both included.")
      .In("start: T")
      .In("stop: T")
      .In("num: Tidx")
      .Out("output: T")
      .Attr("T: {bfloat16, float, double}")
      .Attr("Tidx: {int32, int64} = int32")
      .Shape(LinSpaceShape)
      .NotDifferentiable();
}

}  // namespace

void RegisterConstantOps(OpRegistry& ops) {
  RegisterSources(ops);
  RegisterFills(ops);
}

}  // namespace weir
