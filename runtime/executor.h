#ifndef WEIR_RUNTIME_EXECUTOR_H_
#define WEIR_RUNTIME_EXECUTOR_H_

// Runs programs.
//
// Why it is free of races: a Program is constant; an ExecutionState belongs to one run at a time
// (ProgramRunner hands it out); what runs share, variables and other resources, locks itself.

#include <atomic>
#include <memory>
#include <vector>

#include "weir/core/mutex.h"
#include "weir/runtime/prefetch.h"
#include "weir/runtime/program.h"
#include "weir/runtime/run_state.h"
#include "weir/runtime/segment_recording.h"

namespace weir {

// Watches the steps of one run. Thread rule: the run's thread calls.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void BeforeStep(const Step& step) = 0;
  virtual void AfterStep(const Step& step) = 0;
};

// The memory of one run: slots, arena, the kernels prepared while running, and what was recorded.
// Kept from run to run.
class ExecutionState {
 public:
  // ResourceExhausted when the arena is not to be had.
  static absl::StatusOr<std::unique_ptr<ExecutionState>> Make(const Program& program,
                                                              absl::Span<Device* const> devices);

 private:
  friend class Executor;
  struct Preparation {
    std::vector<Shape> input_shapes;
    std::vector<int> values_used;
    std::vector<Tensor> values;
    std::vector<KernelPrepare::OutputInfo> outputs;
    KernelFn fn;
    Tensor workspace;
    uint8_t device = 0;  // The step's, or the host in its place.
    bool valid = false;
  };

  absl::Status MakeArena(const Program& program, uint8_t number, Device& device);

  std::vector<Tensor> slots_;
  std::vector<std::shared_ptr<Buffer>> arenas_;  // By device, of those that the program uses,
  std::vector<char*> arena_data_;                // and where they begin.
  std::vector<Preparation> preparations_;
  std::vector<SegmentRecording> recordings_;  // By Program::segments.
};

// One program and its spare execution states. Thread rule: Run may be called from any threads.
class ProgramRunner {
 public:
  // `devices` are those that the program was compiled for; they outlive the runner.
  ProgramRunner(Program program, const KernelRegistry& kernels, absl::Span<Device* const> devices)
      : program_(std::move(program)),
        kernels_(kernels),
        devices_(devices),
        prefetcher_(program_, devices) {}
  ~ProgramRunner();

  // Feeds and results in the program's order. A result whose buffer nobody shares is used again.
  // On an error, which names the node, results are unspecified, and the next run is as good as new.
  // Returns when the results are there; devices may still be at work on the rest.
  absl::Status Run(absl::Span<const Tensor> feeds, absl::Span<Tensor> results, RunState& run,
                   StepObserver* observer = nullptr);

  // See Callable::Prefetch.
  absl::Status Prefetch(absl::Span<const Tensor> feeds) { return prefetcher_.Prefetch(feeds); }

  const Program& program() const { return program_; }

 private:
  absl::StatusOr<std::unique_ptr<ExecutionState>> TakeState();
  void ReturnState(std::unique_ptr<ExecutionState> state);

  const Program program_;
  const KernelRegistry& kernels_;
  const absl::Span<Device* const> devices_;
  Prefetcher prefetcher_;
  // One spare state is exchanged without a lock: the usual case of one caller.
  std::atomic<ExecutionState*> spare_{nullptr};
  Mutex mu_;
  std::vector<std::unique_ptr<ExecutionState>> spares_ ABSL_GUARDED_BY(mu_);
};

}  // namespace weir

#endif  // WEIR_RUNTIME_EXECUTOR_H_
