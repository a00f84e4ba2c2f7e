#ifndef WEIR_OPS_IDENTITY_H_
#define WEIR_OPS_IDENTITY_H_

// Ops that hand their input on unchanged, and the op without inputs and outputs.

#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// Nothing. Stands for the operations in its control inputs.
Operation NoOp(const OpScope& scope);
// A NoOp that runs after all of `operations`.
Operation Group(const OpScope& scope, absl::Span<const Operation> operations);

// y = x.
Output Identity(const OpScope& scope, const Input& x);
// y_i = x_i; no output is ready before all inputs are.
std::vector<Output> IdentityN(const OpScope& scope, absl::Span<const Output> x);

// y = x, through which no gradient flows.
Output StopGradient(const OpScope& scope, const Input& x);
// y = x, through which differentiating is an error that shows `message`.
Output PreventGradient(const OpScope& scope, const Input& x, const std::string& message);

// y = x, whose shape must be compatible with `shape`. Errors: InvalidArgument when it is not,
// while building or while running.
Output EnsureShape(const OpScope& scope, const Input& x, const PartialShape& shape);

}  // namespace weir::ops

#endif  // WEIR_OPS_IDENTITY_H_
