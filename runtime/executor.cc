#include "weir/runtime/executor.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "absl/base/attributes.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "weir/core/env.h"
#include "weir/graph/graph.h"
#include "weir/runtime/device.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

class ArenaBuffer final : public Buffer {
 public:
  ArenaBuffer(void* data, size_t bytes, Allocator& allocator)
      : Buffer(data, bytes, allocator), keep_alive_(allocator.KeepAlive()) {}
  ~ArenaBuffer() override { allocator().Deallocate(data(), bytes()); }
  bool transient() const override { return true; }

 private:
  std::shared_ptr<void> keep_alive_;
};

// Keeps a kObject tensor's elements from being taken out of the run.
class ObjectsBuffer final : public Buffer {
 public:
  explicit ObjectsBuffer(Tensor elements)
      : Buffer(elements.mutable_raw_data(), elements.bytes()), elements_(std::move(elements)) {}
  bool transient() const override { return true; }

 private:
  Tensor elements_;
};

bool SameValue(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DT_STRING) return a.values<std::string>() == b.values<std::string>();
  if (!IsPlainType(a.dtype())) return false;
  return a.bytes() == 0 || std::memcmp(a.raw_data(), b.raw_data(), a.bytes()) == 0;
}

// The largest tensors of a device's arena: "2048 bytes of float [16,32] by MatMul 'fc/MatMul'
// (...)".
std::string LargestTensors(const Program& program, uint8_t device) {
  constexpr size_t kMost = 3;
  std::vector<std::pair<size_t, std::string>> tensors;
  for (const Step& step : program.steps) {
    for (uint32_t i = 0; i < step.num_outputs; ++i) {
      const Slot& slot = program.slots[program.args[step.first_arg + step.num_inputs + i]];
      if (slot.kind != SlotKind::kArena || slot.device != device) continue;
      const size_t bytes = slot.shape.num_elements() * DataTypeSize(slot.dtype);
      tensors.emplace_back(bytes,
                           absl::StrCat(bytes, " bytes of ", DataTypeName(slot.dtype), " ",
                                        slot.shape.ToString(), " by ", step.node->Description()));
    }
  }
  std::sort(tensors.rbegin(), tensors.rend());
  std::string text;
  for (size_t i = 0; i < std::min(kMost, tensors.size()); ++i) {
    absl::StrAppend(&text, i == 0 ? ", the largest of which are " : ", ", tensors[i].second);
  }
  return text;
}

// Those, and what the device's allocator says.
std::string MemoryReport(const Program& program, uint8_t number, Device& device) {
  const std::string report = device.MemoryReport();
  return absl::StrCat(LargestTensors(program, number), report.empty() ? "" : "; ", report);
}

}  // namespace

bool RunState::cancelled() const { return interruptible() && !Check().ok(); }

absl::Status RunState::Check() const {
  if (cancellation != nullptr && cancellation->cancelled()) {
    return absl::CancelledError("the run was cancelled");
  }
  if (deadline_micros != 0 && env->NowMicros() >= deadline_micros) {
    return absl::DeadlineExceededError("the run took longer than its timeout");
  }
  return absl::OkStatus();
}

