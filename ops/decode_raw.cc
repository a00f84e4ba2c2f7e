#include "weir/ops/decode_raw.h"

#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output DecodeRaw(const OpScope& scope, const Input& bytes, DataType out_type,
                 const DecodeRawOptions& options) {
  return scope.Op("DecodeRaw")
      .In(bytes)
      .Attr("out_type", out_type)
      .Attr("little_endian", options.little_endian)
      .Build();
}

}  // namespace ops

namespace {

absl::Status DecodeRawShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape bytes, c.WithRankAtMost(0, kMaxRank - 1));
  if (!bytes.known_rank()) return c.Unknown();
  Dims dims(bytes.dims().begin(), bytes.dims().end());
  dims.push_back(PartialShape::kUnknown);
  return c.Return(PartialShape(absl::MakeConstSpan(dims)));
}

}  // namespace

void RegisterDecodeRawOps(OpRegistry& ops) {
  ops.Add("DecodeRaw")
      .Doc("Reads each string as an array of numbers, along a new last dimension.")
      .In("bytes: string")
      .Out("output: out_type")
      .Attr(
          "out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, complex64, "
          "complex128, bool}")
      .Attr("little_endian: bool = true")
      .Shape(DecodeRawShape)
      .NotDifferentiable();
}

}  // namespace weir
