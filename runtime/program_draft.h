#ifndef WEIR_RUNTIME_PROGRAM_DRAFT_H_
#define WEIR_RUNTIME_PROGRAM_DRAFT_H_

// A program in the making: what the compiler writes, step by step (compiler.h), and what is then
// done to it as a whole (step_order.h, program_layout.h).

#include <limits>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "weir/runtime/memory_planner.h"
#include "weir/runtime/program.h"
#include "weir/runtime/step_groups.h"

namespace weir {

// Devices are numbered as the session's.
inline constexpr uint8_t kHost = 0;

struct ProgramDraft {
  struct SlotFacts {
    bool has_shape = false;
    int storage = -1;                 // kArena: index of the storage, shared by aliases.
    int32_t last_use = -1;            // kRun: the last step that reads it.
    int variable = kUnknownVariable;  // Of a handle: what is behind it.
    std::vector<uint32_t> reusable;   // Inputs whose memory it may take over.
  };
  // A step that one call can compute with others of its kind.
  struct Groupable {
    std::string kind;
    KernelGroupFn fn;
  };
  // Later than all steps.
  static constexpr int32_t kEnd = std::numeric_limits<int32_t>::max();

  // Appends the step, which uses these slots.
  void AddStep(Step step, absl::Span<const uint32_t> inputs, absl::Span<const uint32_t> outputs,
               size_t workspace);
  // The slot's memory is needed until `step`, at least.
  void Use(uint32_t slot, int32_t step);
  // The slots of a step: its inputs, then its outputs.
  absl::Span<const uint32_t> ArgsOf(const Step& step) const {
    return absl::MakeConstSpan(program.args)
        .subspan(step.first_arg, step.num_inputs + step.num_outputs);
  }

  Program program;
  std::vector<SlotFacts> facts;                        // By slot.
  std::vector<size_t> workspace_bytes;                 // By step.
  absl::flat_hash_map<uint32_t, Groupable> groupable;  // By step.
  std::vector<Storage> storages;
  std::vector<uint8_t> storage_device;  // By storage.
};

}  // namespace weir

#endif  // WEIR_RUNTIME_PROGRAM_DRAFT_H_
