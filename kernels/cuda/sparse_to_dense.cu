// SparseToDense. Of the order of the indices, which a kernel of the GPU cannot report, it says
// nothing.

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/scatter_util.h"

namespace weir {
namespace {

absl::Status PrepareSparseToDenseOnGpu(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const SparseToDensePlan plan, PlanSparseToDense(k));
  RETURN_IF_ERROR(CheckUpdated(k.OutType(0)));
  RETURN_IF_ERROR(IndexVectors::CheckDepth(plan.shape.rank()));
  return k.Run([plan](KernelRun& r) -> absl::Status {
    RETURN_IF_ERROR(GpuFill(r, r.In(3).raw_data(), r.Out(0)));
    return GpuApplyUpdates(r, UpdateKind::kAssign,
                           {.places = IndexVectors(r.In(0), plan.shape.rank(), plan.shape),
                            .count = plan.count,
                            .slice = 1,
                            .values = &r.In(2),
                            .one_value = plan.one_value},
                           r.Out(0));
  });
}

}  // namespace

void RegisterSparseToDenseCudaKernels(KernelRegistry& registry) {
  registry.Add("SparseToDense", "GPU", PrepareSparseToDenseOnGpu);
}

}  // namespace weir
