#include "weir/runtime/program_draft.h"

#include <algorithm>

namespace weir {

void ProgramDraft::AddStep(Step step, absl::Span<const uint32_t> inputs,
                           absl::Span<const uint32_t> outputs, size_t workspace) {
  const int32_t index = static_cast<int32_t>(program.steps.size());
  step.first_arg = static_cast<uint32_t>(program.args.size());
  step.num_inputs = static_cast<uint32_t>(inputs.size());
  step.num_outputs = static_cast<uint32_t>(outputs.size());
  program.args.insert(program.args.end(), inputs.begin(), inputs.end());
  program.args.insert(program.args.end(), outputs.begin(), outputs.end());
  for (uint32_t slot : inputs) Use(slot, index);
  for (uint32_t slot : outputs) Use(slot, index);
  workspace_bytes.push_back(workspace);
  program.steps.push_back(std::move(step));
}

void ProgramDraft::Use(uint32_t slot, int32_t step) {
  SlotFacts& slot_facts = facts[slot];
  slot_facts.last_use = std::max(slot_facts.last_use, step);
  if (slot_facts.storage < 0) return;
  Storage& storage = storages[slot_facts.storage];
  storage.last = std::max(storage.last, step);
}

}  // namespace weir
