#include "weir/ops/strided_slice.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/strided_slice_util.h"

namespace weir {
namespace ops {
namespace {

Operation Build(OpBuilder builder, const StridedSliceOptions& o) {
  return builder.Attr("begin_mask", o.begin_mask)
      .Attr("end_mask", o.end_mask)
      .Attr("ellipsis_mask", o.ellipsis_mask)
      .Attr("new_axis_mask", o.new_axis_mask)
      .Attr("shrink_axis_mask", o.shrink_axis_mask)
      .Build();
}

}  // namespace

Output StridedSlice(const OpScope& scope, const Input& input, const Input& begin, const Input& end,
                    const Input& strides, const StridedSliceOptions& options) {
  return Build(scope.Op("StridedSlice").In(input).In(begin).In(end).In(strides), options);
}

Output StridedSliceGrad(const OpScope& scope, const Input& shape, const Input& begin,
                        const Input& end, const Input& strides, const Input& dy,
                        const StridedSliceOptions& options) {
  return Build(scope.Op("StridedSliceGrad").In(shape).In(begin).In(end).In(strides).In(dy),
               options);
}

Output StridedSliceAssign(const OpScope& scope, const Input& ref, const Input& begin,
                          const Input& end, const Input& strides, const Input& value,
                          const StridedSliceOptions& options) {
  return Build(scope.Op("StridedSliceAssign").In(ref).In(begin).In(end).In(strides).In(value),
               options);
}

Operation ResourceStridedSliceAssign(const OpScope& scope, const Input& ref, const Input& begin,
                                     const Input& end, const Input& strides, const Input& value,
                                     const StridedSliceOptions& options) {
  return Build(
      scope.Op("ResourceStridedSliceAssign").In(ref).In(begin).In(end).In(strides).In(value),
      options);
}

}  // namespace ops

namespace {

// The subscripts as far as they are known; nullopt when not even their number is. They are always
// inputs 1 to 3.
absl::StatusOr<std::optional<StridedSliceSpec>> KnownSpec(ShapeContext& c) {
  PartialShape length = PartialShape::UnknownOfRank(1);
  for (int i = 1; i <= 3; ++i) {
    ASSIGN_OR_RETURN(const PartialShape shape, c.WithRank(i, 1));
    absl::StatusOr<PartialShape> merged = length.Merge(shape);
    if (!merged.ok()) {
      return InvalidArgument("begin, end and strides need one length, but have shapes ",
                             c.In(1).ToString(), ", ", c.In(2).ToString(), " and ",
                             c.In(3).ToString());
    }
    length = *std::move(merged);
  }
  std::optional<StridedSliceSpec> spec;
  if (length.dim(0) < 0) return spec;
  spec.emplace();
  spec->ReadMasks(c);
  if (length.dim(0) > kMaxRank) return InvalidArgument("has ", length.dim(0), " subscripts");
  spec->entries.resize(static_cast<size_t>(length.dim(0)));
  const auto fill = [&](int i, int64_t StridedSliceSpec::Entry::* field) {
    const PartialInts* value = c.Value(i);
    if (value == nullptr || value->values.size() != spec->entries.size()) return;
    for (size_t e = 0; e < spec->entries.size(); ++e) spec->entries[e].*field = value->values[e];
  };
  fill(1, &StridedSliceSpec::Entry::begin);
  fill(2, &StridedSliceSpec::Entry::end);
  fill(3, &StridedSliceSpec::Entry::stride);
  return spec;
}

// The shape of the slice of an input of shape `input`.
absl::StatusOr<PartialShape> SlicedShape(ShapeContext& c, const PartialShape& input) {
  ASSIGN_OR_RETURN(const std::optional<StridedSliceSpec> spec, KnownSpec(c));
  if (!spec.has_value() || !input.known_rank()) return PartialShape();
  ASSIGN_OR_RETURN(StridedSlicePlan plan, PlanStridedSlice(input, *spec));
  return std::move(plan.output);
}

absl::Status StridedSliceShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, SlicedShape(c, c.In(0)));
  return c.Return(std::move(shape));
}

absl::Status CheckSliceShape(const PartialShape& want, const PartialShape& got,
                             absl::string_view name) {
  if (want.IsCompatibleWith(got)) return absl::OkStatus();
  return InvalidArgument("shape of ", name, " was ", got.ToString(), " instead of ",
                         want.ToString());
}

absl::Status StridedSliceGradShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, c.ShapeValue(0));
  ASSIGN_OR_RETURN(const PartialShape slice, SlicedShape(c, shape));
  RETURN_IF_ERROR(CheckSliceShape(slice, c.In(4), "dy"));
  return c.Return(std::move(shape));
}

absl::Status StridedSliceAssignShape(ShapeContext& c) {
  const PartialShape variable = c.HandleShape(0);
  ASSIGN_OR_RETURN(const PartialShape slice, SlicedShape(c, variable));
  RETURN_IF_ERROR(CheckSliceShape(slice, c.In(4), "value"));
  if (c.num_outputs() > 0) c.SetOut(0, variable);
  return absl::OkStatus();
}

