#include "weir/graph/scope.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "weir/graph/device_name.h"

namespace weir {
namespace {

std::string Join(absl::string_view prefix, absl::string_view name) {
  return prefix.empty() ? std::string(name) : absl::StrCat(prefix, "/", name);
}

std::string LocationText(const SourceLocation& where) {
  absl::string_view file = where.file_name();
  if (const size_t slash = file.rfind('/'); slash != absl::string_view::npos) {
    file.remove_prefix(slash + 1);
  }
  return file.empty() ? "" : absl::StrCat(file, ":", where.line());
}

// True when a literal may become a To: floats are never integers, not even whole ones, and integers
// must be in range.
template <typename To, typename From>
bool Holds(From value) {
  if constexpr (!std::is_integral_v<To> || std::is_same_v<From, bool>) {
    return true;
  } else if constexpr (!std::is_integral_v<From>) {
    return false;
  } else if constexpr (std::is_same_v<To, bool>) {
    return value == 0 || value == 1;
  } else {
    return std::in_range<To>(value);
  }
}

template <typename T>
std::string NumberText(T value) {
  if constexpr (std::is_integral_v<T>) {
    return absl::StrCat(+value);  // Promoted: an int8_t is no character.
  } else {
    return absl::StrCat(static_cast<float>(value));
  }
}

// Numbers written in code take the wanted type when it can hold them: integers become any number in
// whose range they are, floats any floating or complex one.
absl::StatusOr<Tensor> CastLiteral(const Tensor& value, DataType wanted) {
  if (value.dtype() == wanted) return value;
  ASSIGN_OR_RETURN(Tensor out, Tensor::Make(wanted, value.shape()));
  const absl::Status status = DispatchNumbers(value.dtype(), [&]<typename From>(TypeTag<From>) {
    return DispatchNumbers(wanted, [&]<typename To>(TypeTag<To>) -> absl::Status {
      if constexpr (std::is_same_v<From, Complex64> || std::is_same_v<From, Complex128>) {
        return InvalidArgument("a complex number cannot become ", DataTypeName(wanted));
      } else {
        for (int64_t i = 0; i < value.num_elements(); ++i) {
          const From from = value.data<From>()[i];
          if (!Holds<To>(from)) {
            return InvalidArgument("the number ", NumberText(from), " cannot become ",
                                   DataTypeName(wanted));
          }
          if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16> ||
                        std::is_same_v<To, Complex64>) {
            out.mutable_data<To>()[i] = To(static_cast<float>(from));
          } else if constexpr (std::is_same_v<To, Complex128>) {
            out.mutable_data<To>()[i] = To(static_cast<double>(from));
          } else {
            out.mutable_data<To>()[i] = static_cast<To>(from);
          }
        }
        return absl::OkStatus();
      }
    });
  });
  RETURN_IF_ERROR(status);
  return out;
}

// The ops of a scope that stands for none.
const OpRegistry& NoOps() {
  static const OpRegistry* const registry = [] {
    auto* none = new OpRegistry;
    (void)none->Seal();  // Declares nothing that could be wrong.
    return none;
  }();
  return *registry;
}

}  // namespace

const Node& Operation::node() const { return state_->graph.node(id_); }

Output Operation::out(int i) const {
  if (!valid() || i < 0 || i >= num_outputs()) return Output();
  return Output(state_, {id_, i});
}

Operation::operator Output() const { return out(0); }

DataType Output::type() const { return state_->graph.type(endpoint_); }
const PartialShape& Output::shape() const { return state_->graph.shape(endpoint_); }
std::string Output::name() const { return state_->graph.EndpointName(endpoint_); }

std::string GraphState::UniqueName(absl::string_view name) {
  const std::string base = absl::AsciiStrToLower(name);
  int i = names_in_use_[base]++;
  if (i == 0) return std::string(name);
  std::string key;
  do {
    key = absl::StrCat(base, "_", i++);
  } while (names_in_use_.contains(key));
  names_in_use_[base] = i;
  names_in_use_[key] = 1;
  return absl::StrCat(name, "_", i - 1);
}

Scope::Scope() : state_(std::make_shared<GraphState>(NoOps())) {
  Fail(FailedPrecondition("the scope has no graph: Scope::Root() makes one that has"));
}

Scope Scope::Root(const OpRegistry& registry) {
  return Scope(std::make_shared<GraphState>(registry));
}

Scope Scope::Of(std::shared_ptr<GraphState> state) { return Scope(std::move(state)); }

Scope Scope::Sub(absl::string_view name) const {
  return WithPrefix(state_->UniqueName(Join(prefix_, name)));
}

Scope Scope::WithPrefix(absl::string_view prefix) const {
  Scope scope = *this;
  scope.prefix_ = std::string(prefix);
  scope.op_name_.clear();
  return scope;
}

Scope Scope::Named(absl::string_view name) const {
  Scope scope = *this;
  scope.op_name_ = std::string(name);
  return scope;
}

