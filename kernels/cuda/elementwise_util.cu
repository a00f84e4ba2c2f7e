#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {

absl::StatusOr<BroadcastIndex> IndexOf(const BroadcastPlan& plan) {
  BroadcastIndex index;
  if (plan.sizes.size() > BroadcastIndex::kMostDims) {
    return absl::UnimplementedError(
        absl::StrCat("broadcasting over ", plan.sizes.size(), " dimensions"));
  }
  for (size_t d = 0; d < plan.sizes.size(); ++d) {
    if (plan.sizes[d] == 0) return BroadcastIndex();  // There is nothing to find.
    index.Add(plan.sizes[d], {plan.x_strides[d], plan.y_strides[d]});
  }
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
