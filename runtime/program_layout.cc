#include "weir/runtime/program_layout.h"

#include <algorithm>
#include <numeric>

#include "absl/container/flat_hash_set.h"

namespace weir {
namespace {

constexpr int32_t kEnd = ProgramDraft::kEnd;

class Layout {
 public:
  explicit Layout(ProgramDraft& draft)
      : program_(draft.program),
        facts_(draft.facts),
        storages_(draft.storages),
        storage_device_(draft.storage_device),
        workspace_bytes_(draft.workspace_bytes) {}

  void Plan(size_t num_devices) {
    ReuseInputs();
    for (size_t d = 0; d < num_devices; ++d) {
      program_.arena_bytes.push_back(PlanArena(static_cast<uint8_t>(d)));
    }
    PlanReleases();
    FindSegments();
  }

 private:
  // Lets outputs take over the memory of inputs that end with the step.
  void ReuseInputs() {
    for (size_t index = 0; index < program_.steps.size(); ++index) {
      const Step& step = program_.steps[index];
      const auto args = absl::MakeConstSpan(program_.args).subspan(step.first_arg);
      const auto inputs = args.subspan(0, step.num_inputs);
      std::vector<int> taken;
      for (uint32_t out : args.subspan(step.num_inputs, step.num_outputs)) {
        for (uint32_t in : facts_[out].reusable) {
          const int from = facts_[in].storage, to = facts_[out].storage;
          if (from < 0 || to < 0 || from == to || storages_[from].bytes != storages_[to].bytes ||
              storage_device_[from] != storage_device_[to] ||
              storages_[from].last != static_cast<int32_t>(index) ||
              std::find(taken.begin(), taken.end(), from) != taken.end()) {
            continue;
          }
          const bool shared = std::any_of(inputs.begin(), inputs.end(), [&](uint32_t other) {
            return other != in && facts_[other].storage == from;
          });
          if (shared) continue;
          storages_[from].last = storages_[to].last;
          storages_[to].bytes = 0;
          Retarget(to, from);
          taken.push_back(from);
          break;
        }
      }
    }
  }

  // Moves the slots of one storage, an output and its aliases, to another. Each slot moves at most
  // once per merge of its own output, and later steps see only the new storage.
  void Retarget(int from, int to) {
    if (slots_by_storage_.empty()) {
      slots_by_storage_.resize(storages_.size());
      for (uint32_t slot = 0; slot < facts_.size(); ++slot) {
        if (facts_[slot].storage >= 0) slots_by_storage_[facts_[slot].storage].push_back(slot);
      }
    }
    for (uint32_t slot : slots_by_storage_[from]) facts_[slot].storage = to;
    slots_by_storage_[to] = std::move(slots_by_storage_[from]);
  }

  // Places the storages of the device and the workspaces of its steps; the arena's size.
  size_t PlanArena(uint8_t device) {
    std::vector<Storage> blocks;
    std::vector<std::pair<size_t, size_t>> storages, steps;  // (which, its block).
    // Storages are in step order but for those of steps that were hoisted; workspaces go between.
    std::vector<size_t> order(storages_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [this](size_t a, size_t b) {
      return storages_[a].first < storages_[b].first;
    });
    size_t next = 0;
    const auto add_storages_until = [&](int32_t step) {
      for (; next < order.size() && storages_[order[next]].first <= step; ++next) {
        if (storage_device_[order[next]] != device) continue;
        storages.emplace_back(order[next], blocks.size());
        blocks.push_back(storages_[order[next]]);
      }
    };
    for (size_t step = 0; step < program_.steps.size(); ++step) {
      const int32_t at = static_cast<int32_t>(step);
      add_storages_until(at);
      if (program_.steps[step].device != device) continue;
      steps.emplace_back(step, blocks.size());
      blocks.push_back({workspace_bytes_[step], at, at, 0});
    }
    add_storages_until(kEnd);
    const size_t bytes = PlanMemory(blocks);
    for (const auto& [step, block] : steps) program_.steps[step].workspace = blocks[block].offset;
    for (const auto& [storage, block] : storages) storages_[storage].offset = blocks[block].offset;
    for (size_t slot = 0; slot < facts_.size(); ++slot) {
      const int storage = facts_[slot].storage;
      if (storage >= 0 && storage_device_[storage] == device) {
        program_.slots[slot].offset = storages_[storage].offset;
      }
    }
    return bytes;
  }

  void PlanReleases() {
    std::vector<std::vector<uint32_t>> after(program_.steps.size());
    for (uint32_t slot = 0; slot < facts_.size(); ++slot) {
      if (program_.slots[slot].kind != SlotKind::kRun) continue;
      const int32_t last = facts_[slot].last_use;
      if (last >= 0 && last != kEnd) {
        after[last].push_back(slot);
      } else {
        program_.run_slots_to_clear.push_back(slot);
      }
    }
    for (size_t step = 0; step < after.size(); ++step) {
      program_.steps[step].first_release = static_cast<uint32_t>(program_.releases.size());
      program_.steps[step].num_releases = static_cast<uint32_t>(after[step].size());
      program_.releases.insert(program_.releases.end(), after[step].begin(), after[step].end());
    }
  }

  void FindSegments() {
    const std::vector<Step>& steps = program_.steps;
    for (uint32_t begin = 0, end = 0; begin < steps.size(); begin = end) {
      end = begin + 1;
      const auto goes_on = [&](const Step& step) {
        return step.record != RecordKind::kNever && step.device == steps[begin].device;
      };
      if (steps[begin].device == kHost || !goes_on(steps[begin])) continue;
      while (end < steps.size() && goes_on(steps[end])) ++end;
      if (end - begin > 1) AddSegment(begin, end);
    }
  }

  void AddSegment(uint32_t begin, uint32_t end) {
    Segment segment;
    segment.first_step = begin;
    segment.num_steps = end - begin;
    segment.device = program_.steps[begin].device;
    absl::flat_hash_set<uint32_t> inputs, filled;
    for (uint32_t s = begin; s < end; ++s) {
      const Step& step = program_.steps[s];
      for (uint32_t a = 0; a < step.num_inputs + step.num_outputs; ++a) {
        const uint32_t slot = program_.args[step.first_arg + a];
        if (program_.slots[slot].kind != SlotKind::kRun) continue;
        const bool is_output = a >= step.num_inputs;
        if (!is_output && !filled.contains(slot) && inputs.insert(slot).second) {
          segment.inputs.push_back(slot);
          if (facts_[slot].last_use < static_cast<int32_t>(end)) segment.releases.push_back(slot);
        }
        if (is_output && filled.insert(slot).second &&
            facts_[slot].last_use >= static_cast<int32_t>(end)) {
          segment.outputs.push_back(slot);
        }
      }
    }
    program_.segments.push_back(std::move(segment));
  }

  Program& program_;
  std::vector<ProgramDraft::SlotFacts>& facts_;  // By slot.
  std::vector<Storage>& storages_;
  const std::vector<uint8_t>& storage_device_;
  const std::vector<size_t>& workspace_bytes_;  // By step.
  std::vector<std::vector<uint32_t>> slots_by_storage_;
};

}  // namespace

void LayOut(size_t num_devices, ProgramDraft& draft) { Layout(draft).Plan(num_devices); }

}  // namespace weir
