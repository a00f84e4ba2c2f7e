#ifndef WEIR_OPS_VARIABLES_UTIL_H_
#define WEIR_OPS_VARIABLES_UTIL_H_

// Whole variables: the handle, its initial value, the ops that initialise and read it, and its
// entry in the graph's list of variables, from which initialisers, savers and optimizers work.

#include <string>

#include "weir/graph/scope.h"
#include "weir/ops/initializers_util.h"

namespace weir {

namespace ops {

// A variable of a graph under construction. Wherever a builder takes an input, a Variable stands
// for its value, which is read once per run, before or after updates as edges have it; use Read
// for a reading of its own. Copies name the same variable. Invalid when making it failed.
class Variable {
 public:
  Variable() = default;
  // REQUIRES: `index` counts into state->variables.
  Variable(std::shared_ptr<GraphState> state, int index)
      : state_(std::move(state)), index_(index) {}

  bool valid() const { return state_ != nullptr; }
  // REQUIRES: valid(), for the four below.
  const std::string& name() const { return record().name; }  // "fc/w"
  DataType dtype() const { return record().dtype; }
  const PartialShape& shape() const { return record().shape; }
  const GraphState::VariableRecord& record() const { return state_->variables[index_]; }

  // The functions below answer with invalid handles when the variable is invalid.
  Output handle() const;  // The resource handle, or the reference.
  Output value() const;
  operator Output() const { return value(); }  // NOLINT
  Output initial_value() const;
  Operation initializer() const;  // Assigns the initial value.

  // New ops on the variable, which run where the scope's control dependencies put them.
  Output Read(const OpScope& scope) const;
  Operation Assign(const OpScope& scope, const Input& value) const;
  Operation AssignAdd(const OpScope& scope, const Input& value) const;
  Operation AssignSub(const OpScope& scope, const Input& value) const;
  Output IsInitialized(const OpScope& scope) const;

 private:
  Operation Update(const OpScope& scope, absl::string_view op, const Input& value) const;

  std::shared_ptr<GraphState> state_;
  int index_ = -1;
};

}  // namespace ops

enum class Reuse {
  kNew,   // The variable must not exist yet.
  kOld,   // It must exist.
  kAuto,  // Made on first use.
};

struct GetVariableOptions {
  DataType dtype = DT_FLOAT;
  bool trainable = true;  // Optimizers change it.
  Reuse reuse = Reuse::kNew;
  bool use_resource = true;  // false: a reference variable, as TensorFlow 1 made them.
  bool local = false;        // A counter or the like: not saved, not trainable, initialised apart.
  std::vector<std::string> collections = {};  // Further collections of the graph that get its name.
};

// The variable `name` below the scope's prefix: "fc/w" for "w" in the scope "fc". An empty
// initializer means DefaultInitializer(dtype).
//
// Errors (kept in the scope; the result is invalid): InvalidArgument "Variable % already exists",
// "Variable % does not exist", "Trying to share variable %, but specified shape %", the same for
// the dtype, or a dtype without a default initializer.
ops::Variable GetVariable(const OpScope& scope, absl::string_view name, const Shape& shape,
                          const Initializer& initializer = {},
                          const GetVariableOptions& options = {});

// The variable of that full name; invalid, without an error, when there is none.
ops::Variable FindVariable(const Scope& scope, absl::string_view full_name);

// The trainable variables, in the order in which they were made.
std::vector<ops::Variable> TrainableVariables(const Scope& scope);
// All variables but the local ones; the local ones.
std::vector<ops::Variable> GlobalVariables(const Scope& scope);
std::vector<ops::Variable> LocalVariables(const Scope& scope);

// One op that assigns the initial value to every global (or local) variable made so far. Named
// "init" unless the scope says otherwise.
Operation GlobalVariablesInitializer(const OpScope& scope);
Operation LocalVariablesInitializer(const OpScope& scope);

// The step counter: an int64 scalar variable "global_step" that no optimizer trains, made on first
// use.
ops::Variable GetOrCreateGlobalStep(const OpScope& scope);

// An op named `name` (in the scope) that runs after all of `operations`. Invalid ones are an error.
Operation Group(const OpScope& scope, absl::Span<const Operation> operations,
                absl::string_view name = "group_deps");

namespace ops {
using weir::GetVariable;
using weir::GlobalVariablesInitializer;
using weir::Group;
using weir::LocalVariablesInitializer;
}  // namespace ops

}  // namespace weir

#endif  // WEIR_OPS_VARIABLES_UTIL_H_
