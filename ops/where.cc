#include "weir/ops/where.h"

#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Output Where(const OpScope& scope, const Input& input) {
  return scope.Op("Where").In(input).Build();
}

std::pair<Output, Output> ListDiff(const OpScope& scope, const Input& x, const Input& y,
                                   DataType index_type) {
  const Operation op = scope.Op("ListDiff").In(x).In(y).Attr("out_idx", index_type).Build();
  return {op.out(0), op.out(1)};
}

}  // namespace ops

void RegisterWhereOps(OpRegistry& ops) {
  ops.Add("Where")
      .Doc("The positions of the elements that are true or not zero, in row-major order.")
      .In("input: T")
      .Out("index: int64")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, uint16, complex128, half, uint32, uint64, bool} = bool")
      .Shape([](ShapeContext& c) {
        return c.Return(PartialShape({PartialShape::kUnknown, c.In(0).rank()}));
      })
      .NotDifferentiable();
  ops.Add("ListDiff")
      .Doc("The elements of x that y lacks, and their positions in x.")
      .In("x: T")
      .In("y: T")
      .Out("out: T")
      .Out("idx: out_idx")
      .Attr("T: type")
      .Attr("out_idx: {int32, int64} = int32")
      .Shape([](ShapeContext& c) -> absl::Status {
        for (int i = 0; i < 2; ++i) {
          RETURN_IF_ERROR(c.WithRank(i, 1).status());
          c.SetOut(i, PartialShape::UnknownOfRank(1));
        }
        return absl::OkStatus();
      })
      .NotDifferentiable();
}

}  // namespace weir
