// Roll (ops/roll.cc).

#include "weir/kernels/cpu/moving_util.h"
#include "weir/kernels/cuda/row_map_util.h"

namespace weir {
namespace {

struct RollMap {
  int64_t extents[kMostMapDims] = {}, shifts[kMostMapDims] = {};
  int rank;

  __device__ int64_t From(int64_t row) const { return UnshiftedRow(extents, shifts, rank, row); }
};

absl::Status GpuRoll(KernelRun& r, const RollPlan& plan) {
  RollMap map{.rank = static_cast<int>(plan.extents.size())};
  std::copy(plan.extents.begin(), plan.extents.end(), map.extents);
  std::copy(plan.shifts.begin(), plan.shifts.end(), map.shifts);
  return GpuMapRows(r, plan.inner, map);
}

}  // namespace

void RegisterRollCudaKernels(KernelRegistry& registry) {
  registry.Add("Roll", "GPU", PrepareRowMove<PrepareRoll, GpuRoll>);
}

}  // namespace weir
