#ifndef WEIR_KERNELS_CUDA_WORDS_UTIL_H_
#define WEIR_KERNELS_CUDA_WORDS_UTIL_H_

// Elements that are moved and not looked at go in words of up to 16 bytes.

#include <algorithm>
#include <cstdint>

#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {

using Word16 = Pack<uint64_t, 2>;

// The widest word, in bytes, of which each of `bytes` (sizes, offsets, addresses) is a multiple.
template <typename... Bytes>
int64_t WidestWord(Bytes... bytes) {
  const int64_t all = (static_cast<int64_t>(bytes) | ... | int64_t{kPackBytes});
  return all & -all;
}
inline int64_t Address(const void* p) {
  return static_cast<int64_t>(reinterpret_cast<uintptr_t>(p));
}

// Calls `f(TypeTag<W>())` with a word W of `bytes` bytes: 1, 2, 4, 8 or 16.
template <typename F>
absl::Status DispatchWord(int64_t bytes, F&& f) {
  switch (bytes) {
    case 1: return f(TypeTag<uint8_t>());
    case 2: return f(TypeTag<uint16_t>());
    case 4: return f(TypeTag<uint32_t>());
    case 8: return f(TypeTag<uint64_t>());
    default: return f(TypeTag<Word16>());
  }
}

// A preparation for elements that the GPU can move; those with constructors stay on the host.
template <auto kPrepare, auto kMove>
absl::Status PreparePlainMove(KernelPrepare& k) {
  if (k.num_outputs() > 0 && !IsPlainType(k.OutType(0))) {
    return absl::UnimplementedError("only the host moves such elements");
  }
  return kPrepare(k, kMove);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_WORDS_UTIL_H_
