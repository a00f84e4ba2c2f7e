#ifndef WEIR_KERNELS_COMMON_REDUCTION_PLAN_H_
#define WEIR_KERNELS_COMMON_REDUCTION_PLAN_H_

#include <vector>

#include "weir/core/shape.h"

namespace weir {

// A shape of which some dimensions are reduced, without its dimensions of extent 1 and with
// neighbours of one kind merged: what is left is kept and reduced in turns.
struct AlternatingDims {
  Dims sizes, strides;        // Outermost first; none for one element.
  std::vector<bool> reduced;  // For each of `sizes`.
  int64_t count = 1;          // Elements that make one result.
};

// `reduced` says it for each dimension of the shape.
AlternatingDims Alternate(const Shape& shape, const std::vector<bool>& reduced);

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_REDUCTION_PLAN_H_
