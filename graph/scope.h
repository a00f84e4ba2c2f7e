#ifndef WEIR_GRAPH_SCOPE_H_
#define WEIR_GRAPH_SCOPE_H_

// Building a graph from C++: scopes, handles on what was built, and the builder that all typed
// builders use.
//
// Errors never throw and never abort: the first one is kept in the graph under construction, with
// the node's name and the file and line of the call; builders then return invalid handles, and
// building with invalid handles does nothing. Whoever uses the graph (Session::Create) reports it.
//
// Thread rule: one graph is built by one thread at a time.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "weir/core/source_location.h"
#include "weir/graph/graph.h"

namespace weir {

class GraphState;
class Output;

// A node of a graph under construction; invalid when building it failed.
class Operation {
 public:
  Operation() = default;
  Operation(std::shared_ptr<GraphState> state, NodeId id) : state_(std::move(state)), id_(id) {}

  bool valid() const { return state_ != nullptr; }
  NodeId id() const { return id_; }
  // REQUIRES: valid().
  const Node& node() const;
  const std::string& name() const { return node().name(); }
  int num_outputs() const { return valid() ? node().num_outputs() : 0; }
  // An invalid Output when the operation is invalid or has no output i.
  Output out(int i) const;
  operator Output() const;  // NOLINT: an operation stands for its output 0.
  const std::shared_ptr<GraphState>& state() const { return state_; }

 private:
  std::shared_ptr<GraphState> state_;
  NodeId id_ = -1;
};

// One tensor of a graph under construction.
class Output {
 public:
  Output() = default;
  Output(std::shared_ptr<GraphState> state, Endpoint endpoint)
      : state_(std::move(state)), endpoint_(endpoint) {}

  bool valid() const { return state_ != nullptr; }
  Endpoint endpoint() const { return endpoint_; }
  Operation op() const { return Operation(state_, endpoint_.node); }
  // REQUIRES: valid() for all below.
  DataType type() const;
  const PartialShape& shape() const;
  std::string name() const;  // "fc/MatMul" or "fc/Split:1"
  const std::shared_ptr<GraphState>& state() const { return state_; }

 private:
  std::shared_ptr<GraphState> state_;
  Endpoint endpoint_;
};

// Whatever a builder accepts as an input: a tensor of the graph, or a constant (a Tensor, number,
// string, or nested list of numbers), which becomes a Const node. Numbers written in code take the
// type that the op's other inputs ask for; one that this type cannot hold is an error.
class Input {
 public:
  Input(const weir::Output& output) : output_(output) {}                               // NOLINT
  Input(const Operation& op) : output_(op.out(0)) {}                                   // NOLINT
  Input(const Tensor& value) : value_(value), literal_(false) {}                       // NOLINT
  Input(const char* value) : value_(Tensor::Scalar(value)), literal_(false) {}         // NOLINT
  Input(const std::string& value) : value_(Tensor::Scalar(value)), literal_(false) {}  // NOLINT
  template <typename T>
    requires std::is_arithmetic_v<T>
  Input(T value) : value_(Tensor::Scalar<T>(value)), literal_(true) {}  // NOLINT
  template <typename T>
    requires std::is_arithmetic_v<T>
  Input(std::initializer_list<T> values)  // NOLINT
      : value_(Tensor::Vector<T>(values)), literal_(true) {}
  template <typename T>
    requires std::is_arithmetic_v<T>
  Input(const std::vector<T>& values)  // NOLINT
      : value_(Tensor::Vector<T>(absl::MakeConstSpan(values))), literal_(true) {}
  template <typename T>
    requires std::is_arithmetic_v<T>
  Input(std::initializer_list<std::initializer_list<T>> rows);  // NOLINT
  // Things that convert to an Output, as a Variable does by being read.
  template <typename T>
    requires(std::is_convertible_v<const T&, weir::Output> && !std::is_same_v<T, weir::Output> &&
             !std::is_same_v<T, Operation>)
  Input(const T& source) : output_(static_cast<weir::Output>(source)) {}  // NOLINT