Scope Scope::Device(absl::string_view device) const {
  Scope scope = *this;
  absl::StatusOr<DeviceName> inner = DeviceName::Parse(device);
  absl::StatusOr<DeviceName> outer = DeviceName::Parse(device_);
  if (!inner.ok() || !outer.ok()) {
    Fail(inner.ok() ? outer.status() : inner.status());
    return scope;
  }
  inner->FillFrom(*outer);
  scope.device_ = inner->ToString();
  return scope;
}

Scope Scope::ControlDependencies(absl::Span<const Operation> ops) const {
  Scope scope = *this;
  for (const Operation& op : ops) {
    if (!op.valid()) continue;
    if (op.state() == state_) {
      scope.control_inputs_.push_back(op.id());
    } else {
      Fail(InvalidArgument("control input '", op.name(), "' belongs to another graph"));
    }
  }
  return scope;
}

Scope Scope::NoControlDependencies() const {
  Scope scope = *this;
  scope.control_inputs_.clear();
  return scope;
}

Scope Scope::ColocateWith(const Operation& op) const {
  Scope scope = *this;
  if (!op.valid()) return scope;
  if (op.state() != state_) {
    Fail(InvalidArgument("'", op.name(), "', to colocate with, belongs to another graph"));
    return scope;
  }
  const absl::StatusOr<std::vector<std::string>> groups =
      op.node().attrs().Get<std::vector<std::string>>("_class");
  if (groups.ok()) {
    scope.colocation_.insert(scope.colocation_.end(), groups->begin(), groups->end());
  } else {
    scope.colocation_.push_back(absl::StrCat("loc:@", op.name()));
  }
  std::sort(scope.colocation_.begin(), scope.colocation_.end());
  scope.colocation_.erase(std::unique(scope.colocation_.begin(), scope.colocation_.end()),
                          scope.colocation_.end());
  if (!op.node().device().empty()) scope.device_ = op.node().device();
  return scope;
}

OpBuilder Scope::Op(absl::string_view op, SourceLocation where) const {
  return OpBuilder(*this, op, where);
}

const Graph& Scope::graph() const { return state_->graph; }
absl::Status Scope::status() const { return state_->status; }

void Scope::Fail(const absl::Status& status) const {
  if (state_->status.ok()) state_->status = status;
}

OpBuilder OpScope::Op(absl::string_view op) const { return OpBuilder(scope_, op, where_); }

OpScope OpScope::Composite(absl::string_view name) const {
  const std::string& given = scope_.op_name();
  return OpScope(scope_.Sub(given.empty() ? name : absl::string_view(given)), where_);
}

void OpScope::Fail(const absl::Status& status) const {
  scope_.Fail(Annotate(status, absl::StrCat(LocationText(where_), ": ")));
}

OpBuilder::OpBuilder(Scope scope, absl::string_view op, SourceLocation where)
    : scope_(std::move(scope)), op_(op), where_(where) {}

OpBuilder& OpBuilder::In(const Input& input) {
  if (!input.is_constant() && !input.output().valid()) poisoned_ = true;
  arguments_.push_back({false, {input}});
  return *this;
}

OpBuilder& OpBuilder::InList(absl::Span<const Input> inputs) {
  for (const Input& input : inputs) {
    if (!input.is_constant() && !input.output().valid()) poisoned_ = true;
  }
  arguments_.push_back({true, std::vector<Input>(inputs.begin(), inputs.end())});
  return *this;
}

OpBuilder& OpBuilder::InList(absl::Span<const weir::Output> inputs) {
  return InList(std::vector<Input>(inputs.begin(), inputs.end()));
}

OpBuilder& OpBuilder::SetAttr(absl::string_view name, AttrValue value) {
  attrs_.Set(name, std::move(value));
  return *this;
}

OpBuilder& OpBuilder::Control(const Operation& op) {
  scope_ = scope_.ControlDependencies({op});
  return *this;
}

Operation OpBuilder::Build() {
  if (poisoned_) {
    // Something must have been reported already; if not, the caller passed an empty handle.
    scope_.Fail(InvalidArgument(op_, " (", LocationText(where_), "): an input is an empty handle"));
    return Operation();
  }
  absl::StatusOr<NodeId> id = TryBuild();
  if (!id.ok()) {
    scope_.Fail(id.status());
    return Operation();
  }
  return Operation(scope_.state(), *id);
}

