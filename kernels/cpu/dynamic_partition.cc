#include <vector>

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/element_util.h"

namespace weir {
namespace {

absl::Status PrepareDynamicPartition(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const PartitionPlan plan, PlanDynamicPartition(k));
  const int n = k.num_outputs();
  const int64_t count = plan.count, width = plan.width;
  const size_t targets_at = k.Workspace(sizeof(int64_t) * count);
  const size_t sizes_at = k.Workspace(sizeof(int64_t) * n);
  const DataType dtype = k.OutType(0);
  return k.Run([=](KernelRun& r) -> absl::Status {
    int64_t* targets = r.Workspace<int64_t>(targets_at);
    int64_t* sizes = r.Workspace<int64_t>(sizes_at);
    RETURN_IF_ERROR(ReadIndices(r.In(1), "partitions", n, targets));
    std::fill_n(sizes, n, 0);
    for (int64_t i = 0; i < count; ++i) ++sizes[targets[i]];
    for (int p = 0; p < n; ++p) {
      ASSIGN_OR_RETURN(const Shape shape, ShapeOfRows(sizes[p], plan.row));
      RETURN_IF_ERROR(r.AllocateOutput(p, dtype, shape));
      sizes[p] = 0;  // From here on: the rows written.
    }
    return DispatchElement(dtype, [&]<typename E>(TypeTag<E>) -> absl::Status {
      const E* in = r.In<E>(0);
      for (int64_t i = 0; i < count; ++i) {
        const int p = static_cast<int>(targets[i]);
        CopyRow(in + i * width, r.Out<E>(p) + sizes[p]++ * width, width);
      }
      return absl::OkStatus();
    });
  });
}

}  // namespace

absl::StatusOr<PartitionPlan> PlanDynamicPartition(KernelPrepare& k) {
  const Shape& data = k.In(0).shape();
  const Shape& partitions = k.In(1).shape();
  const int lead = partitions.rank();
  if (data.rank() < lead || data.dims().subspan(0, lead) != partitions.dims()) {
    return InvalidArgument("data.shape must start with partitions.shape, got data.shape = ",
                           data.ToString(), ", partitions.shape = ", partitions.ToString());
  }
  for (int i = 0; i < k.num_outputs(); ++i) k.Out(i).Unsized();
  return PartitionPlan{partitions.num_elements(), data.Count(lead, data.rank()),
                       Dims(data.dims().begin() + lead, data.dims().end())};
}

void RegisterDynamicPartitionKernels(KernelRegistry& kernels) {
  kernels.Add("DynamicPartition", "CPU", PrepareDynamicPartition);
}

}  // namespace weir