absl::Status ExecutionState::MakeArena(const Program& program, uint8_t number, Device& device) {
  // Also of no bytes: tensors without elements still need a buffer, and kernels an address.
  const size_t bytes = program.arena_bytes[number];
  Allocator& allocator = device.allocator();
  void* data = allocator.Allocate(bytes);
  if (data == nullptr) {
    return ResourceExhausted("no memory on ", device.name(), " for the ", bytes,
                             " bytes that the program's tensors take",
                             MemoryReport(program, number, device));
  }
  arenas_[number] = std::make_shared<ArenaBuffer>(data, bytes, allocator);
  arena_data_[number] = static_cast<char*>(data);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ExecutionState>> ExecutionState::Make(
    const Program& program, absl::Span<Device* const> devices) {
  auto state = std::make_unique<ExecutionState>();
  state->arenas_.resize(devices.size());
  state->arena_data_.resize(devices.size());
  RETURN_IF_ERROR(state->MakeArena(program, 0, *devices[0]));
  for (uint8_t d : program.devices) RETURN_IF_ERROR(state->MakeArena(program, d, *devices[d]));
  std::vector<std::shared_ptr<Buffer>> objects(program.num_objects);
  state->slots_.resize(program.slots.size());
  for (size_t i = 0; i < program.slots.size(); ++i) {
    const Slot& slot = program.slots[i];
    switch (slot.kind) {
      case SlotKind::kConstant: state->slots_[i] = slot.constant; break;
      case SlotKind::kArena:
        state->slots_[i] = Tensor::View(slot.dtype, slot.shape, state->arenas_[slot.device],
                                        state->arena_data_[slot.device] + slot.offset);
        break;
      case SlotKind::kObject: {
        std::shared_ptr<Buffer>& buffer = objects[slot.object];
        if (buffer == nullptr) {
          ASSIGN_OR_RETURN(Tensor elements,
                           Tensor::Make(slot.dtype, slot.shape, devices[0]->allocator()));
          buffer = std::make_shared<ObjectsBuffer>(std::move(elements));
        }
        state->slots_[i] = Tensor::View(slot.dtype, slot.shape, buffer, buffer->data());
        break;
      }
      case SlotKind::kRun: break;
    }
  }
  state->preparations_.resize(program.num_dynamic);
  for (const Segment& segment : program.segments) state->recordings_.emplace_back(program, segment);
  return state;
}

// One run of a program over a state.
class Executor {
 public:
  // `prefetched` has copies of the feeds, or is nullptr.
  Executor(const Program& program, const KernelRegistry& kernels, ExecutionState& state,
           RunState& run, const Prefetcher::Feeds* prefetched, StepObserver* observer)
      : program_(program),
        kernels_(kernels),
        state_(state),
        run_(run),
        prefetched_(prefetched),
        observer_(observer),
        slots_(state.slots_.data()),
        arena_data_(state.arena_data_.data()) {}

  absl::Status Run(absl::Span<const Tensor> feeds, absl::Span<Tensor> results) {
    try {
      return RunSteps(feeds, results);
    } catch (const std::bad_alloc&) {  // From a container or a library; tensors' memory is checked.
      return ResourceExhausted(run_.node == nullptr ? "" : run_.node->Description() + ": ",
                               "the process has no memory left");
    }
  }

  // Waits until the devices have done what they were given.
  absl::Status Synchronize() {
    absl::Status status;
    for (uint8_t d : program_.devices) status.Update(run_.devices[d]->Synchronize());
    return status;
  }

  void ClearRunSlots(bool all) {
    if (all) {
      for (size_t i = 0; i < program_.slots.size(); ++i) {
        if (program_.slots[i].kind == SlotKind::kRun) slots_[i] = Tensor();
      }
      return;
    }
    for (uint32_t slot : program_.run_slots_to_clear) slots_[slot] = Tensor();
  }

 private:
  absl::Status RunSteps(absl::Span<const Tensor> feeds, absl::Span<Tensor> results) {
    for (size_t i = 0; i < feeds.size(); ++i) slots_[program_.feeds[i]] = feeds[i];
    if (run_.interruptible()) RETURN_IF_ERROR(run_.Check());
    const std::vector<Segment>& segments = program_.segments;
    // Who watches the steps sees each of them.
    const bool in_segments = run_.use_recordings && observer_ == nullptr;
    auto segment = in_segments ? segments.begin() : segments.end();
    uint32_t next = 0;
    for (; segment != segments.end(); ++segment) {
      RETURN_IF_ERROR(RunRange(next, segment->first_step, nullptr));
      RETURN_IF_ERROR(RunSegment(*segment));
      next = segment->first_step + segment->num_steps;
    }
    RETURN_IF_ERROR(RunRange(next, static_cast<uint32_t>(program_.steps.size()), nullptr));
    for (size_t i = 0; i < results.size(); ++i) {
      RETURN_IF_ERROR(Fetch(program_.fetches[i], &results[i]));
    }
    // Devices may have been at work until now.
    return run_.interruptible() && !program_.devices.empty() ? run_.Check() : absl::OkStatus();
  }

  absl::Status RunSegment(const Segment& segment) {
    SegmentRecording& recording = state_.recordings_[&segment - program_.segments.data()];
    if (recording.Launch(slots_)) {
      return run_.interruptible() ? run_.Check() : absl::OkStatus();
    }
    const absl::Cleanup abandon = [&recording] { recording.Abandon(); };
    recording.Begin(*run_.devices[segment.device], slots_);
    const uint32_t begin = segment.first_step;
    RETURN_IF_ERROR(RunRange(begin, begin + segment.num_steps, &recording));
    recording.End(slots_);
    return absl::OkStatus();
  }

  // Runs the steps [begin, end) one by one, for a recording too if there is one. In line, so that
  // the loop over the steps of the host is in the call of RunSteps, and without the recording.
  ABSL_ATTRIBUTE_ALWAYS_INLINE absl::Status RunRange(uint32_t begin, uint32_t end,
                                                     SegmentRecording* recording) {
    StepObserver* const observer = observer_;
    const bool interruptible = run_.interruptible(), on_devices = run_.devices.size() > 1;
    for (const Step& step : absl::MakeSpan(program_.steps).subspan(begin, end - begin)) {
      if (observer != nullptr) observer->BeforeStep(step);
      run_.node = step.node;
      if (on_devices) run_.device = run_.devices[step.device];
      run_.may_stop = interruptible && step.is_pure;
      const absl::Status status =
          step.kind == StepKind::kPrepared ? RunPrepared(step) : RunOther(step);
      if (observer != nullptr) observer->AfterStep(step);
      if (interruptible) RETURN_IF_ERROR(run_.Check());
      if (!status.ok()) return Explained(step, status);
      if (recording != nullptr) {
        recording->Add(step, run_, [this, &step] { return RunRecorded(step); });
      }
      for (uint32_t i = 0; i < step.num_releases; ++i) {
        slots_[program_.releases[step.first_release + i]] = Tensor();
      }
    }
    return absl::OkStatus();
  }

  // With the node, and, when a device has no memory left, with who holds it.
  absl::Status Explained(const Step& step, const absl::Status& status) const {
    const absl::Status named = Annotate(status, absl::StrCat(run_.node->Description(), ": "));
    const bool is_devices = absl::IsResourceExhausted(status) && step.device != 0 &&
                            absl::StrContains(status.message(), run_.device->name());
    if (!is_devices) return named;
    return absl::Status(named.code(),
                        absl::StrCat(named.message(), "; the program's tensors take ",
                                     program_.arena_bytes[step.device], " bytes",
                                     MemoryReport(program_, step.device, *run_.device)));
  }

  const uint32_t* inputs(const Step& step) const { return &program_.args[step.first_arg]; }
  const uint32_t* outputs(const Step& step) const { return inputs(step) + step.num_inputs; }

  absl::Status RunPrepared(const Step& step) {
    KernelRun run(slots_, program_.args.data() + step.first_arg,
                  program_.args.data() + step.first_arg + step.num_inputs,
                  arena_data_[step.device] + step.workspace, &run_);
    return step.fn(run);
  }

  // A step that may be part of a recording.
  absl::Status RunRecorded(const Step& step) {
    return step.kind == StepKind::kGroup ? RunGroup(step) : RunPrepared(step);
  }

  absl::Status RunGroup(const Step& step) {
    const StepGroup& group = program_.groups[step.index];
    const uint32_t* const args = program_.args.data();
    absl::InlinedVector<KernelRun, 16> runs;
    for (const StepGroup::Part& part : group.parts) {
      runs.emplace_back(slots_, args + part.first_input, args + part.first_output, nullptr, &run_);
    }
    const absl::Status status = group.fn(absl::MakeSpan(runs));
    if (!absl::IsInvalidArgument(status) && !absl::IsFailedPrecondition(status)) return status;
    for (size_t i = 0; i < runs.size(); ++i) {
      run_.node = group.parts[i].node;
      RETURN_IF_ERROR(group.fn(absl::MakeSpan(&runs[i], 1)));
    }
    return absl::OkStatus();
  }

  absl::Status RunOther(const Step& step) {
    if (step.kind == StepKind::kDynamic) return RunDynamic(step);
    if (step.kind == StepKind::kGroup) return RunGroup(step);
    if (prefetched_ == nullptr) return RunPrepared(step);
    return prefetched_->inlets[step.index]->Take(slots_[*outputs(step)].mutable_raw_data());
  }

  absl::Status RunDynamic(const Step& step) {
    ExecutionState::Preparation& p = state_.preparations_[step.index];
    if (!IsCurrent(step, p)) {
      absl::Status status = Prepare(step, step.device, &p);
      if (absl::IsUnimplemented(status) && step.may_move) status = Prepare(step, 0, &p);
      RETURN_IF_ERROR(status);
    }
    if (p.device != step.device) return RunOnHost(step, p);
    return RunWith(step, p, slots_, inputs(step));
  }

  // Runs a step of another device with the host's kernel, on copies.
  absl::Status RunOnHost(const Step& step, ExecutionState::Preparation& p) {
    std::vector<Tensor> tensors(step.num_inputs + step.num_outputs);
    std::vector<uint32_t> numbers(tensors.size());
    for (uint32_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    for (uint32_t i = 0; i < step.num_inputs; ++i) {
      ASSIGN_OR_RETURN(tensors[i], slots_[inputs(step)[i]].OnHost());
    }
    Device* const device = std::exchange(run_.device, run_.devices[0]);
    const absl::Status status = RunWith(step, p, tensors.data(), numbers.data());
    run_.device = device;
    RETURN_IF_ERROR(status);
    for (uint32_t i = 0; i < step.num_outputs; ++i) {
      Tensor& out = tensors[step.num_inputs + i];
      if (IsPlainType(out.dtype())) {
        ASSIGN_OR_RETURN(out, out.Clone(device->allocator()));
      }
      slots_[outputs(step)[i]] = std::move(out);
    }
    return absl::OkStatus();
  }

  // Runs a prepared step over slots[args...].
  absl::Status RunWith(const Step& step, ExecutionState::Preparation& p, Tensor* slots,
                       const uint32_t* args) {
    for (uint32_t i = 0; i < step.num_outputs; ++i) {
      const KernelPrepare::OutputInfo& out = p.outputs[i];
      Tensor& slot = slots[args[step.num_inputs + i]];
      if (out.alias >= 0) {
        slot = slots[args[out.alias]].Reinterpreted(out.dtype, out.shape);
        // The plan of the arena does not know of this alias: the memory may soon be another's.
        if (program_.slots[inputs(step)[out.alias]].kind == SlotKind::kArena) {
          ASSIGN_OR_RETURN(slot, slot.Clone(run_.device->allocator()));
        }
      } else if (out.sized && !out.provided) {
        ASSIGN_OR_RETURN(slot, Tensor::Make(out.dtype, out.shape, run_.device->allocator()));
      }
    }
    if (p.fn == nullptr) return absl::OkStatus();
    KernelRun run(slots, args, args + step.num_inputs, p.workspace.mutable_raw_data(), &run_);
    return p.fn(run);
  }

  bool IsCurrent(const Step& step, const ExecutionState::Preparation& p) const {
    if (!p.valid) return false;
    for (uint32_t i = 0; i < step.num_inputs; ++i) {
      if (slots_[inputs(step)[i]].shape() != p.input_shapes[i]) return false;
    }
    for (size_t i = 0; i < p.values.size(); ++i) {
      const absl::StatusOr<Tensor> value = slots_[inputs(step)[p.values_used[i]]].OnHost();
      if (!value.ok() || !SameValue(*value, p.values[i])) return false;
    }
    return true;
  }

  absl::Status Prepare(const Step& step, uint8_t device, ExecutionState::Preparation* p) const {
    *p = ExecutionState::Preparation();
    p->device = device;
    std::vector<KernelPrepare::InputInfo> infos;
    for (uint32_t i = 0; i < step.num_inputs; ++i) {
      const Tensor& in = slots_[inputs(step)[i]];
      infos.push_back({in.shape(), in.dtype(), &in});
      p->input_shapes.push_back(in.shape());
    }
    KernelPrepare k(*step.node, std::move(infos), run_.resources, run_.devices, device);
    RETURN_IF_ERROR(kernels_.Prepare(k));
    p->values_used = k.values_used();
    for (int i : p->values_used) {
      ASSIGN_OR_RETURN(Tensor value, slots_[inputs(step)[i]].Clone());
      p->values.push_back(std::move(value));
    }
    for (int i = 0; i < k.num_outputs(); ++i) p->outputs.push_back(k.Out(i));
    ASSIGN_OR_RETURN(p->workspace,
                     Tensor::Make(DT_UINT8, Shape({static_cast<int64_t>(k.workspace_bytes())}),
                                  run_.devices[device]->allocator()));
    p->fn = std::move(k.fn());
    p->valid = true;
    return absl::OkStatus();
  }

  // Hands a tensor out: copied unless it is the run's own and nobody else's.
  absl::Status Fetch(uint32_t slot, Tensor* result) {
    Tensor& tensor = slots_[slot];
    if (!tensor.initialized()) return Internal("a fetched tensor has no value");
    const bool fits = result->initialized() && result->UniquelyOwned() &&
                      result->dtype() == tensor.dtype() && result->shape() == tensor.shape();
    if (fits) {
      return CopyTensor(tensor, *result);
    }
    const bool own = program_.slots[slot].kind == SlotKind::kRun && tensor.UniquelyOwned() &&
                     tensor.device_memory() == nullptr && !tensor.buffer()->transient();
    if (own) {
      *result = tensor;
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(*result, tensor.Clone(run_.devices[0]->allocator()));
    return absl::OkStatus();
  }

  const Program& program_;
  const KernelRegistry& kernels_;
  ExecutionState& state_;
  RunState& run_;
  const Prefetcher::Feeds* const prefetched_;
  StepObserver* const observer_;
  Tensor* const slots_;
  char* const* const arena_data_;
};

ProgramRunner::~ProgramRunner() { delete spare_.exchange(nullptr); }

absl::StatusOr<std::unique_ptr<ExecutionState>> ProgramRunner::TakeState() {
  if (ExecutionState* state = spare_.exchange(nullptr, std::memory_order_acquire)) {
    return std::unique_ptr<ExecutionState>(state);
  }
  {
    MutexLock lock(mu_);
    if (!spares_.empty()) {
      std::unique_ptr<ExecutionState> state = std::move(spares_.back());
      spares_.pop_back();
      return state;
    }
  }
  return ExecutionState::Make(program_, devices_);
}

void ProgramRunner::ReturnState(std::unique_ptr<ExecutionState> state) {
  ExecutionState* expected = nullptr;
  if (spare_.compare_exchange_strong(expected, state.get(), std::memory_order_release,
                                     std::memory_order_relaxed)) {
    [[maybe_unused]] const ExecutionState* spare = state.release();
    return;
  }
  MutexLock lock(mu_);
  spares_.push_back(std::move(state));
}

absl::Status ProgramRunner::Run(absl::Span<const Tensor> feeds, absl::Span<Tensor> results,
                                RunState& run, StepObserver* observer) {
  // First, so that they do not outlive a call that fails, and a later one with the same buffers.
  std::unique_ptr<Prefetcher::Feeds> prefetched;
  if (!program_.feed_copies.empty()) prefetched = prefetcher_.Take(feeds);
  ASSIGN_OR_RETURN(std::unique_ptr<ExecutionState> state, TakeState());
  Executor executor(program_, kernels_, *state, run, prefetched.get(), observer);
  absl::Status status = executor.Run(feeds, results);
  if (!status.ok()) {  // The next run is not to meet what this one has left.
    const absl::Status left = executor.Synchronize();
    if (!left.ok()) {
      status = absl::Status(status.code(), absl::StrCat(status.message(), "; ", left.message()));
    }
    run.has_waited = true;
  }
  executor.ClearRunSlots(/*all=*/!status.ok());
  ReturnState(std::move(state));
  if (prefetched != nullptr) prefetcher_.GiveBack(std::move(prefetched));
  return status;
}

}  // namespace weir