absl::StatusOr<NodeId> OpBuilder::TryBuild() {
  NodeSpec spec;
  GraphState& state = *scope_.state();
  const std::string& given = scope_.op_name();
  spec.op = op_;
  spec.name = given == "/" ? scope_.prefix()  // Already unique, as a scope.
                           : state.UniqueName(Join(scope_.prefix(), given.empty() ? op_ : given));
  spec.location = LocationText(where_);
  spec.device = scope_.device();
  spec.attrs = std::move(attrs_);
  const OpSpec* op = state.graph.registry().Find(op_);
  if (op != nullptr) {
    if (absl::Status status = CollectInputs(*op, &spec); !status.ok()) {
      return Annotate(status, absl::StrCat(op_, " '", spec.name, "' (", spec.location, "): "));
    }
  }
  std::vector<NodeId> control(scope_.control_inputs().begin(), scope_.control_inputs().end());
  std::sort(control.begin(), control.end());
  control.erase(std::unique(control.begin(), control.end()), control.end());
  std::vector<NodeId> data;
  if (!control.empty()) {
    for (const Endpoint& e : spec.inputs) data.push_back(e.node);
    std::sort(data.begin(), data.end());
  }
  std::set_difference(control.begin(), control.end(), data.begin(), data.end(),
                      std::back_inserter(spec.control_inputs));
  if (!scope_.colocation().empty() && spec.attrs.Find("_class") == nullptr) {
    spec.attrs.Set("_class", MakeAttr(std::vector<std::string>(scope_.colocation().begin(),
                                                               scope_.colocation().end())));
  }
  return state.graph.AddNode(std::move(spec));
}

absl::Status OpBuilder::CollectInputs(const OpSpec& op, NodeSpec* spec) {
  if (arguments_.size() != op.inputs.size()) {
    return InvalidArgument("needs ", op.inputs.size(), " arguments, but has ", arguments_.size());
  }
  AttrMap& attrs = spec->attrs;
  // First what the graph's own tensors say, so that literals can follow.
  for (size_t a = 0; a < arguments_.size(); ++a) {
    const ArgSpec& arg = op.inputs[a];
    const auto set_type = [&](int attr, DataType type) {
      const std::string& name = op.attrs[attr].name;
      if (attrs.Find(name) == nullptr) attrs.Set(name, MakeAttr(RemoveRef(type)));
    };
    if (arg.number_attr >= 0) {
      attrs.Set(op.attrs[arg.number_attr].name,
                MakeAttr(static_cast<int64_t>(arguments_[a].inputs.size())));
    }
    if (arg.type_attr < 0) continue;
    for (const Input& input : arguments_[a].inputs) {
      if (!input.is_constant()) {
        set_type(arg.type_attr, input.output().type());
      } else if (!input.is_literal()) {
        set_type(arg.type_attr, input.value().dtype());
      }
    }
  }
  for (size_t a = 0; a < arguments_.size(); ++a) {
    const ArgSpec& arg = op.inputs[a];
    std::vector<DataType> types;
    for (size_t i = 0; i < arguments_[a].inputs.size(); ++i) {
      DataType wanted = arg.type;
      if (arg.type_attr >= 0) {
        const AttrSpec& attr = op.attrs[arg.type_attr];
        const AttrValue* value = attrs.Find(attr.name);
        if (value == nullptr && attr.default_value != nullptr) value = attr.default_value.get();
        wanted = value == nullptr ? DT_INVALID : value->type();
      }
      ASSIGN_OR_RETURN(const Endpoint e, Resolve(arguments_[a].inputs[i], wanted,
                                                 absl::StrCat(spec->name, "/", arg.name)));
      const DataType type = scope_.graph().type(e);
      if (arg.type_attr >= 0 && attrs.Find(op.attrs[arg.type_attr].name) == nullptr) {
        attrs.Set(op.attrs[arg.type_attr].name, MakeAttr(RemoveRef(type)));
      }
      types.push_back(RemoveRef(type));
      spec->inputs.push_back(e);
    }
    if (arg.list_attr >= 0) attrs.Set(op.attrs[arg.list_attr].name, MakeAttr(types));
  }
  return absl::OkStatus();
}

absl::StatusOr<Endpoint> OpBuilder::Resolve(const Input& input, DataType wanted,
                                            absl::string_view arg_name) {
  GraphState& state = *scope_.state();
  if (!input.is_constant()) {
    if (input.output().state() != scope_.state()) {
      return InvalidArgument("input '", input.output().name(), "' belongs to another graph");
    }
    return input.output().endpoint();
  }
  Tensor value = input.value();
  if (input.is_literal() && wanted != DT_INVALID) {
    ASSIGN_OR_RETURN(value, CastLiteral(value, wanted));
  } else if (input.is_literal() && value.dtype() == DT_DOUBLE) {
    ASSIGN_OR_RETURN(value, CastLiteral(value, DT_FLOAT));  // A number without a type is a float.
  }
  NodeSpec spec;
  spec.op = "Const";
  spec.name = state.UniqueName(arg_name);
  spec.location = LocationText(where_);
  spec.device = scope_.device();
  spec.attrs.Set("dtype", MakeAttr(value.dtype()));
  spec.attrs.Set("value", MakeAttr(value));
  ASSIGN_OR_RETURN(const NodeId id, state.graph.AddNode(std::move(spec)));
  return Endpoint{id, 0};
}

}  // namespace weir
