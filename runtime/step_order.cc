#include "weir/runtime/step_order.h"

#include <algorithm>
#include <numeric>

namespace weir {
namespace {

bool WaitsForNone(const ProgramDraft& draft, const Step& step) {
  if (step.kind == StepKind::kFeedCopy) return true;
  return step.device != kHost && step.num_inputs == 0 && step.num_outputs == 1 &&
         draft.program.slots[draft.ArgsOf(step)[0]].dtype == DT_RESOURCE;
}

// What the steps are and touch, in the order given.
std::vector<StepUse> UsesOf(const Graph& graph, const std::vector<bool>& needed,
                            const FusedNodes& fused, const ProgramDraft& draft,
                            absl::Span<const uint32_t> order) {
  std::vector<bool> has_kind(graph.num_nodes(), false);
  for (const auto& [step, groupable] : draft.groupable) {
    has_kind[fused.PlaceOf(*draft.program.steps[step].node)] = true;
  }
  const std::vector<NodeId> latest = LatestAncestors(graph, needed, has_kind);
  std::vector<StepUse> uses;
  for (uint32_t index : order) {
    const Step& step = draft.program.steps[index];
    StepUse& use = uses.emplace_back();
    use.node = fused.PlaceOf(*step.node);
    use.after = latest[use.node];
    if (const auto it = draft.groupable.find(index); it != draft.groupable.end()) {
      use.kind = it->second.kind;
    }
    for (uint32_t slot : draft.ArgsOf(step)) {
      if (draft.program.slots[slot].dtype != DT_RESOURCE) continue;
      use.variables.push_back(draft.facts[slot].variable);
    }
  }
  return uses;
}

// One step for several of one kind. Its arguments are the inputs of all, then the outputs of all.
Step Merge(absl::Span<const uint32_t> group, ProgramDraft& draft) {
  Program& program = draft.program;
  Step merged;
  merged.kind = StepKind::kGroup;
  merged.device = program.steps[group[0]].device;
  merged.record = program.steps[group[0]].record;
  merged.node = program.steps[group[0]].node;
  merged.first_arg = static_cast<uint32_t>(program.args.size());
  merged.index = static_cast<uint32_t>(program.groups.size());
  StepGroup& parts = program.groups.emplace_back();
  parts.fn = std::move(draft.groupable.at(group[0]).fn);
  parts.parts.resize(group.size());
  const auto append = [&program](uint32_t first, uint32_t count) {
    const auto start = static_cast<uint32_t>(program.args.size());
    for (uint32_t i = 0; i < count; ++i) program.args.push_back(program.args[first + i]);
    return start;
  };
  for (size_t i = 0; i < group.size(); ++i) {
    const Step& step = program.steps[group[i]];
    parts.parts[i].node = step.node;
    parts.parts[i].first_input = append(step.first_arg, step.num_inputs);
    merged.num_inputs += step.num_inputs;
  }
  for (size_t i = 0; i < group.size(); ++i) {
    const Step& step = program.steps[group[i]];
    parts.parts[i].first_output = append(step.first_arg + step.num_inputs, step.num_outputs);
    merged.num_outputs += step.num_outputs;
  }
  return merged;
}

// When storages and slots are first and last used, now that the steps are in another order.
void FindLifetimes(ProgramDraft& draft) {
  for (Storage& storage : draft.storages) storage.first = storage.last = -1;
  for (ProgramDraft::SlotFacts& facts : draft.facts) facts.last_use = -1;
  for (size_t i = 0; i < draft.program.steps.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    for (uint32_t slot : draft.ArgsOf(draft.program.steps[i])) {
      const int storage = draft.facts[slot].storage;
      if (storage >= 0 && draft.storages[storage].first < 0) draft.storages[storage].first = index;
      draft.Use(slot, index);
    }
  }
}

}  // namespace

void OrderSteps(const Graph& graph, const std::vector<bool>& needed, const FusedNodes& fused,
                ProgramDraft& draft) {
  std::vector<Step>& steps = draft.program.steps;
  std::vector<uint32_t> order(steps.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_partition(order.begin(), order.end(),
                        [&](uint32_t step) { return WaitsForNone(draft, steps[step]); });
  std::vector<Step> ordered;
  std::vector<size_t> workspace_bytes;
  for (std::vector<uint32_t>& group : GroupSteps(UsesOf(graph, needed, fused, draft, order))) {
    for (uint32_t& step : group) step = order[step];
    workspace_bytes.push_back(draft.workspace_bytes[group[0]]);
    ordered.push_back(group.size() == 1 ? std::move(steps[group[0]]) : Merge(group, draft));
  }
  steps = std::move(ordered);
  draft.workspace_bytes = std::move(workspace_bytes);
  draft.groupable.clear();
  FindLifetimes(draft);
}

}  // namespace weir