  bool is_constant() const { return value_.initialized(); }
  bool is_literal() const { return literal_; }
  const weir::Output& output() const { return output_; }
  const Tensor& value() const { return value_; }

 private:
  weir::Output output_;
  Tensor value_;
  bool literal_ = false;
};

class OpBuilder;

// Where new nodes go: graph, name prefix, device, control dependencies, colocation. A cheap value;
// the With-like functions return a changed copy.
class Scope {
 public:
  // A scope that stands for none: its graph knows no op and its status is an error from the start,
  // so that building there gives invalid handles and whoever uses the graph reports it.
  Scope();
  // A scope over a new, empty graph of the standard ops (defined beside them, in
  // ops/standard_ops.cc, so that graph/ itself names no op).
  static Scope Root();
  // The same over other ops. REQUIRES: `registry` is sealed and outlives the graph.
  static Scope Root(const OpRegistry& registry);
  // The root scope of an existing graph under construction. REQUIRES: `state` is not null.
  static Scope Of(std::shared_ptr<GraphState> state);

  // A name scope below this one, made unique: names read "this/name/...".
  Scope Sub(absl::string_view name) const;
  // Exactly the name scope `prefix` ("" or "a/b"), not made unique.
  Scope WithPrefix(absl::string_view prefix) const;
  // The same scope, in which the next op gets this name (made unique).
  Scope Named(absl::string_view name) const;
  // The same scope, in which the next op gets the name of the scope itself: the result of several
  // ops, after which the scope is called.
  Scope NamedAsScope() const { return Named("/"); }
  // Merges `device` into the device of new nodes; fields already set inside win.
  Scope Device(absl::string_view device) const;
  // The same scope, in which new nodes also wait for `ops`. Invalid handles are passed over, since
  // their error is already kept; an operation of another graph is an error.
  Scope ControlDependencies(absl::Span<const Operation> ops) const;
  Scope ControlDependencies(std::initializer_list<Operation> ops) const {
    return ControlDependencies(absl::MakeConstSpan(ops.begin(), ops.size()));
  }
  Scope NoControlDependencies() const;
  // The same scope, in which new nodes go where `op` is: handles as in ControlDependencies.
  Scope ColocateWith(const Operation& op) const;

  OpBuilder Op(absl::string_view op, SourceLocation where = SourceLocation::Current()) const;

  const std::string& prefix() const { return prefix_; }    // "" or "a/b"
  const std::string& op_name() const { return op_name_; }  // As Named set it, or empty.
  const std::string& device() const { return device_; }
  absl::Span<const NodeId> control_inputs() const { return control_inputs_; }
  absl::Span<const std::string> colocation() const { return colocation_; }

  const Graph& graph() const;
  const std::shared_ptr<GraphState>& state() const { return state_; }
  // The first error of the graph under construction.
  absl::Status status() const;
  // Keeps an error, if it is the first.
  void Fail(const absl::Status& status) const;

 private:
  explicit Scope(std::shared_ptr<GraphState> state) : state_(std::move(state)) {}

  std::shared_ptr<GraphState> state_;
  std::string prefix_;
  std::string op_name_;
  std::string device_;
  std::vector<NodeId> control_inputs_;
  std::vector<std::string> colocation_;
};

// A scope together with the line that calls a builder. Typed builders take `const OpScope&`, to
// which a Scope converts at the call, so that errors can name the caller's line.
class OpScope {
 public:
  OpScope(const Scope& scope,  // NOLINT: converts at the call on purpose.
          SourceLocation where = SourceLocation::Current())
      : scope_(scope), where_(where) {}

  OpBuilder Op(absl::string_view op) const;
  const Scope& scope() const { return scope_; }
  // For builders made of several ops: a name scope called as Named said, or else `name`.
  OpScope Composite(absl::string_view name) const;
  SourceLocation where() const { return where_; }
  void Fail(const absl::Status& status) const;

