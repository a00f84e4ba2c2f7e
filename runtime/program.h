#ifndef WEIR_RUNTIME_PROGRAM_H_
#define WEIR_RUNTIME_PROGRAM_H_

// A compiled signature: a flat array of steps over numbered slots. Immutable once compiled; any
// number of runs execute it at once, each with slots of its own (execution_state.h).

#include <cstdint>
#include <memory>
#include <vector>

#include "weir/core/tensor.h"
#include "weir/runtime/kernel.h"

namespace weir {

class Graph;

enum class StepKind : uint8_t {
  kPrepared,  // `fn` is ready.
  kFeedCopy,  // The same, unless the copy of the feed is there already.
  kDynamic,   // Shapes or values show only while running: prepared then, and kept while they stay.
  kGroup,     // Several nodes that one call computes.
};

// Whether a step may be a part of a recording: it does nothing but give its device work, the same
// in each run while addresses are the same.
enum class RecordKind : uint8_t {
  kNever,
  kAlways,
  kWithVariables,  // If all else that it does is to variables that it asks for.
};

struct Step {
  StepKind kind = StepKind::kPrepared;
  uint8_t device = 0;    // Of the session's devices; 0 is the host.
  bool is_pure = false;  // Nothing but its outputs tells that it ran.
  // A kernel of the host may stand in for one that the device lacks.
  bool may_move = false;
  RecordKind record = RecordKind::kNever;
  const Node* node = nullptr;
  KernelFn fn;
  // Slots of the inputs, then of the outputs, from args[first_arg] on.
  uint32_t first_arg = 0;
  uint32_t num_inputs = 0;
  uint32_t num_outputs = 0;
  size_t workspace = 0;  // Offset in the arena of the device.
  // Which of the execution state's preparations, for kDynamic; of Program::feed_copies, for
  // kFeedCopy; of Program::groups, for kGroup.
  uint32_t index = 0;
  // Slots to empty after the step: releases[first_release ...].
  uint32_t first_release = 0;
  uint32_t num_releases = 0;
};

// The nodes of a step of kind kGroup.
struct StepGroup {
  struct Part {
    const Node* node = nullptr;
    uint32_t first_input = 0;  // Of Program::args.
    uint32_t first_output = 0;
  };
  KernelGroupFn fn;
  std::vector<Part> parts;
};

enum class SlotKind : uint8_t {
  kConstant,  // The same tensor in every run.
  kArena,     // At a planned offset in the arena of its device.
  kObject,    // Planned, but with elements that have constructors (strings): a buffer of its own.
  kRun,       // Filled while running, and emptied after its last use.
};

struct Slot {
  SlotKind kind = SlotKind::kRun;
  uint8_t device = 0;  // Whose memory the tensor is in.
  DataType dtype = DT_INVALID;
  Shape shape;
  Tensor constant;
  size_t offset = 0;    // kArena
  uint32_t object = 0;  // kObject: which buffer; aliases share it.
};

// A step that copies a feed to where a device needs it. Its size is known.
struct FeedCopy {
  uint32_t feed = 0;
  uint32_t slot = 0;  // Where to.
};

// Consecutive steps of one device that may be recorded as a whole, and what of slots of kind kRun
// goes in and out.
struct Segment {
  uint32_t first_step = 0;
  uint32_t num_steps = 0;
  uint8_t device = 0;
  std::vector<uint32_t> inputs;    // Read, but filled before.
  std::vector<uint32_t> releases;  // Those of the inputs that the steps release.
  std::vector<uint32_t> outputs;   // Filled, and read after.
};

struct Program {
  std::vector<Step> steps;
  std::vector<uint32_t> args;
  std::vector<uint32_t> releases;
  std::vector<Slot> slots;
  std::vector<uint32_t> feeds;               // Slot per feed; kNoSlot for feeds that nothing reads.
  std::vector<uint32_t> fetches;             // Slot per fetch.
  std::vector<uint32_t> run_slots_to_clear;  // Feeds and fetched run slots.
  std::vector<size_t> arena_bytes;           // By device.
  std::vector<uint8_t> devices;              // Those that it uses, besides the host.
  std::vector<FeedCopy> feed_copies;
  std::vector<StepGroup> groups;
  std::vector<Segment> segments;  // In the order of the steps.
  uint32_t num_objects = 0;
  uint32_t num_dynamic = 0;
  std::shared_ptr<const Graph> fused_nodes;  // Nodes of steps that are not in the session's graph.

  static constexpr uint32_t kNoSlot = ~uint32_t{0};
};

}  // namespace weir

#endif  // WEIR_RUNTIME_PROGRAM_H_
