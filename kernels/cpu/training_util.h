#ifndef WEIR_KERNELS_CPU_TRAINING_UTIL_H_
#define WEIR_KERNELS_CPU_TRAINING_UTIL_H_

// The inputs of the optimizers' update steps, and what is checked of them, on any device.

#include "weir/kernels/common/training_rules.h"
#include "weir/kernels/cpu/variable_util.h"

namespace weir {

// Where a step finds its inputs.
struct StepInputs {
  int gradient = -1;
  int indices = -1;  // -1: a dense step.
  absl::InlinedVector<int, 6> scalars;
  int variables = 0;
  bool is_reference = false;
};

StepInputs FindStepInputs(const KernelPrepare& k, int variables,
                          absl::Span<const char* const> scalars);
// That scalars are scalars, and that a sparse step's gradient fits its indices.
absl::Status CheckStep(const KernelPrepare& k, const StepInputs& in);
StepFlags ReadStepFlags(const KernelPrepare& k);

// The variable and its slots, which have values of the gradient's type.
using StepVariables = absl::InlinedVector<Variable*, 4>;
absl::StatusOr<StepVariables> FindStepVariables(const KernelRun& r, const StepInputs& in);
// That the variables' values and the gradient fit each other.
absl::Status CheckStepShapes(absl::Span<Tensor* const> variables, const Tensor& gradient,
                             bool sparse);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_TRAINING_UTIL_H_
