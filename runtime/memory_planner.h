#ifndef WEIR_RUNTIME_MEMORY_PLANNER_H_
#define WEIR_RUNTIME_MEMORY_PLANNER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

// A block of memory that a program needs from step `first` to step `last`, both included.
struct Storage {
  size_t bytes = 0;
  int32_t first = 0;
  int32_t last = 0;
  size_t offset = 0;  // Set by PlanMemory, a multiple of 64.
};

// Places the blocks in one arena so that blocks alive at the same step do not overlap, and returns
// the arena's size. REQUIRES: sorted by `first`. Best fit with coalescing over one sweep:
// O(n log n).
size_t PlanMemory(std::vector<Storage>& storages);

}  // namespace weir

#endif  // WEIR_RUNTIME_MEMORY_PLANNER_H_
