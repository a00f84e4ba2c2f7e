#include "weir/runtime/variable_state.h"

#include <algorithm>

#include "weir/core/device_memory.h"

namespace weir {
namespace {

absl::Status Uninitialized(const std::string& name) {
  return FailedPrecondition("Attempting to use uninitialized value ", name);
}

// True when nobody else holds the buffer. Drops a share of it besides: that acquires, in a way that
// the thread sanitizer follows too, what others did before they dropped theirs.
bool IsAlone(const Tensor& value) {
  if (!value.UniquelyOwned()) return false;
  std::shared_ptr<Buffer>(value.buffer()).reset();
  return true;
}

Allocator& AllocatorOf(DeviceMemory* memory) {
  return memory != nullptr ? static_cast<Allocator&>(*memory) : HeapAllocator();
}

}  // namespace

bool Variable::IsInitialized() const {
  MutexLock lock(mu_);
  return value_.initialized();
}

absl::StatusOr<Tensor> Variable::Read() const {
  MutexLock lock(mu_);
  if (!value_.initialized()) return Uninitialized(name_);
  return value_;
}

absl::StatusOr<Tensor> Variable::ReadIn(DeviceMemory* memory) {
  MutexLock lock(mu_);
  if (!value_.initialized()) return Uninitialized(name_);
  RETURN_IF_ERROR(PutInto(memory));
  return value_;
}

absl::Status Variable::Assign(Tensor value) {
  RETURN_IF_ERROR(CheckShape(shape_, value));
  return AssignAnyShape(std::move(value));
}

absl::Status Variable::AssignSameShape(Tensor value) {
  MutexLock lock(mu_);
  RETURN_IF_ERROR(CheckShape(value_.initialized() ? PartialShape(value_.shape()) : shape_, value));
  return Store(std::move(value));
}

absl::Status Variable::AssignAnyShape(Tensor value) {
  MutexLock lock(mu_);
  return Store(std::move(value));
}

absl::Status Variable::CheckShape(const PartialShape& want, const Tensor& value) const {
  if (want.IsCompatibleWith(value.shape())) return absl::OkStatus();
  return InvalidArgument("Assign requires shapes of both tensors to match. lhs shape= ",
                         want.ToString(), " rhs shape= ", value.shape().ToString());
}

absl::Status Variable::Store(Tensor value) {
  if (value.dtype() != dtype_) {
    return InvalidArgument("Trying to assign variable with wrong dtype. Expected ",
                           DataTypeName(dtype_), " got ", DataTypeName(value.dtype()));
  }
  const bool stays = value.device_memory() == memory() && !value.buffer()->transient();
  // A value of the size it had goes into the buffer it had: a steady program allocates nothing.
  if (!stays && value_.initialized() && IsAlone(value_) && value_.shape() == value.shape()) {
    return CopyTensor(value, value_);
  }
  if (!stays) {
    Allocator& here =
        value.device_memory() == memory() ? value.buffer()->allocator() : AllocatorOf(memory());
    ASSIGN_OR_RETURN(value, value.Clone(here));
  }
  SetValue(std::move(value));
  return absl::OkStatus();
}

void Variable::SetValue(Tensor value) {
  value_ = std::move(value);
  ++generation_;
}

int64_t Variable::generation() const {
  MutexLock lock(mu_);
  return generation_;
}

absl::Status Variable::MoveTo(DeviceMemory* memory) {
  MutexLock lock(mu_);
  return PutInto(memory);
}

absl::Status Variable::PutInto(DeviceMemory* memory) {
  if (memory == memory_) return absl::OkStatus();
  if (value_.initialized()) {
    ASSIGN_OR_RETURN(Tensor moved, value_.Clone(AllocatorOf(memory)));
    SetValue(std::move(moved));
  }
  memory_ = memory;  // Now that the value is there.
  return absl::OkStatus();
}

absl::Status Variable::MakePrivate() {
  if (!value_.initialized()) return Uninitialized(name_);
  if (IsAlone(value_)) return absl::OkStatus();
  ASSIGN_OR_RETURN(Tensor own, value_.Clone(value_.buffer()->allocator()));
  SetValue(std::move(own));
  return absl::OkStatus();
}

absl::Status Variable::Update(DeviceMemory* memory,
                              absl::FunctionRef<absl::Status(Tensor&)> update) {
  MutexLock lock(mu_);
  RETURN_IF_ERROR(PutInto(memory));
  RETURN_IF_ERROR(MakePrivate());
  const char* const before = value_.raw_data();
  const absl::Status status = update(value_);
  if (value_.raw_data() != before) ++generation_;
  return status;
}

void Variable::Reset() {
  MutexLock lock(mu_);
  SetValue(Tensor());
}

// The set of locks is known only at run time, which the static analysis cannot follow.
absl::Status Variable::UpdateAll(absl::Span<Variable* const> variables, DeviceMemory* memory,
                                 absl::FunctionRef<absl::Status(absl::Span<Tensor* const>)> update)
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
  absl::InlinedVector<Variable*, 4> order(variables.begin(), variables.end());
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  for (Variable* v : order) v->mu_.Lock();
  absl::Status status;
  for (Variable* v : order) {
    if (status.ok()) status = v->PutInto(memory);
    if (status.ok()) status = v->MakePrivate();
  }
  if (status.ok()) {
    absl::InlinedVector<Tensor*, 4> tensors;
    absl::InlinedVector<const char*, 4> before;
    for (Variable* v : variables) tensors.push_back(&v->value_);
    for (const Variable* v : order) before.push_back(v->value_.raw_data());
    status = update(tensors);
    for (size_t i = 0; i < order.size(); ++i) {
      if (order[i]->value_.raw_data() != before[i]) ++order[i]->generation_;
    }
  }
  for (Variable* v : order) v->mu_.Unlock();
  return status;
}

absl::Status Variable::UseUnchanged(absl::Span<Unchanged> variables,
                                    absl::FunctionRef<absl::Status()> use)
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
  bool same = true, free = true;
  for (Unchanged& v : variables) {
    v.variable->mu_.Lock();
    v.value = &v.variable->value_;
    same = same && v.variable->generation_ == v.generation && v.value->initialized();
    free = free && v.value->buffer().use_count() <= 1 + v.shares;
  }
  // What others read before they let go of a buffer comes before what `use` writes.
  std::atomic_thread_fence(std::memory_order_acquire);
  absl::Status status;
  if (!same) {
    status = absl::AbortedError("a variable is in another buffer");
  } else if (!free) {
    status = absl::UnavailableError("others read a variable");
  } else {
    status = use();
  }
  for (const Unchanged& v : variables) v.variable->mu_.Unlock();
  return status;
}

}  // namespace weir
