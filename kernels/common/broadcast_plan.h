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

  // The element of the input with these strides that goes into the output's element i.
  int64_t Offset(const Dims& strides, int64_t i) const {
    if (sizes.size() == 1) return i * strides[0];
    int64_t offset = 0;
    for (size_t d = sizes.size(); d-- > 0;) {
      offset += i % sizes[d] * strides[d];
      i /= sizes[d];
    }
    return offset;
  }
};

// REQUIRES: x and y broadcast to `out`.
BroadcastPlan PlanBroadcast(const Shape& x, const Shape& y, const Shape& out);

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_BROADCAST_PLAN_H_
