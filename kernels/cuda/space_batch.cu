// SpaceToBatch, BatchToSpace, SpaceToDepth and DepthToSpace (ops/space_batch.cc).

#include "weir/kernels/cuda/row_map_util.h"
#include "weir/kernels/cuda/strided_copy_util.h"

namespace weir {
namespace {

struct BlockMap {
  BlockAxis axes[kMostMapDims] = {};
  int rank;
  int64_t batch;
  bool to_batch;

  __device__ int64_t From(int64_t row) const {
    return to_batch ? ImageRow(axes, rank, batch, row) : BlockRow(axes, rank, batch, row);
  }
};

absl::Status GpuMoveBlocks(KernelRun& r, const BlockPlan& plan) {
  BlockMap map{
      .rank = static_cast<int>(plan.axes.size()), .batch = plan.batch, .to_batch = plan.to_batch};
  std::copy(plan.axes.begin(), plan.axes.end(), map.axes);
  return GpuMapRows(r, plan.inner, map);
}

}  // namespace

void RegisterSpaceBatchCudaKernels(KernelRegistry& registry) {
  registry.Add("SpaceToBatchND", "GPU", PrepareRowMove<PrepareSpaceToBatchND, GpuMoveBlocks>);
  registry.Add("BatchToSpaceND", "GPU", PrepareRowMove<PrepareBatchToSpaceND, GpuMoveBlocks>);
  registry.Add("SpaceToBatch", "GPU", PrepareRowMove<PrepareSpaceToBatch, GpuMoveBlocks>);
  registry.Add("BatchToSpace", "GPU", PrepareRowMove<PrepareBatchToSpace, GpuMoveBlocks>);
  registry.Add("SpaceToDepth", "GPU", PreparePlainMove<PrepareSpaceToDepth, GpuCopyThroughView>);
  registry.Add("DepthToSpace", "GPU", PreparePlainMove<PrepareDepthToSpace, GpuCopyThroughView>);
}

}  // namespace weir
