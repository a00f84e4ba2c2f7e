#include "weir/ops/moving_average_util.h"

#include "weir/ops/binary.h"
#include "weir/ops/cast.h"
#include "weir/ops/constant.h"
#include "weir/ops/identity.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace {

// decay, or min(decay, (1 + n) / (10 + n)), of a variable's type.
Output EffectiveDecay(const OpScope& s, const Input& decay, const Output& num_updates,
                      DataType dtype) {
  const Output constant = ops::Const(OpScope(s.scope().Named("decay"), s.where()), decay);
  if (!constant.valid()) return Output();
  const Output typed = constant.type() == dtype ? constant : ops::Cast(s, constant, dtype);
  if (!num_updates.valid()) return typed;
  const Term n(s, ops::Cast(s, num_updates, dtype));
  return ops::Minimum(s, typed, (1.0 + n) / (10.0 + n));
}

}  // namespace

ops::Variable ExponentialMovingAverage::Average(const ops::Variable& variable) const {
  const auto it = variable.valid() ? shadows_.find(variable.name()) : shadows_.end();
  return it == shadows_.end() ? ops::Variable() : it->second;
}

ops::Variable ExponentialMovingAverage::MakeShadow(const OpScope& scope,
                                                   const ops::Variable& variable) {
  if (const ops::Variable old = Average(variable); old.valid()) return old;
  if (!IsFloatingType(variable.dtype()) || !variable.shape().IsFullyDefined()) {
    scope.Fail(InvalidArgument("a moving average needs a floating type and a known shape, but ",
                               variable.name(), " is ", DataTypeName(variable.dtype()), " ",
                               variable.shape().ToString()));
    return {};
  }
  GetVariableOptions options;
  options.dtype = variable.dtype();
  options.trainable = false;
  options.use_resource = variable.record().is_resource;
  options.collections = {"moving_average_variables"};
  const OpScope root(scope.scope().WithPrefix("").ColocateWith(variable.handle().op()),
                     scope.where());
  const Initializer initial = [&](const OpScope& s, const Shape&, DataType) {
    return ops::Identity(s, variable.initial_value());
  };
  return shadows_[variable.name()] =
             GetVariable(root, absl::StrCat(variable.name(), "/", options_.name),
                         variable.shape().ToShape(), initial, options);
}

Operation ExponentialMovingAverage::Apply(const OpScope& scope,
                                          const std::vector<ops::Variable>& variables) {
  std::vector<ops::Variable> shadows;
  for (const ops::Variable& v : variables) {
    if (!v.valid()) return Operation();
    shadows.push_back(MakeShadow(scope, v));
    if (!shadows.back().valid()) return Operation();
  }
  const OpScope s = scope.Composite(options_.name);
  std::vector<Operation> updates;
  std::map<DataType, Output> decays;
  for (size_t i = 0; i < variables.size(); ++i) {
    const DataType dtype = variables[i].dtype();
    Output& decay = decays[dtype];
    if (!decay.valid()) decay = EffectiveDecay(s, decay_, options_.num_updates, dtype);
    if (!decay.valid()) return Operation();
    const Term keep = 1.0 - Term(s, decay);
    const Term distance = Term(s, shadows[i].Read(s)) - Term(s, variables[i].Read(s));
    updates.push_back(shadows[i].AssignSub(s, distance * keep));
  }
  return Group(OpScope(s.scope().NamedAsScope(), s.where()), updates, "/");
}

}  // namespace weir
