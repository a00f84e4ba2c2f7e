#include "weir/kernels/cpu/variable_util.h"

namespace weir {

absl::Status UninitializedVariable(const KernelRun& r, int i, bool is_reference) {
  const ResourceHandle& handle = *r.In<ResourceHandle>(i);
  if (is_reference) {
    return FailedPrecondition("Attempting to use uninitialized value ", handle.name);
  }
  const std::string container = handle.container.empty() ? "localhost" : handle.container;
  return FailedPrecondition(
      "Error while reading resource variable ", handle.name, " from Container: ", container,
      ". This could mean that the variable was uninitialized. Not found: Resource ", container, "/",
      handle.name, "/N10tensorflow3VarE does not exist.");
}

absl::StatusOr<Variable*> InitializedVariable(const KernelRun& r, int i, DataType dtype,
                                              bool is_reference) {
  ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(i));
  if (variable->dtype() != dtype) {
    return InvalidArgument("input ", i, " is the variable ", variable->name(), " of type ",
                           DataTypeName(variable->dtype()), ", but must be ", DataTypeName(dtype));
  }
  if (!variable->IsInitialized()) return UninitializedVariable(r, i, is_reference);
  return variable;
}

absl::Status UpdateVariable(const KernelRun& r, DataType dtype, bool is_reference,
                            absl::FunctionRef<absl::Status(Tensor&, const Tensor&)> update) {
  ASSIGN_OR_RETURN(Variable* const variable, InitializedVariable(r, 0, dtype, is_reference));
  const Tensor& value = r.In(1);
  return variable->Update(r.memory(), [&](Tensor& t) -> absl::Status {
    if (t.shape() == value.shape()) return update(t, value);
    return InvalidArgument("Cannot update variable with shape ", t.shape().ToString(),
                           " using a Tensor with shape ", value.shape().ToString(),
                           ", shapes must be equal.");
  });
}

PartialShape DeclaredVariableShape(const KernelPrepare& k, int i) {
  const KernelPrepare::InputInfo& in = k.In(i);
  if (in.value == nullptr || in.value->dtype() != DT_RESOURCE || in.value->num_elements() != 1) {
    return PartialShape();
  }
  const auto* variable =
      dynamic_cast<const Variable*>(in.value->data<ResourceHandle>()->object.get());
  return variable == nullptr ? PartialShape() : variable->declared_shape();
}

}  // namespace weir