 private:
  Scope scope_;
  SourceLocation where_;
};

// Adds one node. The op's type and number attrs are inferred from the inputs unless set.
class OpBuilder {
 public:
  OpBuilder(Scope scope, absl::string_view op, SourceLocation where);

  OpBuilder& In(const Input& input);
  // One argument that is a list ("N * T" or a list of types).
  OpBuilder& InList(absl::Span<const Input> inputs);
  OpBuilder& InList(absl::Span<const weir::Output> inputs);
  template <typename T>
  OpBuilder& Attr(absl::string_view name, const T& value) {
    return SetAttr(name, MakeAttr(value));
  }
  OpBuilder& SetAttr(absl::string_view name, AttrValue value);
  OpBuilder& Control(const Operation& op);

  Operation Build();

 private:
  struct Argument {
    bool is_list;
    std::vector<Input> inputs;
  };
  absl::StatusOr<NodeId> TryBuild();
  absl::Status CollectInputs(const OpSpec& op, NodeSpec* spec);
  absl::StatusOr<Endpoint> Resolve(const Input& input, DataType wanted, absl::string_view arg_name);

  Scope scope_;
  std::string op_;
  SourceLocation where_;
  std::vector<Argument> arguments_;
  AttrMap attrs_;
  bool poisoned_ = false;  // An input was invalid: its error is already kept.
};

// A graph under construction and what belongs to it. Shared by its scopes and handles.
class GraphState {
 public:
  // A variable made by a builder; what Saver, optimizers and initializers work on.
  struct VariableRecord {
    std::string name;
    Endpoint handle;          // The resource handle, or the reference output.
    Endpoint value;           // A read of it.
    NodeId initializer = -1;  // The assignment of its initial value.
    Endpoint initial_value;
    DataType dtype = DT_INVALID;
    PartialShape shape;
    bool trainable = true;
    bool is_resource = true;
    std::string slice;      // Partitioned variables: "full shape and slice" text, else empty.
    std::string full_name;  // Partitioned variables: the whole's name.
  };

  explicit GraphState(const OpRegistry& registry) : graph(registry) {}

  // TensorFlow's rule: unique without regard to case; "c", "c_1", "c_2", ...
  std::string UniqueName(absl::string_view name);

  // The nodes and the names in use at one moment. Rewind takes back those that came since.
  struct Mark {
    int num_nodes;
    absl::flat_hash_map<std::string, int> names_in_use;
  };
  Mark Now() const { return {graph.num_nodes(), names_in_use_}; }
  void Rewind(Mark mark) {
    graph.Truncate(mark.num_nodes);
    names_in_use_ = std::move(mark.names_in_use);
  }

  Graph graph;
  absl::Status status;
  std::vector<VariableRecord> variables;
  absl::flat_hash_map<std::string, int> variable_by_name;
  std::map<std::string, std::vector<std::string>> collections;  // Names of nodes or tensors.
  bool has_seed = false;
  int64_t seed = 0;  // Of the graph (SetRandomSeed).

 private:
  absl::flat_hash_map<std::string, int> names_in_use_;
};

template <typename T>
  requires std::is_arithmetic_v<T>
Input::Input(std::initializer_list<std::initializer_list<T>> rows) : literal_(true) {
  const int64_t width = rows.size() == 0 ? 0 : static_cast<int64_t>(rows.begin()->size());
  std::vector<T> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  if (static_cast<int64_t>(flat.size()) != width * static_cast<int64_t>(rows.size())) return;
  value_ = Tensor::Of<T>(Shape({static_cast<int64_t>(rows.size()), width}),
                         absl::MakeConstSpan(flat.data(), flat.size()));
}

}  // namespace weir

#endif  // WEIR_GRAPH_SCOPE_H_
