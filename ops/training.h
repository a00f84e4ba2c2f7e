#ifndef WEIR_OPS_TRAINING_H_
#define WEIR_OPS_TRAINING_H_

// The update steps of optimizers, as ops. One table (training.cc) declares each rule in up to four
// forms: Apply<Rule> and SparseApply<Rule> on reference variables, ResourceApply<Rule> and
// ResourceSparseApply<Rule> on resource variables. docs/ops.md prints the formulas.
//
// A dense step updates every element; a sparse one the rows that `indices` names, in their order,
// so that repeated rows are updated repeatedly. All variables of a step are updated as one: nobody
// sees a part of it.

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

struct ApplyOptions {
  // Of the rules that have them; ignored by the others.
  bool use_nesterov = false;
  bool update_slots = true;
};

// The dense step of `rule` ("Adam", "Momentum", ...). `variables`: the variable and its slots, all
// handles or all references, in the op's order. `inputs`: the rest of the op's inputs, in its
// order. Errors: InvalidArgument for an unknown rule or a form that the rule lacks.
Operation ApplyRule(const OpScope& scope, absl::string_view rule,
                    const std::vector<Output>& variables, const std::vector<Input>& inputs,
                    const ApplyOptions& options = {});
// The sparse step; `inputs` include the gradient's rows and their indices where the op has them.
Operation SparseApplyRule(const OpScope& scope, absl::string_view rule,
                          const std::vector<Output>& variables, const std::vector<Input>& inputs,
                          const ApplyOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_TRAINING_H_
