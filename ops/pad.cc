#include "weir/ops/pad.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"

namespace weir {
namespace ops {

Output Pad(const OpScope& scope, const Input& input, const Input& paddings) {
  return scope.Op("Pad").In(input).In(paddings).Build();
}

Output PadV2(const OpScope& scope, const Input& input, const Input& paddings,
             const Input& constant_values) {
  return scope.Op("PadV2").In(input).In(paddings).In(constant_values).Build();
}

Output MirrorPad(const OpScope& scope, const Input& input, const Input& paddings,
                 const std::string& mode) {
  return scope.Op("MirrorPad").In(input).In(paddings).Attr("mode", mode).Build();
}

Output MirrorPadGrad(const OpScope& scope, const Input& input, const Input& paddings,
                     const std::string& mode) {
  return scope.Op("MirrorPadGrad").In(input).In(paddings).Attr("mode", mode).Build();
}

}  // namespace ops

namespace {

// The input's shape, of the rank that the paddings speak of.
absl::StatusOr<PartialShape> InputOfPaddedRank(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape paddings, c.WithRank(1, 2));
  if (paddings.dim(1) >= 0 && paddings.dim(1) != 2) {
    return InvalidArgument("paddings must have shape [rank, 2], but has ", paddings.ToString());
  }
  const PartialShape& input = c.In(0);
  const int64_t rank = paddings.dim(0);
  if (rank < 0) return input;
  if (rank > kMaxRank) return InvalidArgument("pads ", rank, " dimensions");
  absl::StatusOr<PartialShape> merged =
      input.Merge(PartialShape::UnknownOfRank(static_cast<int>(rank)));
  if (!merged.ok()) {
    return InvalidArgument("paddings of ", rank, " dimensions for an input of shape ",
                           input.ToString());
  }
  return merged;
}

// Adds the paddings to the dimensions, `sign` times.
absl::Status PaddedShape(ShapeContext& c, int sign) {
  ASSIGN_OR_RETURN(const PartialShape input, InputOfPaddedRank(c));
  if (!input.known_rank()) return c.Unknown();
  const std::optional<Tensor> value = c.ConstantValue(1);
  if (!value.has_value()) return c.Return(PartialShape::UnknownOfRank(input.rank()));
  ASSIGN_OR_RETURN(const Tensor flat, value->Reshaped(Shape({value->num_elements()})));
  ASSIGN_OR_RETURN(const Dims paddings, IntVector(flat, "paddings"));
  Dims dims(input.rank(), PartialShape::kUnknown);
  for (int d = 0; d < input.rank(); ++d) {
    const int64_t before = paddings[2 * d], after = paddings[2 * d + 1];
    if (before < 0 || after < 0) {
      return InvalidArgument("Paddings must be non-negative: ", before, " ", after);
    }
    if (input.dim(d) < 0) continue;
    int64_t both;
    if (!CheckedAdd(before, after, &both) || !CheckedAdd(input.dim(d), sign * both, &dims[d])) {
      return InvalidArgument("padded dimension ", d, " is too large");
    }
    if (dims[d] < 0) {
      return InvalidArgument("dimension ", d, " of size ", input.dim(d),
                             " does not hold its paddings ", before, " and ", after);
    }
  }
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(dims));
  return c.Return(std::move(shape));
}

absl::Status GrownShape(ShapeContext& c) { return PaddedShape(c, 1); }
absl::Status ShrunkShape(ShapeContext& c) { return PaddedShape(c, -1); }

absl::Status PadV2Shape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(2, 0).status());
  return GrownShape(c);
}

// dx is the part of dy that shows x: Slice(dy, paddings[:, 0], shape(x)).
absl::Status PadGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const DataType type = g.InType(1);
  const Output x = g.In(0);
  // The part of paddings: one column, of as many rows as x has dimensions.
  const Output rank = Call(s, "Rank", x);
  const Output column = Call(s, "Slice", g.In(1), std::vector<int>{0, 0},
                             s.Op("Pack").InList(std::vector<Input>{rank, 1}).Build().out(0));
  const Output dx = Call(s, "Slice", g.Grad(0), Flatten(s, column), ShapeAs(s, x, type));
  if (g.num_inputs() == 2) return g.Return({dx, Output()});
  return g.Return({dx, Output(), Output()});
}

// Both mirror ops are linear in their input, and each is the other's transpose.
absl::Status MirrorPadGradient(GradientContext& g) {
  return g.Return(
      {ops::MirrorPadGrad(g.scope(), g.Grad(0), g.In(1), g.Attr<std::string>("mode")), Output()});
}

absl::Status MirrorPadGradGradient(GradientContext& g) {
  return g.Return(
      {ops::MirrorPad(g.scope(), g.Grad(0), g.In(1), g.Attr<std::string>("mode")), Output()});
}

OpDeclaration AddOp(OpRegistry& ops, absl::string_view name) {
  OpDeclaration op = ops.Add(name);
  op.In("input: T").In("paddings: Tpaddings");
  op.Attr("T: type").Attr("Tpaddings: {int32, int64} = int32");
  return op;
}

}  // namespace

void RegisterPadOps(OpRegistry& ops) {
  AddOp(ops, "Pad")
      .Doc("Adds paddings[d, 0] zeros before and paddings[d, 1] zeros after along dimension d.")
      .Out("output: T")
      .Shape(GrownShape)
      .Gradient(PadGradient);
  AddOp(ops, "PadV2")
      .Doc(
          "Adds paddings[d, 0] elements before and paddings[d, 1] after along dimension d, all "
          "equal to constant_values.")
      .In("constant_values: T")
      .Out("output: T")
      .Shape(PadV2Shape)
      .Gradient(PadGradient);
  AddOp(ops, "MirrorPad")
      .Doc(
          "Adds the mirror image of the input around it; mode SYMMETRIC repeats the border "
          "elements, REFLECT does not.")
      .Out("output: T")
      .Attr("mode: {'REFLECT', 'SYMMETRIC'}")
      .Shape(GrownShape)
      .Gradient(MirrorPadGradient);
  AddOp(ops, "MirrorPadGrad")
      .Doc("The transpose of MirrorPad: adds the border elements to those that they mirror.")
      .Out("output: T")
      .Attr("mode: {'REFLECT', 'SYMMETRIC'}")
      .Shape(ShrunkShape)
      .Gradient(MirrorPadGradGradient);
}

}  // namespace weir
