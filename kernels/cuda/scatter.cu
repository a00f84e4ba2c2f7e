// Updates of rows of variables, of either kind.

#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/kernels/cuda/scatter_util.h"

namespace weir {
namespace {

PrepareFn ScatterRows(UpdateKind kind, const char* type_attr) {
  return [=](KernelPrepare& k) -> absl::Status {
    const Shape indices = k.In(1).shape(), updates = k.In(2).shape();
    const DataType dtype = k.Attr<DataType>(type_attr);
    RETURN_IF_ERROR(CheckUpdated(dtype));
    if (k.num_outputs() > 0) k.Out(0).SetShape({}).Alias(0);
    return k.Run([=](KernelRun& r) -> absl::Status {
      ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
      return variable->Update(r.memory(), [&](Tensor& value) -> absl::Status {
        const Shape& params = value.shape();
        RETURN_IF_ERROR(CheckUpdatesShape(params, indices, updates));
        return GpuApplyUpdates(r, kind,
                               {.places = IndexVectors(r.In(1), 1, params),
                                .count = indices.num_elements(),
                                .slice = params.Count(1, params.rank()),
                                .values = &r.In(2),
                                .one_value = updates.rank() == 0},
                               value);
      });
    });
  };
}

}  // namespace

void RegisterScatterCudaKernels(KernelRegistry& registry) {
  for (const ScatterOp& op : kScatterOps) {
    registry.Add(op.name, "GPU", ScatterRows(op.kind, "T"));
    registry.Add(absl::StrCat("Resource", op.name), "GPU", ScatterRows(op.kind, "dtype"));
  }
}

}  // namespace weir
