#ifndef WEIR_KERNELS_CPU_ARGMAX_UTIL_H_
#define WEIR_KERNELS_CPU_ARGMAX_UTIL_H_

#include <type_traits>

#include "weir/runtime/kernel.h"

namespace weir {

// Whether x replaces `best`. NaN is replaced by any number and replaces none.
template <typename T, bool kMax>
constexpr bool IsBetter(T x, T best) {
  if constexpr (std::is_integral_v<T>) {
    return kMax ? x > best : x < best;
  } else {
    return (kMax ? x > best : x < best) || (best != best && x == x);
  }
}

// Reads the axis of ArgMax, sets the output's shape, and returns the axis, counted from the front.
inline absl::StatusOr<int> PrepareArgAxis(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  if (x.rank() < 1) return k.InvalidInput(0, "needs rank >= 1");
  ASSIGN_OR_RETURN(int64_t axis, k.IntValue(1));
  if (axis < -x.rank() || axis >= x.rank()) {
    return InvalidArgument("Expected dimension in the range [", -x.rank(), ", ", x.rank(),
                           "), but got ", axis);
  }
  if (axis < 0) axis += x.rank();
  Dims dims(x.dims().begin(), x.dims().end());
  dims.erase(dims.begin() + axis);
  ASSIGN_OR_RETURN(const Shape out, Shape::Make(dims));
  k.Out(0).SetShape(out);
  if (x.dim(static_cast<int>(axis)) == 0 && out.num_elements() > 0) {
    return InvalidArgument("Reduction axis ", axis, " is empty in shape ", x.ToString());
  }
  return static_cast<int>(axis);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_ARGMAX_UTIL_H_
