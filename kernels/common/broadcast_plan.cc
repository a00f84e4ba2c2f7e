#include "weir/kernels/common/broadcast_plan.h"

#include <algorithm>

namespace weir {

BroadcastPlan PlanBroadcast(const Shape& x, const Shape& y, const Shape& out) {
  BroadcastPlan plan;
  bool last_x = false, last_y = false;  // Whether the innermost collected dimension moves x, y.
  int64_t x_stride = 1, y_stride = 1;
  for (int i = out.rank() - 1; i >= 0; --i) {
    const int64_t size = out.dim(i);
    const int xi = i - (out.rank() - x.rank()), yi = i - (out.rank() - y.rank());
    const int64_t xd = xi < 0 ? 1 : x.dim(xi), yd = yi < 0 ? 1 : y.dim(yi);
    if (size == 1) continue;
    const bool moves_x = xd != 1, moves_y = yd != 1;
    if (!plan.sizes.empty() && moves_x == last_x && moves_y == last_y) {
      plan.sizes.back() *= size;
    } else {
      plan.sizes.push_back(size);
      plan.x_strides.push_back(moves_x ? x_stride : 0);
      plan.y_strides.push_back(moves_y ? y_stride : 0);
      last_x = moves_x;
      last_y = moves_y;
    }
    x_stride *= xd;
    y_stride *= yd;
  }
  if (plan.sizes.empty()) {
    plan.sizes.push_back(1);
    plan.x_strides.push_back(1);
    plan.y_strides.push_back(1);
  }
  std::reverse(plan.sizes.begin(), plan.sizes.end());
  std::reverse(plan.x_strides.begin(), plan.x_strides.end());
  std::reverse(plan.y_strides.begin(), plan.y_strides.end());
  return plan;
}

}  // namespace weir
