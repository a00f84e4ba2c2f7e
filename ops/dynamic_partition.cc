#include "weir/ops/dynamic_partition.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/dynamic_stitch.h"

namespace weir {
namespace ops {

std::vector<Output> DynamicPartition(const OpScope& scope, const Input& data,
                                     const Input& partitions, int64_t num_partitions) {
  const Operation op = scope.Op("DynamicPartition")
                           .In(data)
                           .In(partitions)
                           .Attr("num_partitions", num_partitions)
                           .Build();
  std::vector<Output> outputs;
  for (int i = 0; i < num_partitions; ++i) outputs.push_back(op.out(i));
  return outputs;
}

}  // namespace ops

namespace {

absl::Status DynamicPartitionShape(ShapeContext& c) {
  const PartialShape& data = c.In(0);
  const PartialShape& partitions = c.In(1);
  if (!data.known_rank() || !partitions.known_rank()) return c.Unknown();
  const int lead = partitions.rank();
  if (data.rank() < lead ||
      !PartialShape(data.dims().subspan(0, lead)).IsCompatibleWith(partitions)) {
    return InvalidArgument("data.shape must start with partitions.shape, got data.shape = ",
                           data.ToString(), ", partitions.shape = ", partitions.ToString());
  }
  Dims dims = {PartialShape::kUnknown};
  dims.insert(dims.end(), data.dims().begin() + lead, data.dims().end());
  ASSIGN_OR_RETURN(const PartialShape shape, PartialShape::Make(dims));
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOut(i, shape);
  return absl::OkStatus();
}

// Every row of dx is the row of dy into which it went: the row numbers are partitioned alike, and
// the gradients stitched together at them.
absl::Status DynamicPartitionGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output partitions = g.In(1);
  const Output count = s.Op("Size").In(partitions).Attr("out_type", DT_INT32).Build();
  const Output numbers =
      Call(s, "Reshape", Call(s, "Range", 0, count, 1), ShapeAs(s, partitions, DT_INT32));
  const std::vector<Output> rows =
      ops::DynamicPartition(s, numbers, partitions, g.Attr<int64_t>("num_partitions"));
  std::vector<Output> grads;
  for (int i = 0; i < g.num_outputs(); ++i) grads.push_back(g.Grad(i));
  const Output stitched = ops::ParallelDynamicStitch(s, rows, grads);
  return g.Return({Call(s, "Reshape", stitched, ShapeAs(s, g.In(0), DT_INT32)), Output()});
}

}  // namespace

void RegisterDynamicPartitionOps(OpRegistry& ops) {
  ops.Add("DynamicPartition")
      .Doc("outputs[p] holds the rows data[i.., :] for which partitions[i..] == p, in order.")
      .In("data: T")
      .In("partitions: int32")
      .Out("outputs: num_partitions * T")
      .Attr("num_partitions: int >= 1")
      .Attr("T: type")
      .Shape(DynamicPartitionShape)
      .Gradient(DynamicPartitionGradient);
}

}  // namespace weir
