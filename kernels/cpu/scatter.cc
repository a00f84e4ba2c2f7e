#include "weir/kernels/cpu/index_util.h"
#include "weir/kernels/cpu/scatter_util.h"
#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// The variable's shape shows only while running.
PrepareFn ScatterRows(UpdateKind kind, const char* type_attr) {
  return [=](KernelPrepare& k) -> absl::Status {
    const Shape indices = k.In(1).shape(), updates = k.In(2).shape();
    const DataType dtype = k.Attr<DataType>(type_attr);
    const size_t workspace = k.Workspace(sizeof(int64_t) * indices.num_elements());
    if (k.num_outputs() > 0) k.Out(0).SetShape({}).Alias(0);
    return k.Run([=](KernelRun& r) -> absl::Status {
      int64_t* starts = r.Workspace<int64_t>(workspace);
      ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
      return variable->Update(r.memory(), [&](Tensor& value) -> absl::Status {
        const Shape& params = value.shape();
        RETURN_IF_ERROR(CheckUpdatesShape(params, indices, updates));
        RETURN_IF_ERROR(ReadIndices(r.In(1), "indices", params.dim(0), starts));
        const int64_t slice = params.Count(1, params.rank()), count = indices.num_elements();
        for (int64_t i = 0; i < count; ++i) starts[i] *= slice;
        return ApplyUpdates(r, kind,
                            {.count = count,
                             .slice = slice,
                             .starts = starts,
                             .values = &r.In(2),
                             .one_value = updates.rank() == 0},
                            value);
      });
    });
  };
}

}  // namespace

void RegisterScatterKernels(KernelRegistry& kernels) {
  for (const ScatterOp& op : kScatterOps) {
    kernels.Add(op.name, "CPU", ScatterRows(op.kind, "T"));
    kernels.Add(absl::StrCat("Resource", op.name), "CPU", ScatterRows(op.kind, "dtype"));
  }
}

}  // namespace weir
