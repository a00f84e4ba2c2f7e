#ifndef WEIR_KERNELS_COMMON_BROADCAST_PLAN_H_
#define WEIR_KERNELS_COMMON_BROADCAST_PLAN_H_

#include "weir/core/shape.h"

namespace weir {

// How two inputs run along the output: dimensions of extent 1 are dropped, and neighbours that both
// inputs treat alike are one dimension. Strides count elements; 0 where an input is stretched.
struct BroadcastPlan {
  Dims sizes;  // The last one is the inner loop.
  Dims x_strides;
  Dims y_strides;
};

// REQUIRES: x and y broadcast to `out`.
BroadcastPlan PlanBroadcast(const Shape& x, const Shape& y, const Shape& out);

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_BROADCAST_PLAN_H_
