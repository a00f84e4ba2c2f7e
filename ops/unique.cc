#include "weir/ops/unique.h"

#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {
namespace {

UniqueResult Build(OpBuilder builder, const UniqueOptions& options) {
  const Operation op = builder.Attr("out_idx", options.out_idx).Build();
  return {op.out(0), op.out(1), op.out(2)};
}

}  // namespace

UniqueResult Unique(const OpScope& scope, const Input& x, const UniqueOptions& options) {
  return Build(scope.Op("Unique").In(x), options);
}

UniqueResult UniqueWithCounts(const OpScope& scope, const Input& x, const UniqueOptions& options) {
  return Build(scope.Op("UniqueWithCounts").In(x), options);
}

UniqueResult UniqueV2(const OpScope& scope, const Input& x, const Input& axis,
                      const UniqueOptions& options) {
  return Build(scope.Op("UniqueV2").In(x).In(axis), options);
}

UniqueResult UniqueWithCountsV2(const OpScope& scope, const Input& x, const Input& axis,
                                const UniqueOptions& options) {
  return Build(scope.Op("UniqueWithCountsV2").In(x).In(axis), options);
}

}  // namespace ops

namespace {

absl::Status ReturnShapes(ShapeContext& c, PartialShape y, int64_t length) {
  c.SetOut(0, std::move(y));
  c.SetOut(1, PartialShape({length}));
  if (c.num_outputs() == 3) c.SetOut(2, PartialShape({PartialShape::kUnknown}));
  return absl::OkStatus();
}

absl::Status UniqueShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape x, c.WithRank(0, 1));
  return ReturnShapes(c, PartialShape({PartialShape::kUnknown}), x.dim(0));
}

absl::Status UniqueV2Shape(ShapeContext& c) {
  const PartialShape& x = c.In(0);
  ASSIGN_OR_RETURN(const PartialShape axes, c.WithRank(1, 1));
  if (axes.dim(0) > 1) {
    return InvalidArgument("axis must have at most one element, but has ", axes.dim(0));
  }
  const std::optional<std::vector<int64_t>> axis = c.IntValues(1);
  if (axes.dim(0) == 0) return UniqueShape(c);
  if (!axis.has_value() || axis->size() != 1 || !x.known_rank()) {
    const PartialShape y = x.known_rank() ? PartialShape::UnknownOfRank(x.rank()) : PartialShape();
    return ReturnShapes(c, y, PartialShape::kUnknown);
  }
  const int64_t at = (*axis)[0] < 0 ? (*axis)[0] + x.rank() : (*axis)[0];
  if (at < 0 || at >= x.rank()) {
    return InvalidArgument("axis ", (*axis)[0], " is out of range for shape ", x.ToString());
  }
  const int d = static_cast<int>(at);
  return ReturnShapes(c, x.WithDim(d, PartialShape::kUnknown), x.dim(d));
}

void AddUnique(OpRegistry& ops, absl::string_view name, bool axis, bool count) {
  OpDeclaration op = ops.Add(name);
  op.Doc(
        "The distinct elements of x, or slices along axis, in the order of their first "
        "occurrence, and for each element its place among them.")
      .In("x: T");
  if (axis) op.In("axis: Taxis");
  op.Out("y: T").Out("idx: out_idx");
  if (count) op.Out("count: out_idx");
  op.Attr("T: type");
  if (axis) op.Attr("Taxis: {int32, int64} = int64");
  op.Attr("out_idx: {int32, int64} = int32");
  op.Shape(axis ? UniqueV2Shape : UniqueShape).NotDifferentiable();
}

}  // namespace

void RegisterUniqueOps(OpRegistry& ops) {
  AddUnique(ops, "Unique", /*axis=*/false, /*count=*/false);
  AddUnique(ops, "UniqueV2", /*axis=*/true, /*count=*/false);
  AddUnique(ops, "UniqueWithCounts", /*axis=*/false, /*count=*/true);
  AddUnique(ops, "UniqueWithCountsV2", /*axis=*/true, /*count=*/true);
}

}  // namespace weir
