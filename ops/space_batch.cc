#include "weir/ops/space_batch.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"
#include "weir/ops/space_batch_util.h"

namespace weir {
namespace ops {

Output SpaceToBatchND(const OpScope& scope, const Input& x, const Input& block_shape,
                      const Input& paddings) {
  return scope.Op("SpaceToBatchND").In(x).In(block_shape).In(paddings).Build();
}

Output BatchToSpaceND(const OpScope& scope, const Input& x, const Input& block_shape,
                      const Input& crops) {
  return scope.Op("BatchToSpaceND").In(x).In(block_shape).In(crops).Build();
}

Output SpaceToDepth(const OpScope& scope, const Input& x, int64_t block_size,
                    const SpaceDepthOptions& options) {
  return scope.Op("SpaceToDepth")
      .In(x)
      .Attr("block_size", block_size)
      .Attr("data_format", options.data_format)
      .Build();
}

Output DepthToSpace(const OpScope& scope, const Input& x, int64_t block_size,
                    const SpaceDepthOptions& options) {
  return scope.Op("DepthToSpace")
      .In(x)
      .Attr("block_size", block_size)
      .Attr("data_format", options.data_format)
      .Build();
}

}  // namespace ops

namespace {

using BlockShapeRule = absl::StatusOr<PartialShape> (*)(const PartialShape&,
                                                        absl::Span<const int64_t>,
                                                        absl::Span<const int64_t>);
using DepthShapeRule = absl::StatusOr<PartialShape> (*)(const PartialShape&, int64_t,
                                                        const std::string&);

// The shape where `blocks` or the [n, 2] input `amounts` may be unknown: then only the rank, and
// the axes behind the spatial ones, are known.
absl::Status BlockShape(ShapeContext& c, const std::optional<std::vector<int64_t>>& block,
                        int64_t spatial, int amounts, BlockShapeRule rule) {
  ASSIGN_OR_RETURN(const PartialShape amounts_shape, c.WithRank(amounts, 2));
  const PartialShape want({spatial, 2});
  if (!amounts_shape.IsCompatibleWith(want)) {
    return InvalidArgument("input ", amounts, " must have shape ", want.ToString(), ", but has ",
                           amounts_shape.ToString());
  }
  const std::optional<Tensor> value = c.ConstantValue(amounts);
  if (block.has_value() && value.has_value()) {
    ASSIGN_OR_RETURN(const Tensor flat, value->Reshaped(Shape({value->num_elements()})));
    ASSIGN_OR_RETURN(const Dims amount_values, IntVector(flat, "paddings or crops"));
    ASSIGN_OR_RETURN(PartialShape shape, rule(c.In(0), *block, amount_values));
    return c.Return(std::move(shape));
  }
  if (!c.In(0).known_rank()) return c.Unknown();
  Dims out = DimsOf(c.In(0));
  for (size_t i = 0; i < out.size(); ++i) {
    if (spatial < 0 || static_cast<int64_t>(i) <= spatial) out[i] = PartialShape::kUnknown;
  }
  return c.Return(PartialShape(out));
}

absl::Status BlockShapeND(ShapeContext& c, BlockShapeRule rule) {
  ASSIGN_OR_RETURN(const PartialShape block, c.WithRank(1, 1));
  return BlockShape(c, c.IntValues(1), block.dim(0), 2, rule);
}

absl::Status BlockShape2D(ShapeContext& c, BlockShapeRule rule) {
  RETURN_IF_ERROR(c.WithRank(0, 4).status());
  const std::vector<int64_t> block(2, c.Attr<int64_t>("block_size"));
  return BlockShape(c, block, 2, 1, rule);
}

absl::Status DepthShape(ShapeContext& c, DepthShapeRule rule) {
  ASSIGN_OR_RETURN(PartialShape shape, rule(c.In(0), c.Attr<int64_t>("block_size"),
                                            c.Attr<std::string>("data_format")));
  return c.Return(std::move(shape));
}

// Each op moves elements one to one, but for zeros it adds or elements it cuts off, which get no
// gradient: dx is dy moved back by the opposite op.
absl::Status MoveBack(GradientContext& g, const char* opposite) {
  OpBuilder back = g.scope().Op(opposite);
  back.In(g.Grad(0));
  for (int i = 1; i < g.num_inputs(); ++i) back.In(g.In(i));
  for (const char* attr : {"block_size", "data_format"}) {
    if (const AttrValue* value = g.op().node().attrs().Find(attr); value != nullptr) {
      back.SetAttr(attr, *value);
    }
  }
  g.Set(0, back.Build());
  return absl::OkStatus();
}

void RegisterBlocks(OpRegistry& ops) {
  ops.Add("SpaceToBatchND")
      .Doc("Pads the spatial axes and moves the position within each block to the batch axis.")
      .In("input: T")
      .In("block_shape: Tblock_shape")
      .In("paddings: Tpaddings")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tblock_shape: {int32, int64} = int32")
      .Attr("Tpaddings: {int32, int64} = int32")
      .Shape([](ShapeContext& c) { return BlockShapeND(c, SpaceToBatchShape); })
      .Gradient([](GradientContext& g) { return MoveBack(g, "BatchToSpaceND"); });
  ops.Add("BatchToSpaceND")
      .Doc("Moves blocks from the batch axis back to the spatial axes, and crops these.")
      .In("input: T")
      .In("block_shape: Tblock_shape")
      .In("crops: Tcrops")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tblock_shape: {int32, int64} = int32")
      .Attr("Tcrops: {int32, int64} = int32")
      .Shape([](ShapeContext& c) { return BlockShapeND(c, BatchToSpaceShape); })
      .Gradient([](GradientContext& g) { return MoveBack(g, "SpaceToBatchND"); });
  ops.Add("SpaceToBatch")
      .Doc("SpaceToBatchND of square blocks of an image batch [batch, height, width, depth].")
      .In("input: T")
      .In("paddings: Tpaddings")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tpaddings: {int32, int64} = int32")
      .Attr("block_size: int >= 2")
      .Shape([](ShapeContext& c) { return BlockShape2D(c, SpaceToBatchShape); })
      .Gradient([](GradientContext& g) { return MoveBack(g, "BatchToSpace"); });
  ops.Add("BatchToSpace")
      .Doc("BatchToSpaceND of square blocks of an image batch [batch, height, width, depth].")
      .In("input: T")
      .In("crops: Tidx")
      .Out("output: T")
      .Attr("T: type")
      .Attr("block_size: int >= 2")
      .Attr("Tidx: {int32, int64} = int32")
      .Shape([](ShapeContext& c) { return BlockShape2D(c, BatchToSpaceShape); })
      .Gradient([](GradientContext& g) { return MoveBack(g, "SpaceToBatch"); });
}

}  // namespace

void RegisterSpaceBatchOps(OpRegistry& ops) {
  RegisterBlocks(ops);
  ops.Add("SpaceToDepth")
      .Doc("Moves the pixels of each block_size x block_size block into the depth axis.")
      .In("input: T")
      .Out("output: T")
      .Attr("T: type")
      .Attr("block_size: int >= 2")
      .Attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Shape([](ShapeContext& c) { return DepthShape(c, SpaceToDepthShape); })
      .Gradient([](GradientContext& g) { return MoveBack(g, "DepthToSpace"); });
  ops.Add("DepthToSpace")
      .Doc("Spreads the depth axis over blocks of block_size x block_size pixels.")
      .In("input: T")
      .Out("output: T")
      .Attr("T: type")
      .Attr("block_size: int >= 2")
      .Attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Shape([](ShapeContext& c) { return DepthShape(c, DepthToSpaceShape); })
      .Gradient([](GradientContext& g) { return MoveBack(g, "SpaceToDepth"); });
}

}  // namespace weir
