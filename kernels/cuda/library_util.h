#ifndef WEIR_KERNELS_CUDA_LIBRARY_UTIL_H_
#define WEIR_KERNELS_CUDA_LIBRARY_UTIL_H_

// What the kernels that call NVIDIA's libraries have in common.

#include <cstdint>

#include "weir/runtime/block_allocator.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Libraries want workspaces aligned as the allocator's blocks are, which is more than the memory
// planner gives. Asks for one of `bytes`, maybe 0; where it is is for LibraryWorkspace.
inline size_t AskForLibraryWorkspace(KernelPrepare& k, size_t bytes) {
  return bytes == 0 ? 0 : k.Workspace(bytes + BlockAllocator::kAlignment);
}

inline void* LibraryWorkspace(const KernelRun& r, size_t at) {
  constexpr uintptr_t kAlignment = BlockAllocator::kAlignment;
  const auto address = reinterpret_cast<uintptr_t>(r.Workspace<char>(at));
  return reinterpret_cast<void*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_LIBRARY_UTIL_H_
