#include "weir/graph/import.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/message_differencer.h"
#include "weir/proto/function.pb.h"
#include "weir/proto/op_def.pb.h"
#include "weir/proto/versions.pb.h"

namespace weir {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr int kOurProducer = 134;
constexpr size_t kShownBytes = 100;  // Of an attr's value, in an error.

// Newer attrs that tell people something and change nothing.
constexpr absl::string_view kAnnotations[] = {"debug_name", "grad_a", "grad_b",
                                              "grad_x",     "grad_y", "metadata"};

// Types and numbers among the newer attrs have no value that is neutral by itself: of each, the
// value that says what the op did before it had the attr.
struct NewerType {
  absl::string_view op_prefix;
  absl::string_view attr;
  DataType neutral;
};
constexpr NewerType kNewerTypes[] = {
    {"ConcatOffset", "shape_type", DT_INT32},
    {"IRFFT", "Tcomplex", DT_COMPLEX64},
    {"IRFFT", "Treal", DT_FLOAT},
    {"RFFT", "Tcomplex", DT_COMPLEX64},
    {"RFFT", "Treal", DT_FLOAT},
    {"SparseSegment", "Tsegmentids", DT_INT32},
    {"TensorListGetItem", "Tshape", DT_INT32},
    {"TopKV2", "Tk", DT_INT32},
    {"TopKV2", "index_type", DT_INT32},
};

struct NewerFloat {
  absl::string_view op_prefix;
  absl::string_view attr;
  float neutral;
};
constexpr NewerFloat kNewerFloats[] = {{"FusedBatchNorm", "exponential_avg_factor", 1}};

// True when `table` has the attr of the op, and with this value.
template <typename Row, size_t kRows, typename Value>
bool IsNeutral(const Row (&table)[kRows], absl::string_view op, absl::string_view attr,
               Value value) {
  return std::any_of(table, table + kRows, [&](const Row& row) {
    return absl::StartsWith(op, row.op_prefix) && attr == row.attr && value == row.neutral;
  });
}

// An input of a NodeDef: "node", "node:2" or "^node".
struct InputName {
  absl::string_view node;
  int index = 0;
  bool is_control = false;
};

absl::StatusOr<InputName> ParseInput(absl::string_view text) {
  InputName input;
  input.is_control = absl::ConsumePrefix(&text, "^");
  input.node = text;
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return input;
  if (input.is_control) {
    return InvalidArgument("Control input '^", text, "' must not have ':' in NodeDef");
  }
  input.node = text.substr(0, colon);
  if (!absl::SimpleAtoi(text.substr(colon + 1), &input.index) || input.index < 0) {
    return InvalidArgument("input '", text, "' is not a tensor name");
  }
  return input;
}

// True when an attr that our declaration of the op does not have says what we do anyway: its value
// is the producer's default, or, when the producer's declarations are not at hand and it is newer
// than ours, the neutral value that new attrs take.
bool IsHarmless(absl::string_view op, const std::string& name, const AttrValue& value,
                const OpDef* producer_op, int producer) {
  if (std::find(std::begin(kAnnotations), std::end(kAnnotations), name) != std::end(kAnnotations)) {
    return true;
  }
  // Newer ones choose whether to; ours always do.
  if (op == "AssignVariableOp" && name == "validate_shape") return true;
  // Producers of 1.15 already wrote it. True is the behaviour before there was a choice.
  if (name == "incompatible_shape_error" && value.b()) return true;
  if (producer_op != nullptr) {
    for (const auto& attr : producer_op->attr()) {
      if (attr.name() != name) continue;
      return attr.has_default_value() &&
             attr.default_value().SerializeAsString() == value.SerializeAsString();
    }
  }
  if (producer <= kOurProducer) return false;
  switch (value.value_case()) {
    case AttrValue::kS: return value.s().empty();
    case AttrValue::kI: return value.i() == 0;
    case AttrValue::kB: return !value.b();
    case AttrValue::kList: return value.list().ByteSizeLong() == 0;
    case AttrValue::kType: return IsNeutral(kNewerTypes, op, name, value.type());
    case AttrValue::kF: return IsNeutral(kNewerFloats, op, name, value.f());
    default: return false;
  }
}

class Importer {
 public:
  Importer(const GraphDef& def, Graph& graph, const ImportOptions& options)
      : def_(def), graph_(graph), options_(options), first_new_(graph.num_nodes()) {}

