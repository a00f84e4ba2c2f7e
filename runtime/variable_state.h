#ifndef WEIR_RUNTIME_VARIABLE_STATE_H_
#define WEIR_RUNTIME_VARIABLE_STATE_H_

#include <atomic>

#include "absl/functional/function_ref.h"
#include "weir/core/mutex.h"
#include "weir/core/tensor.h"

namespace weir {

// The storage of a variable, of either kind: reference variables are the same object behind a
// reference output.
//
// Thread rule: every call is atomic. A value that was read never changes afterwards: an update
// writes in place only when no reader still holds the buffer, and into a fresh copy otherwise.
class Variable final : public Resource {
 public:
  // `shape` is the declared shape; values must be compatible with it. They are kept in `memory`,
  // which outlives the variable, or on the host.
  Variable(std::string name, DataType dtype, PartialShape shape, DeviceMemory* memory = nullptr)
      : name_(std::move(name)), dtype_(dtype), shape_(std::move(shape)), memory_(memory) {}

  const char* type_name() const override { return "Variable"; }
  const std::string& name() const { return name_; }
  DataType dtype() const { return dtype_; }
  const PartialShape& declared_shape() const { return shape_; }

  bool IsInitialized() const;
  // FailedPrecondition "Attempting to use uninitialized value %" before the first assignment.
  absl::StatusOr<Tensor> Read() const;
  // The same, once the value is in `memory`, where it stays.
  absl::StatusOr<Tensor> ReadIn(DeviceMemory* memory);
  // Takes the tensor as the value, sharing its buffer if it is in the variable's memory.
  // InvalidArgument for another dtype or a shape that the declared one does not allow.
  absl::Status Assign(Tensor value);
  // The same for a value of any shape (validate_shape=false).
  absl::Status AssignAnyShape(Tensor value);
  // The same for a value of the present value's shape, which need not be the declared one; before
  // the first assignment, of the declared one.
  absl::Status AssignSameShape(Tensor value);
  // Calls `update` with a buffer in `memory`, where the value stays, that nobody else sees.
  // FailedPrecondition before the first assignment; the update's error is returned.
  absl::Status Update(DeviceMemory* memory, absl::FunctionRef<absl::Status(Tensor&)> update);
  // Forgets the value.
  void Reset();
  // Keeps the value there from now on. On an error it stays where it was.
  absl::Status MoveTo(DeviceMemory* memory);
  // Where that is; nullptr: on the host.
  DeviceMemory* memory() const { return memory_.load(std::memory_order_relaxed); }

  // Tells its buffers apart: a number that no earlier one had.
  int64_t generation() const;

  // What is expected of a variable.
  struct Unchanged {
    Variable* variable = nullptr;
    int64_t generation = 0;
    // How many others may share the buffer.
    int64_t shares = 0;
    const Tensor* value = nullptr;  // Set for the time of `use`.
  };
  // Calls `use` while nobody else has a call of these variables, provided that all are as expected,
  // and returns what it answers. Otherwise Aborted when one has another buffer, or else Unavailable
  // when one has too many shares. REQUIRES: no variable is there twice, and they are in the order
  // of their addresses.
  static absl::Status UseUnchanged(absl::Span<Unchanged> variables,
                                   absl::FunctionRef<absl::Status()> use);

  // For ops that update several variables at once (an optimizer's slots): locks in address order,
  // makes each buffer private, in `memory`, calls `update` with the tensors in the order given.
  static absl::Status UpdateAll(absl::Span<Variable* const> variables, DeviceMemory* memory,
                                absl::FunctionRef<absl::Status(absl::Span<Tensor* const>)> update);

 private:
  absl::Status CheckShape(const PartialShape& want, const Tensor& value) const;
  absl::Status Store(Tensor value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status PutInto(DeviceMemory* memory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status MakePrivate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetValue(Tensor value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string name_;
  const DataType dtype_;
  const PartialShape shape_;
  mutable Mutex mu_;
  std::atomic<DeviceMemory*> memory_;  // Changes under mu_ alone.
  Tensor value_ ABSL_GUARDED_BY(mu_);
  int64_t generation_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_VARIABLE_STATE_H_
