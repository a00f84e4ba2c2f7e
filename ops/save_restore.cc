#include "weir/ops/save_restore.h"

#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Operation SaveV2(const OpScope& scope, const Input& prefix, const Input& tensor_names,
                 const Input& shape_and_slices, const std::vector<Output>& tensors) {
  return scope.Op("SaveV2")
      .In(prefix)
      .In(tensor_names)
      .In(shape_and_slices)
      .InList(tensors)
      .Build();
}

Operation RestoreV2(const OpScope& scope, const Input& prefix, const Input& tensor_names,
                    const Input& shape_and_slices, const std::vector<DataType>& dtypes) {
  return scope.Op("RestoreV2")
      .In(prefix)
      .In(tensor_names)
      .In(shape_and_slices)
      .Attr("dtypes", dtypes)
      .Build();
}

Operation MergeV2Checkpoints(const OpScope& scope, const Input& checkpoint_prefixes,
                             const Input& destination_prefix, bool delete_old_dirs) {
  return scope.Op("MergeV2Checkpoints")
      .In(checkpoint_prefixes)
      .In(destination_prefix)
      .Attr("delete_old_dirs", delete_old_dirs)
      .Build();
}

Output ShardedFilename(const OpScope& scope, const Input& basename, const Input& shard,
                       const Input& num_shards) {
  return scope.Op("ShardedFilename").In(basename).In(shard).In(num_shards).Build();
}

Output ShardedFilespec(const OpScope& scope, const Input& basename, const Input& num_shards) {
  return scope.Op("ShardedFilespec").In(basename).In(num_shards).Build();
}

}  // namespace ops

namespace {

// Input 0 is a scalar, and inputs 1 and 2 have one entry for each of `tensors` tensors.
absl::Status CheckNames(const ShapeContext& c, int tensors) {
  RETURN_IF_ERROR(c.WithRank(0, 0).status());
  for (int i : {1, 2}) {
    ASSIGN_OR_RETURN(const PartialShape shape, c.WithRank(i, 1));
    if (shape.dim(0) >= 0 && shape.dim(0) != tensors) {
      return InvalidArgument("input ", i, " must have one entry for each of ", tensors,
                             " tensors, but has shape ", shape.ToString());
    }
  }
  return absl::OkStatus();
}

absl::Status ScalarInputs(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) RETURN_IF_ERROR(c.WithRank(i, 0).status());
  return c.Scalars();
}

}  // namespace

void RegisterSaveRestoreOps(OpRegistry& ops) {
  ops.Add("SaveV2")
      .Doc("Writes tensors, or parts of tensors, into the checkpoint `prefix`.")
      .In("prefix: string")
      .In("tensor_names: string")
      .In("shape_and_slices: string")
      .In("tensors: dtypes")
      .Attr("dtypes: list(type) >= 1")
      .Stateful()
      .Shape([](ShapeContext& c) { return CheckNames(c, c.num_inputs() - 3); })
      .NotDifferentiable();
  ops.Add("RestoreV2")
      .Doc("Reads tensors, or parts of tensors, from the checkpoint `prefix`.")
      .In("prefix: string")
      .In("tensor_names: string")
      .In("shape_and_slices: string")
      .Out("tensors: dtypes")
      .Attr("dtypes: list(type) >= 1")
      .Stateful()
      .Shape([](ShapeContext& c) { return CheckNames(c, c.num_outputs()); })
      .NotDifferentiable();
  ops.Add("MergeV2Checkpoints")
      .Doc("Makes one checkpoint of several, whose files it takes over.")
      .In("checkpoint_prefixes: string")
      .In("destination_prefix: string")
      .Attr("delete_old_dirs: bool = true")
      .Stateful()
      .Shape([](ShapeContext& c) {
        RETURN_IF_ERROR(c.WithRank(0, 1).status());
        return c.WithRank(1, 0).status();
      })
      .NotDifferentiable();
  ops.Add("ShardedFilename")
      .Doc("The name of one file of many: basename-NNNNN-of-NNNNN.")
      .In("basename: string")
      .In("shard: int32")
      .In("num_shards: int32")
      .Out("filename: string")
      .Shape(ScalarInputs)
      .NotDifferentiable();
  ops.Add("ShardedFilespec")
      .Doc("A pattern that all of the files match: basename-\?\?\?\?\?-of-NNNNN.")
      .In("basename: string")
      .In("num_shards: int32")
      .Out("filename: string")
      .Shape(ScalarInputs)
      .NotDifferentiable();
}

}  // namespace weir
