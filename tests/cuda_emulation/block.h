#ifndef WEIR_TESTS_CUDA_EMULATION_BLOCK_H_
#define WEIR_TESTS_CUDA_EMULATION_BLOCK_H_

#include <functional>

#include "weir/tests/cuda_emulation/cuda_runtime.h"

namespace cuda_emulation {

// Runs all blocks of a kernel on the calling thread; `thread` is what each of their threads does.
void RunBlocks(dim3 grid, dim3 block, const std::function<void()>& thread);

}  // namespace cuda_emulation

#endif  // WEIR_TESTS_CUDA_EMULATION_BLOCK_H_
