#ifndef WEIR_RUNTIME_PROGRAM_LAYOUT_H_
#define WEIR_RUNTIME_PROGRAM_LAYOUT_H_

#include "weir/runtime/program_draft.h"

namespace weir {

// Gives a program whose steps are in order its memory: outputs take over what inputs leave, arenas
// are planned by lifetimes, slots are emptied after their last use. Finds the segments that may be
// recorded. O(n log n) in the steps and slots.
void LayOut(size_t num_devices, ProgramDraft& draft);

}  // namespace weir

#endif  // WEIR_RUNTIME_PROGRAM_LAYOUT_H_
