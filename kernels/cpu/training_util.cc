#include "weir/kernels/cpu/training_util.h"

namespace weir {

StepInputs FindStepInputs(const KernelPrepare& k, int variables,
                          absl::Span<const char* const> scalars) {
  StepInputs in;
  const std::vector<ArgSpec>& args = k.node().op().inputs;
  const auto find = [&](absl::string_view name) {
    for (size_t i = 0; i < args.size(); ++i) {
      if (args[i].name == name) return static_cast<int>(i);
    }
    return -1;
  };
  in.gradient = find("grad") >= 0 ? find("grad") : find("delta");
  in.indices = find("indices");
  for (const char* name : scalars) in.scalars.push_back(find(name));
  in.variables = variables;
  in.is_reference = IsReferenceInput(k, 0);
  return in;
}

absl::Status CheckStep(const KernelPrepare& k, const StepInputs& in) {
  for (int i : in.scalars) {
    if (i < 0) return Internal(k.node().op().name, " lacks a scalar of its rule");
    if (k.In(i).shape().rank() != 0) return k.InvalidInput(i, "must be a scalar");
  }
  if (in.indices < 0) return absl::OkStatus();
  const Shape& indices = k.In(in.indices).shape();
  if (indices.rank() != 1) return k.InvalidInput(in.indices, "must be a vector");
  const Shape& gradient = k.In(in.gradient).shape();
  if (gradient.rank() < 1 || gradient.dim(0) != indices.dim(0)) {
    return k.InvalidInput(in.gradient, "must have as many rows as there are indices");
  }
  return absl::OkStatus();
}

absl::Status CheckStepShapes(absl::Span<Tensor* const> variables, const Tensor& gradient,
                             bool sparse) {
  const Shape& shape = variables[0]->shape();
  for (const Tensor* slot : variables) {
    if (slot->shape() == shape) continue;
    return InvalidArgument("var and its slots do not have the same shape: ", shape.ToString(), " ",
                           slot->shape().ToString());
  }
  if (!sparse) {
    if (gradient.shape() == shape) return absl::OkStatus();
    return InvalidArgument("var and grad do not have the same shape", shape.ToString(), " ",
                           gradient.shape().ToString());
  }
  if (shape.rank() < 1) return InvalidArgument("var must be at least 1 dimensional");
  if (shape.WithDim(0, 1) == gradient.shape().WithDim(0, 1)) return absl::OkStatus();
  return InvalidArgument("var and grad must match in all dimensions but the first: ",
                         shape.ToString(), " ", gradient.shape().ToString());
}

absl::StatusOr<StepVariables> FindStepVariables(const KernelRun& r, const StepInputs& in) {
  StepVariables variables(in.variables);
  for (int i = 0; i < in.variables; ++i) {
    ASSIGN_OR_RETURN(variables[i],
                     InitializedVariable(r, i, r.In(in.gradient).dtype(), in.is_reference));
  }
  return variables;
}

StepFlags ReadStepFlags(const KernelPrepare& k) {
  StepFlags flags;
  if (k.node().attrs().Find("use_nesterov") != nullptr) {
    flags.use_nesterov = k.Attr<bool>("use_nesterov");
  }
  if (k.node().attrs().Find("update_slots") != nullptr) {
    flags.update_slots = k.Attr<bool>("update_slots");
  }
  return flags;
}

}  // namespace weir
