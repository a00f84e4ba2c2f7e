// Updates of slices that index vectors name: of zeros, of a tensor's copy, and of variables of
// either kind.

#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/scatter_util.h"

namespace weir {
namespace {

// Applies inputs `indices` and `updates` of the call to `target`.
absl::Status Scatter(const KernelRun& r, UpdateKind kind, const NdIndexing& nd, int indices,
                     int updates, Tensor& target) {
  return GpuApplyUpdates(r, kind,
                         {.places = IndexVectors(r.In(indices), nd.depth, target.shape()),
                          .count = nd.count,
                          .slice = nd.slice,
                          .values = &r.In(updates)},
                         target);
}

absl::Status PrepareScatterNd(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(2));
  ASSIGN_OR_RETURN(const NdIndexing nd,
                   MakeUpdateIndexing(k.In(0).shape(), k.In(1).shape(), shape));
  RETURN_IF_ERROR(CheckUpdated(k.OutType(0)));
  RETURN_IF_ERROR(IndexVectors::CheckDepth(nd.depth));
  k.Out(0).SetShape(shape);
  return k.Run([nd](KernelRun& r) -> absl::Status {
    RETURN_IF_ERROR(GpuFill(r, nullptr, r.Out(0)));
    return Scatter(r, UpdateKind::kAdd, nd, 0, 1, r.Out(0));
  });
}

// The copy is spared when the buffer is ours.
PrepareFn TensorScatter(UpdateKind kind) {
  return [kind](KernelPrepare& k) -> absl::Status {
    const Shape& shape = k.In(0).shape();
    ASSIGN_OR_RETURN(const NdIndexing nd,
                     MakeUpdateIndexing(k.In(1).shape(), k.In(2).shape(), shape));
    RETURN_IF_ERROR(CheckUpdated(k.OutType(0)));
    RETURN_IF_ERROR(IndexVectors::CheckDepth(nd.depth));
    k.Out(0).SetShape(shape).MayReuse(0);
    return k.Run([kind, nd](KernelRun& r) -> absl::Status {
      Tensor& out = r.Out(0);
      if (out.raw_data() != r.In(0).raw_data()) {
        RETURN_IF_ERROR(r.allocator().device_memory()->CopyWithin(out.mutable_raw_data(),
                                                                  r.In(0).raw_data(), out.bytes()));
      }
      return Scatter(r, kind, nd, 1, 2, out);
    });
  };
}

PrepareFn VariableScatterNd(UpdateKind kind) {
  return [kind](KernelPrepare& k) -> absl::Status {
    const Shape indices = k.In(1).shape(), updates = k.In(2).shape();
    if (indices.rank() < 1) return k.InvalidInput(1, "must be at least a vector");
    const DataType dtype = k.Attr<DataType>("T");
    RETURN_IF_ERROR(CheckUpdated(dtype));
    RETURN_IF_ERROR(IndexVectors::CheckDepth(indices.dim(-1)));
    if (k.num_outputs() > 0) k.Out(0).SetShape({}).Alias(0);
    return k.Run([=](KernelRun& r) -> absl::Status {
      ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
      return variable->Update(r.memory(), [&](Tensor& value) -> absl::Status {
        ASSIGN_OR_RETURN(const NdIndexing nd, MakeUpdateIndexing(indices, updates, value.shape()));
        return Scatter(r, kind, nd, 1, 2, value);
      });
    });
  };
}

}  // namespace

void RegisterScatterNdCudaKernels(KernelRegistry& registry) {
  registry.Add("ScatterNd", "GPU", PrepareScatterNd);
  for (const ScatterOp& op : kTensorScatterOps) {
    registry.Add(op.name, "GPU", TensorScatter(op.kind));
  }
  for (const ScatterOp& op : kScatterNdOps) {
    registry.Add(op.name, "GPU", VariableScatterNd(op.kind));
    registry.Add(absl::StrCat("Resource", op.name), "GPU", VariableScatterNd(op.kind));
  }
}

}  // namespace weir
