#ifndef WEIR_KERNELS_CPU_MOVE_UTIL_H_
#define WEIR_KERNELS_CPU_MOVE_UTIL_H_

// Moving elements of any type without looking at them.

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "weir/core/dtype.h"
#include "weir/core/resource.h"

namespace weir {

// Calls f(TypeTag<T>()) with a T that is copied as elements of `type` are: an integer of the
// element's width for plain types, else the type itself.
template <typename F>
absl::Status DispatchElements(DataType type, F&& f) {
  if (IsPlainType(type)) return DispatchWidth(type, f);
  return DispatchType<std::string, ResourceHandle, Variant>(type, f);
}

// Copies n elements between arrays that do not overlap.
template <typename T>
inline void CopyRow(const T* from, T* to, int64_t n) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    if (n < 8) {
      for (int64_t i = 0; i < n; ++i) to[i] = from[i];
    } else {
      std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
    }
  } else {
    std::copy_n(from, n, to);
  }
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_MOVE_UTIL_H_
