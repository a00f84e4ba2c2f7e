#include "weir/ops/pack.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Output Pack(const OpScope& scope, absl::Span<const Output> values, int64_t axis) {
  return scope.Op("Pack").InList(values).Attr("axis", axis).Build();
}

std::vector<Output> Unpack(const OpScope& scope, const Input& value, int64_t num, int64_t axis) {
  if (num < 0) {
    const PartialShape shape = value.is_constant()      ? PartialShape(value.value().shape())
                               : value.output().valid() ? value.output().shape()
                                                        : PartialShape();
    absl::StatusOr<int> at = ResolveAxis(axis, std::max(shape.rank(), 0));
    if (!at.ok() || shape.dim(*at) < 0) {
      scope.Fail(InvalidArgument("Unpack: cannot infer num along axis ", axis, " from shape ",
                                 shape.ToString()));
      return {};
    }
    num = shape.dim(*at);
  }
  const Operation op = scope.Op("Unpack").In(value).Attr("num", num).Attr("axis", axis).Build();
  std::vector<Output> outputs;
  for (int64_t i = 0; i < num; ++i) outputs.push_back(op.out(static_cast<int>(i)));
  return outputs;
}

}  // namespace ops

namespace {

absl::Status PackShape(ShapeContext& c) {
  PartialShape common;
  for (int i = 0; i < c.num_inputs(); ++i) {
    absl::StatusOr<PartialShape> merged = common.Merge(c.In(i));
    if (!merged.ok()) {
      return InvalidArgument("Shapes of all inputs must match: values[", i,
                             "].shape = ", c.In(i).ToString(), ", those before ",
                             common.ToString());
    }
    common = *std::move(merged);
  }
  if (!common.known_rank()) return c.Unknown();
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(c.Attr<int64_t>("axis"), common.rank() + 1));
  Dims out = DimsOf(common);
  out.insert(out.begin() + axis, c.num_inputs());
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(out));
  return c.Return(std::move(shape));
}

// Scalars packed into a vector: how graphs compose shapes.
std::optional<PartialInts> PackValue(const ValueContext& c) {
  if (c.OutShape().rank() != 1) return std::nullopt;
  std::optional<PartialInts> result = UnknownVector(c.num_inputs());
  for (int i = 0; result.has_value() && i < c.num_inputs(); ++i) {
    const PartialInts* value = c.In(i);
    if (value != nullptr && value->values.size() == 1) {
      result->values[static_cast<size_t>(i)] = value->values[0];
    }
  }
  return result;
}

absl::Status UnpackShape(ShapeContext& c) {
  const PartialShape& value = c.In(0);
  if (!value.known_rank()) return c.Unknown();
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(c.Attr<int64_t>("axis"), value.rank()));
  const int64_t num = c.Attr<int64_t>("num");
  if (value.dim(axis) >= 0 && value.dim(axis) != num) {
    return InvalidArgument("Input shape axis ", axis, " must equal ", num, ", got shape ",
                           value.ToString());
  }
  Dims out = DimsOf(value);
  out.erase(out.begin() + axis);
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOut(i, PartialShape(absl::MakeConstSpan(out)));
  return absl::OkStatus();
}

// A known vector's first element is the value of output 0.
std::optional<PartialInts> UnpackValue(const ValueContext& c) {
  const PartialInts* value = c.In(0);
  if (value == nullptr || value->rank != 1 || value->values.empty()) return std::nullopt;
  PartialInts first;
  first.values.push_back(value->values[0]);
  return first;
}

absl::Status ParallelConcatShape(ShapeContext& c) {
  const PartialShape shape = c.Attr<PartialShape>("shape");
  if (!shape.IsFullyDefined()) {
    return InvalidArgument("shape attr must be fully defined, but is ", shape.ToString());
  }
  if (shape.rank() < 1 || shape.dim(0) != c.num_inputs()) {
    return InvalidArgument("shape attr ", shape.ToString(),
                           " must begin with the number of values, ", c.num_inputs());
  }
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (!c.In(i).IsCompatibleWith(shape.WithDim(0, 1))) {
      return InvalidArgument("values[", i, "] of shape ", c.In(i).ToString(), " is no row of ",
                             shape.ToString());
    }
  }
  return c.Return(shape);
}

// d values[i] = dy[..., i, ...].
absl::Status PackGradient(GradientContext& g) {
  const std::vector<Output> parts =
      ops::Unpack(g.scope(), g.Grad(0), g.num_inputs(), g.Attr<int64_t>("axis"));
  return g.Return(absl::MakeConstSpan(parts));
}

absl::Status UnpackGradient(GradientContext& g) {
  std::vector<Output> parts;
  for (int i = 0; i < g.num_outputs(); ++i) parts.push_back(g.Grad(i));
  return g.Return({ops::Pack(g.scope(), parts, g.Attr<int64_t>("axis"))});
}

}  // namespace

void RegisterPackOps(OpRegistry& ops) {
  ops.Add("Pack")
      .Doc("The values, all of one shape, along a new axis.")
      .In("values: N * T")
      .Out("output: T")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Attr("axis: int = 0")
      .Shape(PackShape)
      .Value(PackValue)
      .Gradient(PackGradient);
  ops.Add("Unpack")
      .Doc("The slices of the value along an axis, which is dropped.")
      .In("value: T")
      .Out("output: num * T")
      .Attr("num: int >= 0")
      .Attr("T: type")
      .Attr("axis: int = 0")
      .Shape(UnpackShape)
      .Value(UnpackValue)
      .Gradient(UnpackGradient);
  ops.Add("ParallelConcat")
      .Doc("The values, each of one row, one after another along axis 0.")
      .In("values: N * T")
      .Out("output: T")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Attr("shape: shape")
      .Shape(ParallelConcatShape)
      .NotDifferentiable();
}

}  // namespace weir