  absl::Status Run() {
    absl::Status status = AddAll();
    if (!status.ok()) graph_.Truncate(first_new_);
    return status;
  }

 private:
  absl::Status AddAll() {
    RETURN_IF_ERROR(CheckVersions());
    for (const auto& [name, endpoint] : options_.input_map) input_map_.emplace(name, endpoint);
    if (options_.producer_ops != nullptr) {
      for (const OpDef& op : options_.producer_ops->op()) producer_ops_.emplace(op.name(), &op);
    }
    index_.reserve(def_.node_size());
    for (int i = 0; i < def_.node_size(); ++i) {
      if (!index_.emplace(def_.node(i).name(), i).second) {
        return InvalidArgument("Node '", def_.node(i).name(), "' is not unique");
      }
    }
    state_.assign(def_.node_size(), kUnseen);
    ids_.assign(def_.node_size(), -1);
    for (int i = 0; i < def_.node_size(); ++i) RETURN_IF_ERROR(AddWithInputs(i));
    RETURN_IF_ERROR(CloseLoops());
    return AddLibrary();
  }

  enum State : uint8_t { kUnseen, kOpen, kDone };
  struct Frame {
    int node;
    int next_input;
  };

  absl::Status CheckVersions() const {
    const VersionDef& versions = def_.versions();
    if (versions.min_consumer() > kOurProducer) {
      return InvalidArgument("GraphDef min consumer version ", versions.min_consumer(),
                             " above current version ", kOurProducer, " for Weir");
    }
    for (int bad : versions.bad_consumers()) {
      if (bad == kOurProducer) {
        return InvalidArgument("GraphDef disallows consumer version ", bad);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Fail(const NodeDef& node, const absl::Status& status) const {
    return Annotate(status, absl::StrCat(node.op(), " '", node.name(), "': "));
  }

  // Depth first with a stack of its own, so that nodes keep the file's order where it is a valid
  // one, deep graphs need no recursion, and a cycle is found with a node on it.
  absl::Status AddWithInputs(int root) {
    if (state_[root] != kUnseen) return absl::OkStatus();
    std::vector<Frame> stack = {{root, 0}};
    state_[root] = kOpen;
    while (!stack.empty()) {
      Frame& frame = stack.back();
      const NodeDef& node = def_.node(frame.node);
      if (frame.next_input == node.input_size()) {
        if (absl::Status status = Add(frame.node); !status.ok()) return Fail(node, status);
        state_[frame.node] = kDone;
        stack.pop_back();
        continue;
      }
      const std::string& text = node.input(frame.next_input++);
      if (input_map_.contains(text)) continue;
      absl::StatusOr<InputName> input = ParseInput(text);
      if (!input.ok()) return Fail(node, input.status());
      const auto it = index_.find(input->node);
      if (it == index_.end() && Existing(input->node) != nullptr) continue;
      if (it == index_.end()) {
        return Fail(node, InvalidArgument("input '", text, "' does not exist in the graph"));
      }
      const int source = it->second;
      if (IsBackEdge(node, source)) continue;
      if (state_[source] == kOpen) {
        return Fail(node, InvalidArgument("is part of a cycle through '", input->node, "'"));
      }
      if (state_[source] == kUnseen) {
        state_[source] = kOpen;
        stack.push_back({source, 0});
      }
    }
    return absl::OkStatus();
  }

  bool IsBackEdge(const NodeDef& node, int source) const {
    const std::string& from = def_.node(source).op();
    return (from == "NextIteration" || from == "RefNextIteration") &&
           (node.op() == "Merge" || node.op() == "RefMerge");
  }

  // A node that the graph had before, which an extension may use.
  const Node* Existing(absl::string_view name) const {
    const Node* node = options_.prefix.empty() ? graph_.Find(name) : nullptr;
    return node != nullptr && node->id() < first_new_ ? node : nullptr;
  }

  absl::Status Add(int i) {
    const NodeDef& node = def_.node(i);
    NodeSpec spec;
    spec.name = WithPrefix(node.name());
    spec.op = node.op();
    spec.device = node.device();
    bool seen_control = false;
    for (const std::string& text : node.input()) {
      if (const auto mapped = input_map_.find(text); mapped != input_map_.end()) {
        spec.inputs.push_back(mapped->second);
        continue;
      }
      ASSIGN_OR_RETURN(const InputName input, ParseInput(text));
      const auto inside = index_.find(input.node);
      const int source = inside == index_.end() ? -1 : inside->second;
      const NodeId source_id = source < 0 ? Existing(input.node)->id() : ids_[source];
      if (input.is_control) {
        seen_control = true;
        spec.control_inputs.push_back(source_id);
        continue;
      }
      if (seen_control) {
        return InvalidArgument("Control dependencies must come after regular dependencies");
      }
      if (source >= 0 && IsBackEdge(node, source)) {
        // Stands in until CloseLoops: the loop's entry, of the same type.
        if (spec.inputs.empty()) return InvalidArgument("a loop's Merge needs its Enter first");
        back_edges_.push_back({i, static_cast<int>(spec.inputs.size()), source, input.index});
        spec.inputs.push_back(spec.inputs[0]);
        continue;
      }
      const Node& from = graph_.node(source_id);
      if (input.index >= from.num_outputs()) {
        return InvalidArgument("input '", text, "' does not exist: ", from.Description(), " has ",
                               from.num_outputs(), " outputs");
      }
      spec.inputs.push_back({source_id, input.index});
    }
    RETURN_IF_ERROR(TakeAttrs(node, &spec));
    absl::StatusOr<NodeId> id = graph_.AddNode(std::move(spec));
    if (!id.ok()) {
      // AddNode names the node itself.
      absl::string_view message = id.status().message();
      absl::ConsumePrefix(&message, absl::StrCat(node.op(), " '", WithPrefix(node.name()), "': "));
      return absl::Status(id.status().code(), message);
    }
    ids_[i] = *id;
    return absl::OkStatus();
  }

  absl::Status TakeAttrs(const NodeDef& node, NodeSpec* spec) {
    const OpSpec* op = graph_.registry().Find(node.op());
    const auto producer_op = producer_ops_.find(node.op());
    const OpDef* theirs = producer_op == producer_ops_.end() ? nullptr : producer_op->second;
    for (const auto& [name, value] : node.attr()) {
      if (name == "_output_shapes") continue;
      const bool unknown = op != nullptr && op->FindAttr(name) < 0 && !absl::StartsWith(name, "_");
      if (unknown && IsHarmless(node.op(), name, value, theirs, def_.versions().producer())) {
        continue;
      }
      if (unknown && def_.versions().producer() > kOurProducer) {
        return Unimplemented("the op has no attr '", name, "', which a newer producer set to ",
                             value.ShortDebugString().substr(0, kShownBytes));
      }
      spec->attrs.Set(name, value);
    }
    if (!options_.prefix.empty()) {
      absl::StatusOr<std::vector<std::string>> groups =
          spec->attrs.Get<std::vector<std::string>>("_class");
      if (groups.ok()) {
        for (std::string& group : *groups) {
          absl::string_view name = group;
          if (absl::ConsumePrefix(&name, "loc:@")) group = absl::StrCat("loc:@", WithPrefix(name));
        }
        spec->attrs.Set("_class", MakeAttr(*groups));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CloseLoops() {
    for (const BackEdge& edge : back_edges_) {
      RETURN_IF_ERROR(
          graph_.SetBackEdge(ids_[edge.merge], edge.input, {ids_[edge.from], edge.index}));
    }
    return absl::OkStatus();
  }

  // The last step: nothing after it can fail, so there is no library to take back.
  absl::Status AddLibrary() {
    if (!def_.has_library()) return absl::OkStatus();
    if (graph_.library == nullptr) {
      graph_.library = std::make_shared<const FunctionDefLibrary>(def_.library());
      return absl::OkStatus();
    }
    absl::flat_hash_map<absl::string_view, const FunctionDef*> known;
    for (const FunctionDef& function : graph_.library->function()) {
      known.emplace(function.signature().name(), &function);
    }
    auto merged = std::make_shared<FunctionDefLibrary>(*graph_.library);
    for (const FunctionDef& function : def_.library().function()) {
      const auto it = known.find(function.signature().name());
      if (it == known.end()) {
        *merged->add_function() = function;
      } else if (!MessageDifferencer::Equals(*it->second, function)) {
        return InvalidArgument("Cannot add function '", function.signature().name(),
                               "' because a different function with the same name already exists.");
      }
    }
    merged->mutable_gradient()->MergeFrom(def_.library().gradient());
    graph_.library = std::move(merged);
    return absl::OkStatus();
  }

  std::string WithPrefix(absl::string_view name) const {
    return options_.prefix.empty() ? std::string(name) : absl::StrCat(options_.prefix, "/", name);
  }

  struct BackEdge {
    int merge, input, from, index;
  };

  const GraphDef& def_;
  Graph& graph_;
  const ImportOptions& options_;
  const NodeId first_new_;
  absl::flat_hash_map<absl::string_view, int> index_;
  absl::flat_hash_map<std::string, Endpoint> input_map_;
  absl::flat_hash_map<absl::string_view, const OpDef*> producer_ops_;
  std::vector<State> state_;
  std::vector<NodeId> ids_;
  std::vector<BackEdge> back_edges_;
};

}  // namespace

absl::Status ImportGraphDef(const GraphDef& def, Graph& graph, const ImportOptions& options) {
  return Importer(def, graph, options).Run();
}

absl::Status ImportGraphDef(const GraphDef& def, const Scope& scope, const ImportOptions& options) {
  GraphState& state = *scope.state();
  const int first = state.graph.num_nodes();
  RETURN_IF_ERROR(ImportGraphDef(def, state.graph, options));
  for (NodeId id = first; id < state.graph.num_nodes(); ++id) {
    (void)state.UniqueName(state.graph.node(id).name());
  }
  return absl::OkStatus();
}

void ExportGraphDef(const Graph& graph, GraphDef* def) {
  def->Clear();
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    NodeDef* out = def->add_node();
    out->set_name(node.name());
    out->set_op(node.op().name);
    out->set_device(node.device());
    for (const Endpoint& e : node.inputs()) out->add_input(graph.EndpointName(e));
    for (NodeId control : node.control_inputs()) {
      out->add_input(absl::StrCat("^", graph.node(control).name()));
    }
    for (const auto& [name, value] : node.attrs().entries()) (*out->mutable_attr())[name] = *value;
  }
  if (graph.library != nullptr) *def->mutable_library() = *graph.library;
  def->mutable_versions()->set_producer(graph.producer);
  if (graph.min_consumer != 0) def->mutable_versions()->set_min_consumer(graph.min_consumer);
}

std::vector<std::string> UnknownOps(const GraphDef& def, const OpRegistry& registry) {
  absl::flat_hash_set<absl::string_view> functions;
  for (const FunctionDef& function : def.library().function()) {
    functions.insert(function.signature().name());
  }
  std::map<std::string, int> counts;
  const auto count = [&](const NodeDef& node) {
    if (registry.Find(node.op()) == nullptr) ++counts[node.op()];
  };
  for (const NodeDef& node : def.node()) count(node);
  for (const FunctionDef& function : def.library().function()) {
    for (const NodeDef& node : function.node_def()) count(node);
  }
  std::vector<std::string> lines;
  for (const auto& [op, n] : counts) {
    lines.push_back(absl::StrCat(op, functions.contains(op) ? " (function, " : " (", n,
                                 n == 1 ? " node)" : " nodes)"));
  }
  return lines;
}

}  // namespace weir
