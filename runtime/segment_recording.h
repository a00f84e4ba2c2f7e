#ifndef WEIR_RUNTIME_SEGMENT_RECORDING_H_
#define WEIR_RUNTIME_SEGMENT_RECORDING_H_

// Segments of a program as recordings of their device.
//
// The first run of a segment goes step by step, and so does the second, which gives each step to
// the device once more, for a recording. Later runs launch that in place of the steps, as long as
// all that it works on is where it was: the buffers of variables, and the values of slots that are
// filled while running. That is asked and the work launched under the locks of the variables.
// Otherwise the steps run, and are recorded anew. What does not lead to a launch a few times in
// succession is not tried again.

#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "weir/runtime/device.h"
#include "weir/runtime/program.h"
#include "weir/runtime/run_state.h"
#include "weir/runtime/variable_state.h"

namespace weir {

// One segment in one execution state, whose slots and arena its recording is bound to.
class SegmentRecording {
 public:
  // REQUIRES: both outlive this.
  SegmentRecording(const Program& program, const Segment& segment)
      : program_(program), segment_(segment) {}

  // Starts the work of all steps, and fills and empties `slots` as they do. False when that cannot
  // be: nothing has happened then.
  bool Launch(Tensor* slots);

  // For a run step by step: Begin, then Add after each step and before its releases, then End, or
  // else Abandon. Nothing that fails here concerns the run.
  void Begin(Device& device, const Tensor* slots);
  // `enqueue` runs the step.
  void Add(const Step& step, RunState& run, absl::FunctionRef<absl::Status()> enqueue);
  void End(const Tensor* slots);
  void Abandon() { recorder_ = nullptr; }

 private:
  // A slot that is read after the segment.
  struct Output {
    uint32_t slot = 0;
    Tensor tensor;      // Without a share in the buffer if that is a variable's.
    int variable = -1;  // Which.
  };

  bool CollectVariables();
  absl::Status CollectOutputs(const Tensor* slots);
  bool IsUpdate(const Step& step) const;

  const Program& program_;
  const Segment& segment_;
  bool is_warm_ = false;
  bool is_busy_ = false;  // Others read a variable that the steps update.
  int attempts_ = 0;      // Recordings since the last launch.
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Recording> recording_;
  std::vector<const void*> inputs_;          // What the segment's inputs were, in their order.
  std::vector<const Buffer*> releases_;      // Those that the steps let go of.
  std::vector<RunState::VariableUse> uses_;  // They keep the variables.
  std::vector<Variable*> updated_;
  std::vector<Variable::Unchanged> variables_;
  std::vector<Output> outputs_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_SEGMENT_RECORDING_H_
