#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/gather_util.h"
#include "weir/kernels/cpu/index_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::Status RunGather(KernelPrepare& k, int64_t axis, int64_t batch_dims) {
  const Shape& indices = k.In(1).shape();
  ASSIGN_OR_RETURN(const GatherPlan plan,
                   MakeGatherPlan(k.In(0).shape(), indices, axis, batch_dims));
  k.Out(0).SetShape(plan.output);
  const size_t offset = k.Workspace(sizeof(int64_t) * indices.num_elements());
  const DataType dtype = k.In(0).dtype();
  return k.Run([=](KernelRun& r) -> absl::Status {
    int64_t* picks = r.Workspace<int64_t>(offset);
    RETURN_IF_ERROR(ReadIndices(r.In(1), "indices", plan.length, picks));
    return RunGatherPlan(r, plan, dtype, r.In(0), picks, r.Out(0));
  });
}

absl::Status PrepareGather(KernelPrepare& k) {
  if (k.In(0).shape().rank() < 1) return k.InvalidInput(0, "must be at least 1 dimensional");
  return RunGather(k, 0, 0);
}

absl::Status PrepareGatherV2(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t axis, k.IntValue(2));
  return RunGather(k, axis, k.Attr<int64_t>("batch_dims"));
}

}  // namespace

absl::StatusOr<NdIndexing> PlanGatherNd(KernelPrepare& k) {
  const Shape& params = k.In(0).shape();
  const Shape& indices = k.In(1).shape();
  ASSIGN_OR_RETURN(const NdIndexing nd, MakeNdIndexing(indices, params));
  ASSIGN_OR_RETURN(const Shape output, GatherNdShape(nd, params));
  k.Out(0).SetShape(output);
  return nd;
}

namespace {

absl::Status PrepareGatherNd(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const NdIndexing nd, PlanGatherNd(k));
  const Shape& output = k.Out(0).shape;
  const Shape& indices = k.In(1).shape();
  if (output.num_elements() == 0 && indices.num_elements() == 0) {
    return k.Run([](KernelRun&) { return absl::OkStatus(); });  // The count may still be huge.
  }
  const size_t offset = k.Workspace(sizeof(int64_t) * nd.count);
  const DataType dtype = k.In(0).dtype();
  return k.Run([=](KernelRun& r) -> absl::Status {
    int64_t* starts = r.Workspace<int64_t>(offset);
    RETURN_IF_ERROR(ReadNdIndices(r.In(1), nd, r.In(0).shape(), starts));
    return CopySlices(r, dtype, nd.count, nd.slice, starts, r.In(0), r.Out(0));
  });
}

}  // namespace

void RegisterGatherKernels(KernelRegistry& kernels) {
  kernels.Add("Gather", "CPU", PrepareGather);
  kernels.Add("GatherV2", "CPU", PrepareGatherV2);
  kernels.Add("GatherNd", "CPU", PrepareGatherNd);
}

}  // namespace weir
