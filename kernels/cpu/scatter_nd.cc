#include "weir/kernels/cpu/index_util.h"
#include "weir/kernels/cpu/scatter_util.h"
#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/kernels/cpu/zero_fill_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Room for one position per index vector. Without updates there may be any number of empty vectors,
// and no position is needed.
int64_t NumPositions(const Shape& indices, const Shape& updates) {
  if (indices.num_elements() == 0 && updates.num_elements() == 0) return 0;
  return indices.Count(0, indices.rank() - 1);
}

// Applies inputs `indices` and `updates` of the call to `target`.
absl::Status Scatter(const KernelRun& r, UpdateKind kind, NdIndexing nd, int indices, int updates,
                     int64_t positions, size_t workspace, Tensor& target) {
  int64_t* starts = r.Workspace<int64_t>(workspace);
  nd.count = positions;
  RETURN_IF_ERROR(ReadNdIndices(r.In(indices), nd, target.shape(), starts));
  return ApplyUpdates(
      r, kind, {.count = nd.count, .slice = nd.slice, .starts = starts, .values = &r.In(updates)},
      target);
}

absl::Status PrepareScatterNd(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(2));
  const Shape& indices = k.In(0).shape();
  const Shape& updates = k.In(1).shape();
  ASSIGN_OR_RETURN(const NdIndexing nd, MakeUpdateIndexing(indices, updates, shape));
  k.Out(0).SetShape(shape);
  const int64_t positions = NumPositions(indices, updates);
  const size_t workspace = k.Workspace(sizeof(int64_t) * positions);
  return k.Run([=](KernelRun& r) {
    FillWithZeros(r, r.Out(0));
    return Scatter(r, UpdateKind::kAdd, nd, 0, 1, positions, workspace, r.Out(0));
  });
}

// A copy of input 0 with the updates applied; the copy is spared when the buffer is ours.
PrepareFn TensorScatter(UpdateKind kind) {
  return [kind](KernelPrepare& k) -> absl::Status {
    const Shape& shape = k.In(0).shape();
    const Shape& indices = k.In(1).shape();
    const Shape& updates = k.In(2).shape();
    ASSIGN_OR_RETURN(const NdIndexing nd, MakeUpdateIndexing(indices, updates, shape));
    k.Out(0).SetShape(shape).MayReuse(0);
    const int64_t positions = NumPositions(indices, updates);
    const size_t workspace = k.Workspace(sizeof(int64_t) * positions);
    return k.Run([=](KernelRun& r) {
      Tensor& out = r.Out(0);
      if (out.raw_data() != r.In(0).raw_data()) {
        CopyElements(out.dtype(), r.In(0).raw_data(), out.mutable_raw_data(), out.num_elements());
      }
      return Scatter(r, kind, nd, 1, 2, positions, workspace, out);
    });
  };
}

// The variable's shape shows only while running.
PrepareFn VariableScatterNd(UpdateKind kind) {
  return [kind](KernelPrepare& k) -> absl::Status {
    const Shape indices = k.In(1).shape(), updates = k.In(2).shape();
    if (indices.rank() < 1) return k.InvalidInput(1, "must be at least a vector");
    const DataType dtype = k.Attr<DataType>("T");
    const int64_t positions = NumPositions(indices, updates);
    const size_t workspace = k.Workspace(sizeof(int64_t) * positions);
    if (k.num_outputs() > 0) k.Out(0).SetShape({}).Alias(0);
    return k.Run([=](KernelRun& r) -> absl::Status {
      ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
      return variable->Update(r.memory(), [&](Tensor& value) -> absl::Status {
        ASSIGN_OR_RETURN(const NdIndexing nd, MakeUpdateIndexing(indices, updates, value.shape()));
        return Scatter(r, kind, nd, 1, 2, positions, workspace, value);
      });
    });
  };
}

}  // namespace

void RegisterScatterNdKernels(KernelRegistry& kernels) {
  kernels.Add("ScatterNd", "CPU", PrepareScatterNd);
  for (const ScatterOp& op : kTensorScatterOps) kernels.Add(op.name, "CPU", TensorScatter(op.kind));
  for (const ScatterOp& op : kScatterNdOps) {
    kernels.Add(op.name, "CPU", VariableScatterNd(op.kind));
    kernels.Add(absl::StrCat("Resource", op.name), "CPU", VariableScatterNd(op.kind));
  }
}

}  // namespace weir
