#ifndef WEIR_KERNELS_CPU_ELEMENT_UTIL_H_
#define WEIR_KERNELS_CPU_ELEMENT_UTIL_H_

// Help for kernels that move elements without looking at them.

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "weir/core/dtype.h"
#include "weir/core/resource.h"

namespace weir {

// Calls `f(TypeTag<E>())` with a type whose assignment copies an element of `dtype`: an unsigned
// integer of the element's width for plain types, the element's own type otherwise.
template <typename F>
absl::Status DispatchElement(DataType dtype, F&& f) {
  if (IsPlainType(dtype)) return DispatchWidth(dtype, f);
  return DispatchType<std::string, ResourceHandle, Variant>(dtype, f);
}

// Copies `n` elements between arrays that do not overlap.
template <typename E>
inline void CopyRow(const E* from, E* to, int64_t n) {
  if (n == 1) {
    *to = *from;
  } else if constexpr (std::is_trivially_copyable_v<E>) {
    if (n > 0) std::memcpy(to, from, static_cast<size_t>(n) * sizeof(E));
  } else {
    std::copy_n(from, n, to);
  }
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_ELEMENT_UTIL_H_
