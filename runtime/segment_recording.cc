#include "weir/runtime/segment_recording.h"

#include <algorithm>
#include <limits>

#include "absl/cleanup/cleanup.h"

namespace weir {
namespace {

constexpr int kMostAttempts = 3;

// What tells a value of a slot from another: its memory, or the object behind its handle.
const void* Identity(const Tensor& tensor) {
  const bool is_handle = tensor.dtype() == DT_RESOURCE && tensor.num_elements() == 1;
  if (is_handle) return tensor.data<ResourceHandle>()->object.get();
  return tensor.raw_data();
}

}  // namespace

bool SegmentRecording::Launch(Tensor* slots) {
  is_busy_ = false;
  if (recording_ == nullptr) return false;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (Identity(slots[segment_.inputs[i]]) != inputs_[i]) return false;
  }
  const absl::Status status = Variable::UseUnchanged(absl::MakeSpan(variables_), [&] {
    if (absl::Status launched = recording_->Launch(); !launched.ok()) return launched;
    for (const Output& out : outputs_) {
      slots[out.slot] = out.variable < 0 ? out.tensor
                                         : Tensor::View(out.tensor.dtype(), out.tensor.shape(),
                                                        variables_[out.variable].value->buffer(),
                                                        const_cast<char*>(out.tensor.raw_data()));
    }
    return absl::OkStatus();
  });
  is_busy_ = absl::IsUnavailable(status);
  if (!status.ok()) return false;
  attempts_ = 0;
  for (uint32_t slot : segment_.releases) slots[slot] = Tensor();
  return true;
}

void SegmentRecording::Begin(Device& device, const Tensor* slots) {
  const bool was_warm = std::exchange(is_warm_, true);
  // An update of what others read goes into another buffer, which no recording follows.
  if (!was_warm || is_busy_ || attempts_ >= kMostAttempts) return;
  ++attempts_;
  recording_ = nullptr;
  inputs_.clear();
  releases_.clear();
  uses_.clear();
  updated_.clear();
  absl::StatusOr<std::unique_ptr<Recorder>> recorder = device.StartRecording();
  if (!recorder.ok()) return;
  recorder_ = *std::move(recorder);
  for (uint32_t slot : segment_.inputs) inputs_.push_back(Identity(slots[slot]));
  for (uint32_t slot : segment_.releases) releases_.push_back(slots[slot].buffer().get());
}

bool SegmentRecording::IsUpdate(const Step& step) const {
  if (step.record != RecordKind::kWithVariables) return false;
  const Slot* out = step.num_outputs == 1
                        ? &program_.slots[program_.args[step.first_arg + step.num_inputs]]
                        : nullptr;
  // What hands a value out as it is has read it.
  return out == nullptr || out->kind != SlotKind::kRun || !IsPlainType(out->dtype);
}

void SegmentRecording::Add(const Step& step, RunState& run,
                           absl::FunctionRef<absl::Status()> enqueue) {
  if (recorder_ == nullptr) return;
  const size_t before = uses_.size();
  run.variable_uses = &uses_;
  const absl::Cleanup stop = [&run] { run.variable_uses = nullptr; };
  const absl::Status status = recorder_->Record(enqueue);
  const bool known = step.record == RecordKind::kAlways || uses_.size() > before;
  if (!status.ok() || !known) return Abandon();
  if (!IsUpdate(step)) return;
  for (size_t i = before; i < uses_.size(); ++i) {
    updated_.push_back(static_cast<Variable*>(uses_[i].variable.get()));
  }
}

// False when a variable was in several buffers meanwhile.
bool SegmentRecording::CollectVariables() {
  variables_.clear();
  for (const RunState::VariableUse& use : uses_) {
    variables_.push_back({.variable = static_cast<Variable*>(use.variable.get()),
                          .generation = use.generation,
                          .shares = std::numeric_limits<int32_t>::max()});
  }
  std::sort(variables_.begin(), variables_.end(), [](const auto& a, const auto& b) {
    return std::less<>()(a.variable, b.variable) ||
           (a.variable == b.variable && a.generation < b.generation);
  });
  const auto is_same = [](const auto& a, const auto& b) {
    return a.variable == b.variable && a.generation == b.generation;
  };
  variables_.erase(std::unique(variables_.begin(), variables_.end(), is_same), variables_.end());
  return std::adjacent_find(variables_.begin(), variables_.end(), [](const auto& a, const auto& b) {
           return a.variable == b.variable;
         }) == variables_.end();
}

// While the variables are held.
absl::Status SegmentRecording::CollectOutputs(const Tensor* slots) {
  outputs_.clear();
  for (uint32_t slot : segment_.outputs) {
    const Tensor& tensor = slots[slot];
    if (tensor.dtype() == DT_RESOURCE) {
      outputs_.push_back({slot, tensor});
      continue;
    }
    const auto owner = std::find_if(variables_.begin(), variables_.end(), [&tensor](const auto& v) {
      return v.value->SharesBufferWith(tensor);
    });
    if (owner == variables_.end()) return Unimplemented("a value that comes from elsewhere");
    Tensor view =
        Tensor::View(tensor.dtype(), tensor.shape(), nullptr, const_cast<char*>(tensor.raw_data()));
    outputs_.push_back({slot, std::move(view), static_cast<int>(owner - variables_.begin())});
  }
  for (Variable::Unchanged& v : variables_) {
    if (v.value->device_memory() == nullptr) return Unimplemented("a variable of the host");
    if (std::find(updated_.begin(), updated_.end(), v.variable) == updated_.end()) continue;
    v.shares = std::count(releases_.begin(), releases_.end(), v.value->buffer().get());
  }
  return absl::OkStatus();
}

void SegmentRecording::End(const Tensor* slots) {
  const std::unique_ptr<Recorder> recorder = std::move(recorder_);
  if (recorder == nullptr || !CollectVariables()) return;
  const absl::Status status =
      Variable::UseUnchanged(absl::MakeSpan(variables_), [&] { return CollectOutputs(slots); });
  if (!status.ok()) return;
  absl::StatusOr<std::unique_ptr<Recording>> recording = recorder->Finish();
  if (recording.ok()) recording_ = *std::move(recording);
}

}  // namespace weir
