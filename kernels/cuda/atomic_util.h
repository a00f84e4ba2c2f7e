#ifndef WEIR_KERNELS_CUDA_ATOMIC_UTIL_H_
#define WEIR_KERNELS_CUDA_ATOMIC_UTIL_H_

// Updates of elements that several threads may have at once.

#include <cuda_runtime.h>

#include <bit>
#include <cstdint>
#include <type_traits>

#include "weir/kernels/common/numbers.h"

namespace weir {

// Whether the hardware adds T by itself.
template <typename T>
inline constexpr bool kHasAtomicAdd =
    std::is_floating_point_v<T> || (kIsInteger<T> && (sizeof(T) == 4 || sizeof(T) == 8));

// *p += v; integers wrap around.
template <typename T>
__device__ inline void AtomicAdd(T* p, T v) {
  static_assert(kHasAtomicAdd<T>);
  if constexpr (std::is_floating_point_v<T>) {
    atomicAdd(p, v);
  } else if constexpr (sizeof(T) == 8) {
    atomicAdd(reinterpret_cast<unsigned long long*>(p), static_cast<unsigned long long>(v));
  } else {
    atomicAdd(reinterpret_cast<unsigned*>(p), static_cast<unsigned>(v));
  }
}

// The bits of a word that an element of 1 or 2 bytes has.
template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 1, uint8_t, uint16_t>;

// *p = Fn::Combine(*p, v), as one step.
template <typename Fn, typename T>
__device__ inline void AtomicCombine(T* p, T v) {
  if constexpr (sizeof(T) < 4) {
    // The word around the element is exchanged.
    const auto address = reinterpret_cast<uintptr_t>(p);
    auto* const word = reinterpret_cast<unsigned*>(address & ~uintptr_t{3});
    const unsigned shift = static_cast<unsigned>(address & 3) * 8;
    const unsigned mask = ((1u << (8 * sizeof(T))) - 1) << shift;
    unsigned old = *word, seen;
    do {
      seen = old;
      const T now = std::bit_cast<T>(static_cast<BitsOf<T>>(seen >> shift));
      const auto next = std::bit_cast<BitsOf<T>>(static_cast<T>(Fn::Combine(now, v)));
      old = atomicCAS(word, seen, (seen & ~mask) | static_cast<unsigned>(next) << shift);
    } while (old != seen);
  } else {
    using Word = std::conditional_t<sizeof(T) == 4, unsigned, unsigned long long>;
    auto* const word = reinterpret_cast<Word*>(p);
    Word old = *word, seen;
    do {
      seen = old;
      const T next = Fn::Combine(std::bit_cast<T>(seen), v);
      old = atomicCAS(word, seen, std::bit_cast<Word>(next));
    } while (old != seen);
  }
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_ATOMIC_UTIL_H_
