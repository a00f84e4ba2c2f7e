#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {

absl::StatusOr<BroadcastIndex> IndexOf(const BroadcastPlan& plan) {
  BroadcastIndex index;
  index.rank = static_cast<int>(plan.sizes.size());
  if (index.rank > BroadcastIndex::kMostDims) {
    return absl::UnimplementedError(absl::StrCat("broadcasting over ", index.rank, " dimensions"));
  }
  std::copy(plan.sizes.begin(), plan.sizes.end(), index.sizes);
  std::copy(plan.x_strides.begin(), plan.x_strides.end(), index.x_strides);
  std::copy(plan.y_strides.begin(), plan.y_strides.end(), index.y_strides);
  return index;
}

absl::StatusOr<BroadcastIndex> PrepareBroadcast(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  const Shape& y = k.In(1).shape();
  ASSIGN_OR_RETURN(const Shape out, BroadcastShapes(x, y));
  k.Out(0).SetShape(out);
  if (x == out) k.Out(0).MayReuse(0);
  if (y == out) k.Out(0).MayReuse(1);
  return IndexOf(PlanBroadcast(x, y, out));
}

}  // namespace weir
