#include "weir/runtime/kernel.h"

#include <algorithm>
#include <cmath>

#include "weir/core/thread_pool.h"
#include "weir/graph/graph.h"
#include "weir/runtime/device.h"
#include "weir/runtime/resource_store.h"
#include "weir/runtime/run_state.h"
#include "weir/runtime/variable_state.h"

namespace weir {

absl::Status KernelRun::AllocateOutput(int i, DataType dtype, const Shape& shape) {
  ASSIGN_OR_RETURN(Out(i), Tensor::Make(dtype, shape, allocator()));
  return absl::OkStatus();
}

void KernelRun::ParallelFor(int64_t n, double cost,
                            absl::FunctionRef<void(int64_t, int64_t)> fn) const {
  if (n <= 0) return;
  // About ten microseconds of work: well above the price of handing a block to a thread.
  constexpr double kBlockCost = 32768;
  const double units = std::max(1.0, std::ceil(kBlockCost / std::max(cost, 0.25)));
  const int64_t block = units >= static_cast<double>(n) ? n : static_cast<int64_t>(units);
  if (block == n) return fn(0, n);
  if (!state_->may_stop) return RunBlocks(n, block, fn);
  // What a run that is over leaves out nobody sees: the executor asks again after the step.
  RunBlocks(n, block, [&](int64_t begin, int64_t end) {
    for (; begin < end && !cancelled(); begin += block) fn(begin, std::min(end, begin + block));
  });
}

void KernelRun::RunBlocks(int64_t n, int64_t block,
                          absl::FunctionRef<void(int64_t, int64_t)> fn) const {
  if (state_->pool != nullptr) return state_->pool->ParallelFor(n, block, fn);
  for (int64_t begin = 0; begin < n; begin += block) fn(begin, std::min(n, begin + block));
}

absl::StatusOr<Variable*> KernelRun::GetVariable(int i) const {
  const Tensor& handle = In(i);
  if (handle.dtype() == DT_RESOURCE && handle.num_elements() == 1) {
    auto* variable = dynamic_cast<Variable*>(handle.data<ResourceHandle>()->object.get());
    if (variable != nullptr) {
      if (state_->variable_uses != nullptr) {
        state_->variable_uses->push_back(
            {handle.data<ResourceHandle>()->object, variable->generation()});
      }
      return variable;
    }
  }
  return InvalidArgument("input ", i, " is not a handle of a variable");
}

bool KernelRun::cancelled() const { return state_->cancelled(); }
Env& KernelRun::env() const { return *state_->env; }
ResourceStore& KernelRun::resources() const { return *state_->resources; }
Device& KernelRun::device() const { return *state_->device; }
Allocator& KernelRun::allocator() const { return state_->device->allocator(); }
DeviceMemory* KernelRun::memory() const { return allocator().device_memory(); }
const std::string& KernelRun::node_name() const { return state_->node->name(); }

KernelPrepare::KernelPrepare(const Node& node, std::vector<InputInfo> inputs,
                             ResourceStore* resources, absl::Span<Device* const> devices,
                             uint8_t device)
    : node_(&node),
      attrs_(&node.attrs()),
      inputs_(std::move(inputs)),
      outputs_(node.num_outputs()),
      resources_(resources),
      devices_(devices),
      device_(device) {
  for (int i = 0; i < node.num_outputs(); ++i) {
    outputs_[i].dtype = IsRefType(node.output_type(i)) ? DT_RESOURCE : node.output_type(i);
  }
}

Allocator& KernelPrepare::host() const { return devices_[0]->allocator(); }

absl::StatusOr<Tensor> KernelPrepare::Value(int i) {
  if (std::find(values_used_.begin(), values_used_.end(), i) == values_used_.end()) {
    values_used_.push_back(i);
  }
  if (inputs_[i].value != nullptr) return inputs_[i].value->OnHost();
  needs_value_ = true;
  return FailedPrecondition("the value of input ", i, " is not known yet");
}

absl::StatusOr<int64_t> KernelPrepare::IntValue(int i) {
  ASSIGN_OR_RETURN(const Tensor value, Value(i));
  return IntScalar(value, absl::StrCat("input ", i));
}

absl::StatusOr<Dims> KernelPrepare::IntValues(int i) {
  ASSIGN_OR_RETURN(const Tensor value, Value(i));
  return IntVector(value, absl::StrCat("input ", i));
}

absl::StatusOr<Shape> KernelPrepare::ShapeValue(int i) {
  ASSIGN_OR_RETURN(const Tensor value, Value(i));
  return ShapeFromTensor(value, absl::StrCat("input ", i));
}

size_t KernelPrepare::Workspace(size_t bytes) {
  const size_t offset = workspace_bytes_;
  workspace_bytes_ +=
      (bytes + Allocator::kAlignment - 1) / Allocator::kAlignment * Allocator::kAlignment;
  return offset;
}

std::shared_ptr<Resource> KernelPrepare::NodeStateImpl(
    const std::function<std::shared_ptr<Resource>()>& make) {
  // What a state is depends on the device, to which nodes that were added later may move the node.
  return resources_->FindOrCreate(absl::StrCat("_node_state ", device().name()), node_->name(),
                                  make);
}

absl::Status KernelPrepare::InvalidInput(int i, absl::string_view what) const {
  const OpSpec& op = node_->op();
  const std::string name = i < static_cast<int>(op.inputs.size()) && op.inputs[i].number_attr < 0
                               ? absl::StrCat(" ('", op.inputs[i].name, "')")
                               : "";
  return InvalidArgument("input ", i, name, " ", what, ", but has shape ",
                         inputs_[i].shape().ToString());
}

void KernelRegistry::Add(absl::string_view op, absl::string_view device_type, PrepareFn prepare,
                         absl::string_view name) {
  kernels_[absl::StrCat(device_type, "/", op)].push_back({std::string(name), std::move(prepare)});
}

absl::Span<const Kernel> KernelRegistry::Find(absl::string_view op,
                                              absl::string_view device_type) const {
  auto it = kernels_.find(absl::StrCat(device_type, "/", op));
  if (it == kernels_.end()) it = kernels_.find(absl::StrCat(kAnyDevice, "/", op));
  if (it == kernels_.end()) return {};
  return it->second;
}

absl::Status KernelRegistry::Prepare(KernelPrepare& k) const {
  const std::string& device_type = k.device().type();
  std::string reasons;
  const KernelPrepare fresh = k;
  for (const Kernel& kernel : Find(k.node().op().name, device_type)) {
    k = fresh;
    absl::Status status = kernel.prepare(k);
    if (!absl::IsUnimplemented(status)) return status;
    absl::StrAppend(&reasons, reasons.empty() ? "" : "; ", kernel.name, ": ", status.message());
  }
  if (reasons.empty()) reasons = absl::StrCat("there is no kernel for ", device_type);
  return absl::UnimplementedError(reasons);
}

}  // namespace weir
