#include "weir/kernels/cpu/gather_util.h"
#include "weir/kernels/cpu/index_util.h"
#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// The variable's shape shows only while running.
absl::Status PrepareResourceGather(KernelPrepare& k) {
  const Shape indices = k.In(1).shape();
  const DataType dtype = k.OutType(0);
  int64_t batch_dims = k.Attr<int64_t>("batch_dims");
  if (batch_dims < 0) batch_dims += indices.rank();
  k.Out(0).Unsized();
  const size_t offset = k.Workspace(sizeof(int64_t) * indices.num_elements());
  return k.Run([=](KernelRun& r) -> absl::Status {
    int64_t* picks = r.Workspace<int64_t>(offset);
    ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
    ASSIGN_OR_RETURN(const Tensor value, variable->ReadIn(r.memory()));
    if (value.rank() < 1) return InvalidArgument("the variable must be at least 1 dimensional");
    if (batch_dims < 0) return InvalidArgument("batch_dims is below -", indices.rank());
    ASSIGN_OR_RETURN(const GatherPlan plan,
                     MakeGatherPlan(value.shape(), indices, batch_dims, batch_dims));
    RETURN_IF_ERROR(ReadIndices(r.In(1), "indices", plan.length, picks));
    RETURN_IF_ERROR(r.AllocateOutput(0, dtype, plan.output));
    return RunGatherPlan(r, plan, dtype, value, picks, r.Out(0));
  });
}

absl::Status PrepareResourceGatherNd(KernelPrepare& k) {
  const Shape indices = k.In(1).shape();
  if (indices.rank() < 1) return k.InvalidInput(1, "must be at least a vector");
  const DataType dtype = k.OutType(0);
  k.Out(0).Unsized();
  // Empty index vectors all name the whole variable: their positions are not needed.
  const size_t offset = k.Workspace(sizeof(int64_t) * indices.num_elements());
  return k.Run([=](KernelRun& r) -> absl::Status {
    int64_t* starts = r.Workspace<int64_t>(offset);
    ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
    ASSIGN_OR_RETURN(const Tensor value, variable->ReadIn(r.memory()));
    const Shape& params = value.shape();
    ASSIGN_OR_RETURN(const NdIndexing nd, MakeNdIndexing(indices, params));
    Dims dims(nd.outer.dims().begin(), nd.outer.dims().end());
    dims.insert(dims.end(), params.dims().begin() + nd.depth, params.dims().end());
    ASSIGN_OR_RETURN(const Shape output, Shape::Make(dims));
    if (nd.depth > 0) RETURN_IF_ERROR(ReadNdIndices(r.In(1), nd, params, starts));
    RETURN_IF_ERROR(r.AllocateOutput(0, dtype, output));
    if (nd.depth > 0) {
      return CopySlices(r, dtype, nd.count, nd.slice, starts, value, r.Out(0));
    }
    char* out = r.Out(0).mutable_raw_data();
    for (int64_t i = 0; i < nd.count && value.num_elements() > 0; ++i) {
      CopyElements(dtype, value.raw_data(), out + i * value.bytes(), value.num_elements());
    }
    return absl::OkStatus();
  });
}

}  // namespace

void RegisterResourceGatherKernels(KernelRegistry& kernels) {
  kernels.Add("ResourceGather", "CPU", PrepareResourceGather);
  kernels.Add("ResourceGatherNd", "CPU", PrepareResourceGatherNd);
}

}  // namespace weir
