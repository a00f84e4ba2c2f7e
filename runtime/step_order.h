#ifndef WEIR_RUNTIME_STEP_ORDER_H_
#define WEIR_RUNTIME_STEP_ORDER_H_

#include <vector>

#include "weir/runtime/fused_nodes.h"
#include "weir/runtime/program_draft.h"

namespace weir {

// Puts the steps of a program for several devices into the order in which they run. Copies of feeds
// and handles of variables come first, before all else: then what is left of a device's steps lies
// together. Of that, steps that one call can compute become one. REQUIRES: no memory is laid out.
void OrderSteps(const Graph& graph, const std::vector<bool>& needed, const FusedNodes& fused,
                ProgramDraft& draft);

}  // namespace weir

#endif  // WEIR_RUNTIME_STEP_ORDER_H_