// A slice of a known vector is known, and so is a known scalar made a vector.
std::optional<PartialInts> StridedSliceValue(const ValueContext& c) {
  const PartialInts* input = c.In(0);
  if (input == nullptr || c.OutShape().rank() > 1 || !c.OutShape().known_rank()) {
    return std::nullopt;
  }
  PartialInts out;
  out.rank = c.OutShape().rank();
  if (input->rank == 0) {
    out.values = input->values;
    return out;
  }
  StridedSliceSpec spec;
  spec.ReadMasks(c);
  for (int i = 1; i <= 3; ++i) {
    if (c.In(i) == nullptr || !c.In(i)->FullyKnown()) return std::nullopt;
  }
  for (size_t e = 0; e < c.In(1)->values.size(); ++e) {
    spec.entries.push_back({c.In(1)->values[e], c.In(2)->values[e], c.In(3)->values[e]});
  }
  const PartialShape shape({static_cast<int64_t>(input->values.size())});
  absl::StatusOr<StridedSlicePlan> plan = PlanStridedSlice(shape, spec);
  if (!plan.ok()) return std::nullopt;
  const StridedSlicePlan::Dim& d = plan->dims[0];
  for (int64_t i = 0; i < d.size; ++i) out.values.push_back(input->values[d.begin + i * d.stride]);
  return out;
}

ops::StridedSliceOptions OptionsOf(const GradientContext& g) {
  return {.begin_mask = g.Attr<int64_t>("begin_mask"),
          .end_mask = g.Attr<int64_t>("end_mask"),
          .ellipsis_mask = g.Attr<int64_t>("ellipsis_mask"),
          .new_axis_mask = g.Attr<int64_t>("new_axis_mask"),
          .shrink_axis_mask = g.Attr<int64_t>("shrink_axis_mask")};
}

// dx is dy at the places that were taken and zero elsewhere.
absl::Status StridedSliceGradient(GradientContext& g) {
  const Output shape = ShapeAs(g.scope(), g.In(0), g.InType(1));
  const Output dx =
      ops::StridedSliceGrad(g.scope(), shape, g.In(1), g.In(2), g.In(3), g.Grad(0), OptionsOf(g));
  return g.Return({dx, Output(), Output(), Output()});
}

// The op is linear in dy; its transpose takes the slice.
absl::Status StridedSliceGradGradient(GradientContext& g) {
  const Output ddy =
      ops::StridedSlice(g.scope(), g.Grad(0), g.In(1), g.In(2), g.In(3), OptionsOf(g));
  return g.Return({Output(), Output(), Output(), Output(), ddy});
}

// What the four ops have in common: the subscripts between their first and last arguments.
OpDeclaration AddOp(OpRegistry& ops, absl::string_view name, absl::string_view first,
                    absl::string_view last) {
  OpDeclaration op = ops.Add(name);
  op.In(first).In("begin: Index").In("end: Index").In("strides: Index");
  if (!last.empty()) op.In(last);
  op.Attr("T: type")
      .Attr("Index: {int32, int64}")
      .Attr("begin_mask: int = 0")
      .Attr("end_mask: int = 0")
      .Attr("ellipsis_mask: int = 0")
      .Attr("new_axis_mask: int = 0")
      .Attr("shrink_axis_mask: int = 0");
  return op;
}

}  // namespace

void RegisterStridedSliceOps(OpRegistry& ops) {
  AddOp(ops, "StridedSlice", "input: T", "")
      .Doc(
          "The elements input[begin[0] : end[0] : strides[0], ...] with Python's meaning; bit i of "
          "a mask says that entry i's begin or end is ignored, or that the entry is an ellipsis, a "
          "new axis or a single index.")
      .Out("output: T")
      .Shape(StridedSliceShape)
      .Value(StridedSliceValue)
      .Gradient(StridedSliceGradient);
  AddOp(ops, "StridedSliceGrad", "shape: Index", "dy: T")
      .Doc("Zeros of shape `shape`, with dy in the places that StridedSlice would take.")
      .Out("output: T")
      .Shape(StridedSliceGradShape)
      .Gradient(StridedSliceGradGradient);
  AddOp(ops, "StridedSliceAssign", "ref: Ref(T)", "value: T")
      .Doc("Writes `value` into the elements of the variable that StridedSlice would take.")
      .Out("output_ref: Ref(T)")
      .Shape(StridedSliceAssignShape)
      .NotDifferentiable();
  AddOp(ops, "ResourceStridedSliceAssign", "ref: resource", "value: T")
      .Doc("Writes `value` into the elements of the variable that StridedSlice would take.")
      .Stateful()
      .Shape(StridedSliceAssignShape)
      .NotDifferentiable();
}

}  // namespace weir
