#include "weir/ops/variables_util.h"

#include "absl/container/flat_hash_set.h"
#include "weir/ops/variable.h"

namespace weir {
namespace {

// Names of collections in the graph, as they appear in a MetaGraphDef.
constexpr char kGlobalVariables[] = "variables";
constexpr char kTrainableVariables[] = "trainable_variables";
constexpr char kLocalVariables[] = "local_variables";
constexpr char kGlobalStep[] = "global_step";

std::string FullName(const Scope& scope, absl::string_view name) {
  return scope.prefix().empty() ? std::string(name) : absl::StrCat(scope.prefix(), "/", name);
}

// "v/Read" as the place of ops and "v" as the name of one, free of the caller's control
// dependencies: a variable's own ops run whenever they are asked for.
OpScope Place(const OpScope& scope, absl::string_view prefix) {
  return OpScope(scope.scope().WithPrefix(prefix).NoControlDependencies(), scope.where());
}
OpScope Named(const OpScope& scope, absl::string_view name) {
  return OpScope(scope.scope().Named(name), scope.where());
}
OpScope Colocated(const OpScope& scope, const Operation& op) {
  return OpScope(scope.scope().ColocateWith(op), scope.where());
}

absl::Status CheckShared(const GraphState::VariableRecord& record, const Shape& shape,
                         DataType dtype) {
  if (!record.shape.IsCompatibleWith(shape)) {
    return InvalidArgument("Trying to share variable ", record.name, ", but specified shape ",
                           shape.ToString(), " and found shape ", record.shape.ToString(), ".");
  }
  if (record.dtype != dtype) {
    return InvalidArgument("Trying to share variable ", record.name, ", but specified dtype ",
                           DataTypeName(dtype), " and found dtype ", DataTypeName(record.dtype),
                           ".");
  }
  return absl::OkStatus();
}

// Adds the ops of a variable and fills their ends into `record`; false when an op failed.
bool BuildResourceVariable(const OpScope& scope, const Initializer& initializer, const Shape& shape,
                           GraphState::VariableRecord* record) {
  const std::string& name = record->name;
  const Output handle =
      ops::VarHandleOp(Named(Place(scope, ""), name), record->dtype, shape, {.shared_name = name});
  if (!handle.valid()) return false;
  const OpScope initial_scope = Colocated(Place(scope, name + "/Initializer"), handle.op());
  const Output initial = initializer(initial_scope, shape, record->dtype);
  if (!initial.valid()) return false;
  ops::VarIsInitializedOp(Place(scope, name + "/IsInitialized"), handle);
  const Operation assign =
      ops::AssignVariableOp(Named(Place(scope, name), "Assign"), handle, initial);
  const Output value = ops::ReadVariableOp(Place(scope, name + "/Read"), handle, record->dtype);
  if (!assign.valid() || !value.valid()) return false;
  record->handle = handle.endpoint();
  record->value = value.endpoint();
  record->initializer = assign.id();
  record->initial_value = initial.endpoint();
  return true;
}

bool BuildReferenceVariable(const OpScope& scope, const Initializer& initializer,
                            const Shape& shape, GraphState::VariableRecord* record) {
  const std::string& name = record->name;
  const Output ref = ops::VariableV2(Named(Place(scope, ""), name), shape, record->dtype);
  if (!ref.valid()) return false;
  const OpScope initial_scope = Colocated(Place(scope, name + "/Initializer"), ref.op());
  const Output initial = initializer(initial_scope, shape, record->dtype);
  if (!initial.valid()) return false;
  const OpScope own = Colocated(Place(scope, name), ref.op());
  const Output assign = ops::Assign(Named(own, "Assign"), ref, initial);
  const Output value = Named(own, "read").Op("Identity").In(ref).Build();
  if (!assign.valid() || !value.valid()) return false;
  record->handle = ref.endpoint();
  record->value = value.endpoint();
  record->initializer = assign.op().id();
  record->initial_value = initial.endpoint();
  return true;
}

// A fresh variable; the name is free.
ops::Variable MakeVariable(const OpScope& scope, const std::string& full_name, const Shape& shape,
                           const Initializer& initializer, const GetVariableOptions& options) {
  const std::shared_ptr<GraphState>& state = scope.scope().state();
  const Initializer initial =
      initializer != nullptr ? initializer : DefaultInitializer(options.dtype);
  if (initial == nullptr) {
    scope.Fail(InvalidArgument("An initializer for variable ", full_name, " of type ",
                               DataTypeName(options.dtype), " is required."));
    return {};
  }
  GraphState::VariableRecord record;
  record.name = full_name;
  record.dtype = options.dtype;
  record.shape = shape;
  record.trainable = options.trainable && !options.local;
  record.is_resource = options.use_resource;
  const bool built = options.use_resource ? BuildResourceVariable(scope, initial, shape, &record)
                                          : BuildReferenceVariable(scope, initial, shape, &record);
  if (!built) return {};

  const std::string tensor_name = state->graph.node(record.handle.node).name() + ":0";
  std::vector<std::string> collections = options.collections;
  collections.push_back(options.local ? kLocalVariables : kGlobalVariables);
  if (record.trainable) collections.push_back(kTrainableVariables);
  for (const std::string& collection : collections) {
    state->collections[collection].push_back(tensor_name);
  }
  const int index = static_cast<int>(state->variables.size());
  state->variable_by_name[full_name] = index;
  state->variables.push_back(std::move(record));
  return ops::Variable(state, index);
}

template <typename Predicate>
std::vector<ops::Variable> Select(const Scope& scope, Predicate&& wanted) {
  std::vector<ops::Variable> selected;
  const std::shared_ptr<GraphState>& state = scope.state();
  for (size_t i = 0; i < state->variables.size(); ++i) {
    const ops::Variable variable(state, static_cast<int>(i));
    if (wanted(variable)) selected.push_back(variable);
  }
  return selected;
}

std::vector<ops::Variable> InCollection(const Scope& scope, const std::string& collection) {
  const auto it = scope.state()->collections.find(collection);
  if (it == scope.state()->collections.end()) return {};
  absl::flat_hash_set<absl::string_view> names(it->second.begin(), it->second.end());
  return Select(
      scope, [&](const ops::Variable& v) { return names.contains(v.handle().op().name() + ":0"); });
}

Operation InitializeAll(const OpScope& scope, const std::vector<ops::Variable>& variables) {
  std::vector<Operation> assignments;
  for (const ops::Variable& v : variables) assignments.push_back(v.initializer());
  const std::string& given = scope.scope().op_name();
  return Group(scope, assignments, given.empty() ? "init" : absl::string_view(given));
}

}  // namespace

namespace ops {

Output Variable::handle() const { return valid() ? Output(state_, record().handle) : Output(); }
Output Variable::value() const { return valid() ? Output(state_, record().value) : Output(); }
Output Variable::initial_value() const {
  return valid() ? Output(state_, record().initial_value) : Output();
}
Operation Variable::initializer() const {
  return valid() ? Operation(state_, record().initializer) : Operation();
}

Output Variable::Read(const OpScope& scope) const {
  if (!valid()) return Output();
  if (record().is_resource) return ReadVariableOp(scope, handle(), dtype());
  return scope.Op("Identity").In(handle()).Build();
}

Operation Variable::Update(const OpScope& scope, absl::string_view op, const Input& value) const {
  if (!valid()) return Operation();
  if (!record().is_resource) return scope.Op(op).In(handle()).In(value).Build();
  return scope.Op(absl::StrCat(op, "VariableOp"))
      .In(handle())
      .In(value)
      .Attr("dtype", dtype())
      .Build();
}

Operation Variable::Assign(const OpScope& scope, const Input& value) const {
  return Update(scope, "Assign", value);
}
Operation Variable::AssignAdd(const OpScope& scope, const Input& value) const {
  return Update(scope, "AssignAdd", value);
}
Operation Variable::AssignSub(const OpScope& scope, const Input& value) const {
  return Update(scope, "AssignSub", value);
}

Output Variable::IsInitialized(const OpScope& scope) const {
  if (!valid()) return Output();
  return record().is_resource ? VarIsInitializedOp(scope, handle())
                              : IsVariableInitialized(scope, handle());
}

}  // namespace ops

ops::Variable GetVariable(const OpScope& scope, absl::string_view name, const Shape& shape,
                          const Initializer& initializer, const GetVariableOptions& options) {
  const std::string full_name = FullName(scope.scope(), name);
  const ops::Variable old = FindVariable(scope.scope(), full_name);
  if (!old.valid()) {
    if (options.reuse == Reuse::kOld) {
      scope.Fail(InvalidArgument("Variable ", full_name,
                                 " does not exist, or was not created with GetVariable."));
      return {};
    }
    return MakeVariable(scope, full_name, shape, initializer, options);
  }
  if (options.reuse == Reuse::kNew) {
    scope.Fail(InvalidArgument("Variable ", full_name,
                               " already exists, disallowed. Did you mean to set reuse?"));
    return {};
  }
  if (absl::Status status = CheckShared(old.record(), shape, options.dtype); !status.ok()) {
    scope.Fail(status);
    return {};
  }
  return old;
}

ops::Variable FindVariable(const Scope& scope, absl::string_view full_name) {
  const std::shared_ptr<GraphState>& state = scope.state();
  const auto it = state->variable_by_name.find(full_name);
  return it == state->variable_by_name.end() ? ops::Variable() : ops::Variable(state, it->second);
}

std::vector<ops::Variable> TrainableVariables(const Scope& scope) {
  return Select(scope, [](const ops::Variable& v) { return v.record().trainable; });
}

std::vector<ops::Variable> GlobalVariables(const Scope& scope) {
  return InCollection(scope, kGlobalVariables);
}

std::vector<ops::Variable> LocalVariables(const Scope& scope) {
  return InCollection(scope, kLocalVariables);
}

Operation GlobalVariablesInitializer(const OpScope& scope) {
  return InitializeAll(scope, GlobalVariables(scope.scope()));
}

Operation LocalVariablesInitializer(const OpScope& scope) {
  return InitializeAll(scope, LocalVariables(scope.scope()));
}

ops::Variable GetOrCreateGlobalStep(const OpScope& scope) {
  GetVariableOptions options;
  options.dtype = DT_INT64;
  options.trainable = false;
  options.reuse = Reuse::kAuto;
  options.collections = {kGlobalStep};
  return GetVariable(Place(scope, ""), "global_step", Shape(), Zeros(), options);
}

Operation Group(const OpScope& scope, absl::Span<const Operation> operations,
                absl::string_view name) {
  for (const Operation& op : operations) {
    if (op.valid()) continue;
    scope.Fail(InvalidArgument("Group '", name, "': an operation is an empty handle"));
    return Operation();
  }
  return OpScope(scope.scope().Named(name).ControlDependencies(operations), scope.where())
      .Op("NoOp")
      .Build();
}

}  // namespace weir
