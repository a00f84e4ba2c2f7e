#include "weir/ops/optimizer_util.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "weir/ops/constant.h"

namespace weir {
namespace {

OpScope Named(const OpScope& scope, absl::string_view name) {
  return OpScope(scope.scope().Named(name), scope.where());
}

OpScope After(const OpScope& scope, const std::vector<Operation>& operations) {
  return OpScope(scope.scope().ControlDependencies(operations), scope.where());
}

// A place of that name below the scope, colocated with an op.
OpScope Beside(const OpScope& scope, absl::string_view name, const Operation& op) {
  const std::string& prefix = scope.scope().prefix();
  const std::string place = prefix.empty() ? std::string(name) : absl::StrCat(prefix, "/", name);
  return OpScope(scope.scope().WithPrefix(place).ColocateWith(op), scope.where());
}

// The first of name, name_1, name_2, ... that no variable has.
std::string FreeVariableName(const Scope& scope, const std::string& name) {
  std::string candidate = name;
  for (int i = 1; FindVariable(scope, candidate).valid(); ++i) {
    candidate = absl::StrCat(name, "_", i);
  }
  return candidate;
}

// The same rows with repeated ones added up, as the sparse steps need them.
IndexedSlices SumRepeatedRows(const OpScope& scope, const IndexedSlices& rows) {
  const Operation unique = scope.Op("Unique").In(rows.indices).Build();
  const Output count = scope.Op("Size").In(unique.out(0)).Build();
  IndexedSlices summed = rows;
  summed.values =
      scope.Op("UnsortedSegmentSum").In(rows.values).In(unique.out(1)).In(count).Build();
  summed.indices = unique.out(0);
  return summed;
}

}  // namespace

struct Optimizer::Step {
  OpScope scope;  // The optimizer's name scope.
  std::map<std::pair<std::string, DataType>, Output> settings;
};

std::vector<GradientAndVariable> Optimizer::ComputeGradients(
    const OpScope& scope, const Output& loss, const std::vector<ops::Variable>& variables,
    const Output& grad_loss) const {
  const std::vector<ops::Variable> vars =
      variables.empty() ? TrainableVariables(scope.scope()) : variables;
  if (vars.empty()) {
    scope.Fail(InvalidArgument("No variables to optimize."));
    return {};
  }
  std::vector<Output> handles;
  for (const ops::Variable& v : vars) handles.push_back(v.handle());
  absl::StatusOr<std::vector<Gradient>> gradients =
      AddGradients(scope, {loss}, handles,
                   grad_loss.valid() ? std::vector<Output>{grad_loss} : std::vector<Output>{});
  if (!gradients.ok()) {
    scope.Fail(gradients.status());
    return {};
  }
  std::vector<GradientAndVariable> result;
  for (size_t i = 0; i < vars.size(); ++i) {
    result.push_back({std::move((*gradients)[i]), vars[i]});
  }
  return result;
}

Operation Optimizer::Minimize(const OpScope& scope, const Output& loss,
                              const MinimizeOptions& options) {
  const std::vector<GradientAndVariable> gradients =
      ComputeGradients(scope, loss, options.variables, options.grad_loss);
  if (gradients.empty()) return Operation();
  return ApplyGradients(scope, gradients, options.global_step);
}

std::vector<ops::Variable> Optimizer::Slots(const ops::Variable& variable) const {
  const auto it = variable.valid() ? slots_.find(variable.name()) : slots_.end();
  return it == slots_.end() ? std::vector<ops::Variable>() : it->second;
}

Operation Optimizer::ApplyGradients(const OpScope& scope,
                                    const std::vector<GradientAndVariable>& gradients,
                                    const ops::Variable& global_step) {
  std::vector<GradientAndVariable> items;
  for (const GradientAndVariable& item : gradients) {
    if (item.gradient.exists() && item.variable.valid()) items.push_back(item);
  }
  if (items.empty()) {
    scope.Fail(InvalidArgument("No gradients provided for any variable."));
    return Operation();
  }
  // Variables first: they live outside of the optimizer's name scope.
  for (const GradientAndVariable& item : items) MakeSlots(scope, item.variable);
  if (rule_.has_beta_powers) MakeBetaPowers(scope, items[0].variable);

  Step step{scope.Composite(rule_.name), {}};
  const OpScope result(step.scope.scope().NamedAsScope(), step.scope.where());
  std::vector<Operation> updates;
  for (const GradientAndVariable& item : items) {
    updates.push_back(ApplyOne(step, item));
    if (!updates.back().valid()) return Operation();
  }
  if (!global_step.valid()) return Finish(step, updates, result);
  const Operation done = Finish(step, updates, Named(step.scope, "update"));
  return global_step.AssignAdd(
      After(result, {done}), ops::ScalarConst(Named(step.scope, "value"), global_step.dtype(), 1));
}

const std::vector<ops::Variable>& Optimizer::MakeSlots(const OpScope& scope,
                                                       const ops::Variable& variable) {
  std::vector<ops::Variable>& slots = slots_[variable.name()];
  if (!slots.empty() || rule_.slots.empty()) return slots;
  if (!variable.shape().IsFullyDefined()) {
    scope.Fail(InvalidArgument("the slots of variable ", variable.name(),
                               " need its shape, which is only known as ",
                               variable.shape().ToString()));
    return slots;
  }
  GetVariableOptions options;
  options.dtype = variable.dtype();
  options.trainable = false;
  options.use_resource = variable.record().is_resource;
  const OpScope root(scope.scope().WithPrefix("").ColocateWith(variable.handle().op()),
                     scope.where());
  for (const UpdateRule::Slot& slot : rule_.slots) {
    const std::string name =
        FreeVariableName(scope.scope(), absl::StrCat(variable.name(), "/", rule_.name));
    slots.push_back(
        GetVariable(root, name, variable.shape().ToShape(), Constant(slot.initial), options));
  }
  return slots;
}

void Optimizer::MakeBetaPowers(const OpScope& scope, const ops::Variable& first) {
  if (beta_powers_[0].valid()) return;
  GetVariableOptions options;
  options.dtype = first.dtype();
  options.trainable = false;
  options.use_resource = first.record().is_resource;
  const OpScope beside(scope.scope().ColocateWith(first.handle().op()), scope.where());
  const std::string& prefix = scope.scope().prefix();
  for (int i : {0, 1}) {
    const std::string beta = i == 0 ? "beta1" : "beta2";
    // The powers start at the betas, whose value must be known for that.
    const Input& value = rule_.settings.at(beta);
    const std::string full =
        FreeVariableName(scope.scope(), prefix.empty() ? beta + "_power"
                                                       : absl::StrCat(prefix, "/", beta, "_power"));
    const OpScope place(beside.scope().WithPrefix(""), beside.where());
    const Initializer initial = [&](const OpScope& inner, const Shape&, DataType dtype) {
      const Output tensor = ops::Const(inner, value);
      if (!tensor.valid() || tensor.type() == dtype) return tensor;
      return Output(inner.Op("Cast").In(tensor).Attr("DstT", dtype).Build());
    };
    beta_powers_[i] = GetVariable(place, full, Shape(), initial, options);
  }
}

Output Optimizer::Setting(Step& step, const std::string& name, DataType dtype) {
  Output& cached = step.settings[{name, dtype}];
  if (cached.valid()) return cached;
  Input value = 0.0;
  if (name == "beta1_power" || name == "beta2_power") {
    const ops::Variable& power = beta_powers_[name == "beta2_power"];
    value = power.Read(step.scope);
  } else {
    value = rule_.settings.at(name);
  }
  if (value.is_constant() && value.value().num_elements() == 1 &&
      IsFloatingType(value.value().dtype())) {
    // Rounded once, to the type in which it is used.
    const double number = value.value().dtype() == DT_DOUBLE ? *value.value().data<double>()
                          : value.value().dtype() == DT_FLOAT
                              ? static_cast<double>(*value.value().data<float>())
                              : 0;
    if (value.is_literal()) {
      return cached = ops::ScalarConst(Named(step.scope, name), dtype, number);
    }
  }
  const Output tensor = ops::Const(Named(step.scope, name), value);
  if (!tensor.valid() || RemoveRef(tensor.type()) == dtype) return cached = tensor;
  return cached = step.scope.Op("Cast").In(tensor).Attr("DstT", dtype).Build();
}

Operation Optimizer::ApplyOne(Step& step, const GradientAndVariable& item) {
  const ops::Variable& variable = item.variable;
  OpScope place =
      Beside(step.scope, absl::StrCat("update_", variable.name()), variable.handle().op());
  const bool sparse = item.gradient.slices.has_value() && !rule_.sparse.empty();
  if (rule_.has_weight_decay) place = After(place, {DecayWeights(place, step, variable)});
  if (item.gradient.slices.has_value() && rule_.op == "GradientDescent") {
    return SubtractRows(place, step, variable, *item.gradient.slices);
  }

  IndexedSlices rows;
  Output dense;
  if (sparse) {
    rows = SumRepeatedRows(place, *item.gradient.slices);
  } else {
    dense = item.gradient.ToDense(place);
  }
  std::vector<Output> variables(1 + rule_.slots.size(), variable.handle());
  const std::vector<ops::Variable>& slots = slots_[variable.name()];
  for (size_t i = 0; i < slots.size(); ++i) {
    variables[1 + rule_.slots[i].position] = slots[i].handle();
  }
  std::vector<Input> inputs;
  for (absl::string_view word :
       absl::StrSplit(sparse ? rule_.sparse : rule_.dense, ' ', absl::SkipEmpty())) {
    if (word == "grad") {
      inputs.push_back(sparse ? rows.values : dense);
    } else if (word == "indices") {
      inputs.push_back(rows.indices);
    } else {
      inputs.push_back(Setting(step, std::string(word), variable.dtype()));
    }
  }
  return sparse ? ops::SparseApplyRule(place, rule_.op, variables, inputs, rule_.options)
                : ops::ApplyRule(place, rule_.op, variables, inputs, rule_.options);
}

Operation Optimizer::DecayWeights(const OpScope& scope, Step& step, const ops::Variable& variable) {
  const DataType dtype = variable.dtype();
  const Output rate = scope.Op("Mul")
                          .In(Setting(step, "learning_rate", dtype))
                          .In(Setting(step, "weight_decay", dtype))
                          .Build();
  const Output decay = scope.Op("Mul").In(rate).In(variable.Read(scope)).Build();
  return variable.AssignSub(scope, decay);
}

// Plain gradient descent needs no sum of repeated rows: each is subtracted.
Operation Optimizer::SubtractRows(const OpScope& scope, Step& step, const ops::Variable& variable,
                                  const IndexedSlices& rows) {
  const Output scaled =
      scope.Op("Mul").In(rows.values).In(Setting(step, "learning_rate", variable.dtype())).Build();
  return scope.Op(variable.record().is_resource ? "ResourceScatterSub" : "ScatterSub")
      .In(variable.handle())
      .In(rows.indices)
      .In(scaled)
      .Build();
}

Operation Optimizer::Finish(Step& step, const std::vector<Operation>& updates,
                            const OpScope& named) {
  std::vector<Operation> all = updates;
  if (rule_.has_beta_powers) {
    const DataType dtype = beta_powers_[0].dtype();
    for (int i : {0, 1}) {
      const ops::Variable& power = beta_powers_[i];
      const OpScope after(After(step.scope, updates).scope().ColocateWith(power.handle().op()),
                          step.scope.where());
      const Output next = after.Op("Mul")
                              .In(Setting(step, i == 0 ? "beta1_power" : "beta2_power", dtype))
                              .In(Setting(step, i == 0 ? "beta1" : "beta2", dtype))
                              .Build();
      all.push_back(power.Assign(Named(after, "Assign"), next));
    }
  }
  return Group(named, all, named.scope().op_name());
}

namespace {

constexpr char kAdamInputs[] = "beta1_power beta2_power learning_rate beta1 beta2 epsilon grad";

UpdateRule AdamRule(const std::string& name, const Input& learning_rate,
                    const AdamOptions& options) {
  UpdateRule rule;
  rule.name = name;
  rule.op = "Adam";
  rule.slots = {{0, 0}, {0, 1}};
  // Rows that have no gradient move as well, by their moments: there is no sparse step.
  rule.dense = kAdamInputs;
  rule.settings = {{"learning_rate", learning_rate},
                   {"beta1", options.beta1},
                   {"beta2", options.beta2},
                   {"epsilon", options.epsilon}};
  rule.options.use_nesterov = options.use_nesterov;
  rule.has_beta_powers = true;
  return rule;
}

UpdateRule MakeRule(const std::string& name, std::vector<UpdateRule::Slot> slots,
                    const std::string& dense, const std::string& sparse,
                    std::map<std::string, Input> settings) {
  UpdateRule rule;
  rule.name = name;
  rule.op = name;
  rule.slots = std::move(slots);
  rule.dense = dense;
  rule.sparse = sparse;
  rule.settings = std::move(settings);
  return rule;
}

UpdateRule MomentumRule(const Input& learning_rate, const Input& momentum,
                        const MomentumOptions& options) {
  UpdateRule rule = MakeRule("Momentum", {{0, 0}}, "learning_rate grad momentum",
                             "learning_rate grad indices momentum",
                             {{"learning_rate", learning_rate}, {"momentum", momentum}});
  rule.options.use_nesterov = options.use_nesterov;
  return rule;
}

UpdateRule AdamWRule(const Input& learning_rate, const Input& weight_decay,
                     const AdamOptions& options) {
  UpdateRule rule = AdamRule("AdamW", learning_rate, options);
  rule.settings.emplace("weight_decay", weight_decay);
  rule.has_weight_decay = true;
  return rule;
}

UpdateRule AdaMaxRule(const Input& learning_rate, const AdamOptions& options) {
  UpdateRule rule = AdamRule("AdaMax", learning_rate, options);
  rule.op = "AdaMax";
  rule.dense = "beta1_power learning_rate beta1 beta2 epsilon grad";
  return rule;
}

UpdateRule RMSPropRule(const Input& learning_rate, const RMSPropOptions& options) {
  const std::string inputs = "learning_rate decay momentum epsilon grad";
  UpdateRule rule = MakeRule("RMSProp", {{1, 0}, {0, 1}}, inputs, inputs + " indices",
                             {{"learning_rate", learning_rate},
                              {"decay", options.decay},
                              {"momentum", options.momentum},
                              {"epsilon", options.epsilon}});
  if (options.centered) {
    rule.op = "CenteredRMSProp";
    rule.slots = {{1, 1}, {0, 0}, {0, 2}};  // Mean square, mean, momentum.
  }
  return rule;
}

UpdateRule FtrlRule(const Input& learning_rate, const FtrlOptions& options) {
  const bool shrinks = options.l2_shrinkage != 0;
  const std::string tail = shrinks ? "learning_rate l1 l2 l2_shrinkage learning_rate_power"
                                   : "learning_rate l1 l2 learning_rate_power";
  UpdateRule rule = MakeRule("Ftrl", {{options.initial_accumulator_value, 0}, {0, 1}},
                             "grad " + tail, "grad indices " + tail,
                             {{"learning_rate", learning_rate},
                              {"l1", options.l1},
                              {"l2", options.l2},
                              {"l2_shrinkage", options.l2_shrinkage},
                              {"learning_rate_power", options.learning_rate_power}});
  if (shrinks) rule.op = "FtrlV2";
  return rule;
}

}  // namespace

GradientDescentOptimizer::GradientDescentOptimizer(const Input& learning_rate)
    : Optimizer(MakeRule("GradientDescent", {}, "learning_rate grad", "",
                         {{"learning_rate", learning_rate}})) {}

MomentumOptimizer::MomentumOptimizer(const Input& learning_rate, const Input& momentum,
                                     const MomentumOptions& options)
    : Optimizer(MomentumRule(learning_rate, momentum, options)) {}

AdamOptimizer::AdamOptimizer(const Input& learning_rate, const AdamOptions& options)
    : Optimizer(AdamRule("Adam", learning_rate, options)) {}

AdamWOptimizer::AdamWOptimizer(const Input& learning_rate, const Input& weight_decay,
                               const AdamOptions& options)
    : Optimizer(AdamWRule(learning_rate, weight_decay, options)) {}

AdaMaxOptimizer::AdaMaxOptimizer(const Input& learning_rate, const AdamOptions& options)
    : Optimizer(AdaMaxRule(learning_rate, options)) {}

AdagradOptimizer::AdagradOptimizer(const Input& learning_rate, double initial_accumulator_value)
    : Optimizer(MakeRule("Adagrad", {{initial_accumulator_value, 0}}, "learning_rate grad",
                         "learning_rate grad indices", {{"learning_rate", learning_rate}})) {}

AdadeltaOptimizer::AdadeltaOptimizer(const Input& learning_rate, const AdadeltaOptions& options)
    : Optimizer(MakeRule(
          "Adadelta", {{0, 0}, {0, 1}}, "learning_rate rho epsilon grad",
          "learning_rate rho epsilon grad indices",
          {{"learning_rate", learning_rate}, {"rho", options.rho}, {"epsilon", options.epsilon}})) {
}

RMSPropOptimizer::RMSPropOptimizer(const Input& learning_rate, const RMSPropOptions& options)
    : Optimizer(RMSPropRule(learning_rate, options)) {}

FtrlOptimizer::FtrlOptimizer(const Input& learning_rate, const FtrlOptions& options)
    : Optimizer(FtrlRule(learning_rate, options)) {}

ProximalGradientDescentOptimizer::ProximalGradientDescentOptimizer(const Input& learning_rate,
                                                                   const ProximalOptions& options)
    : Optimizer(
          MakeRule("ProximalGradientDescent", {}, "learning_rate l1 l2 grad",
                   "learning_rate l1 l2 grad indices",
                   {{"learning_rate", learning_rate}, {"l1", options.l1}, {"l2", options.l2}})) {}

}  // namespace weir
