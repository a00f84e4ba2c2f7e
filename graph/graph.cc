#include "weir/graph/graph.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "weir/graph/shape_context.h"
#include "weir/graph/signature.h"

namespace weir {
namespace {

bool IsValidName(absl::string_view name) {
  if (name.empty() || name.size() > (64 << 10)) return false;
  const auto is_inner = [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-' || c == '/';
  };
  if (!absl::ascii_isalnum(name[0]) && name[0] != '.') return false;
  for (char c : name) {
    if (!is_inner(c)) return false;
  }
  return true;
}

std::string Describe(absl::string_view op, absl::string_view name, absl::string_view location) {
  return location.empty() ? absl::StrCat(op, " '", name, "'")
                          : absl::StrCat(op, " '", name, "' (", location, ")");
}

}  // namespace

std::string Node::Description() const { return Describe(op_->name, name_, location_); }

Graph::Graph(const Graph& other)
    : library(other.library),
      producer(other.producer),
      min_consumer(other.min_consumer),
      registry_(other.registry_),
      nodes_(other.nodes_) {
  by_name_.reserve(nodes_.size());
  for (const Node& node : nodes_) by_name_.emplace(node.name_, node.id_);
}

const Node* Graph::Find(absl::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &nodes_[it->second];
}

absl::StatusOr<NodeId> Graph::AddNode(NodeSpec spec) {
  const auto fail = [&](const absl::Status& status) {
    return Annotate(status, absl::StrCat(Describe(spec.op, spec.name, spec.location), ": "));
  };
  const OpSpec* op = registry_->Find(spec.op);
  if (op == nullptr) return fail(NotFound("Op type not registered '", spec.op, "'"));
  if (!IsValidName(spec.name)) return fail(InvalidArgument("is not a valid node name"));
  if (by_name_.contains(spec.name)) {
    return fail(AlreadyExists("Node name '", spec.name, "' already exists in the Graph"));
  }
  std::vector<DataType> input_types;
  input_types.reserve(spec.inputs.size());
  for (const Endpoint& e : spec.inputs) input_types.push_back(type(e));
  absl::StatusOr<BoundSignature> bound = BindSignature(*op, input_types, spec.attrs);
  if (!bound.ok()) return fail(bound.status());

  ShapeContext shapes(*this, spec.attrs, spec.inputs, bound->outputs);
  if (op->shape != nullptr) {
    if (absl::Status status = op->shape(shapes); !status.ok()) return fail(status);
  }
  const NodeId id = num_nodes();
  nodes_.emplace_back();
  Node& node = nodes_.back();
  if (op->value != nullptr) {
    std::optional<PartialInts> value = op->value(ValueContext(shapes));
    if (value.has_value() && value->values.size() <= PartialInts::kMaxValues) {
      node.value_ = std::make_shared<const PartialInts>(*std::move(value));
    }
  }
  node.id_ = id;
  node.name_ = std::move(spec.name);
  node.op_ = op;
  node.device_ = std::move(spec.device);
  node.location_ = std::move(spec.location);
  node.attrs_ = std::move(spec.attrs);
  node.inputs_ = std::move(spec.inputs);
  node.control_inputs_ = std::move(spec.control_inputs);
  node.input_types_ = std::move(bound->inputs);
  node.output_types_ = std::move(bound->outputs);
  node.output_shapes_.reserve(node.output_types_.size());
  for (int i = 0; i < shapes.num_outputs(); ++i) node.output_shapes_.push_back(shapes.Out(i));
  by_name_.emplace(node.name_, id);
  return id;
}

absl::Status Graph::SetBackEdge(NodeId merge, int index, Endpoint from) {
  Node& node = nodes_[merge];
  if (index < 0 || index >= node.num_inputs()) {
    return InvalidArgument(node.Description(), ": has no input ", index);
  }
  if (from.index < 0 || from.index >= nodes_[from.node].num_outputs()) {
    return InvalidArgument(node.Description(), ": input '", EndpointName(from),
                           "' does not exist: ", nodes_[from.node].Description(), " has ",
                           nodes_[from.node].num_outputs(), " outputs");
  }
  if (RemoveRef(type(from)) != RemoveRef(node.input_type(index))) {
    return InvalidArgument(node.Description(), ": input ", index, " must be ",
                           DataTypeName(node.input_type(index)), ", but is ",
                           DataTypeName(type(from)));
  }
  node.inputs_[index] = from;
  return absl::OkStatus();
}

void Graph::Truncate(int num_nodes) {
  while (this->num_nodes() > num_nodes) {
    by_name_.erase(nodes_.back().name_);  // Before the node: the key lives in it.
    nodes_.pop_back();
  }
}

absl::Status Graph::MergeShape(Endpoint e, const PartialShape& shape) {
  absl::StatusOr<PartialShape> merged = this->shape(e).Merge(shape);
  if (!merged.ok()) {
    return Annotate(merged.status(), absl::StrCat(nodes_[e.node].Description(), ": "));
  }
  nodes_[e.node].output_shapes_[e.index] = *std::move(merged);
  return absl::OkStatus();
}

absl::StatusOr<Endpoint> Graph::FindEndpoint(absl::string_view tensor_name) const {
  absl::string_view name = tensor_name;
  int32_t index = 0;
  if (const size_t colon = tensor_name.rfind(':'); colon != absl::string_view::npos) {
    name = tensor_name.substr(0, colon);
    if (!absl::SimpleAtoi(tensor_name.substr(colon + 1), &index)) {
      return InvalidArgument("'", tensor_name, "' is not a tensor name");
    }
  }
  const Node* node = Find(name);
  if (node == nullptr) {
    return NotFound("the tensor '", tensor_name, "' does not exist: the graph has no node '", name,
                    "'");
  }
  if (index < 0 || index >= node->num_outputs()) {
    return InvalidArgument("the tensor '", tensor_name, "' does not exist: ", node->Description(),
                           " has ", node->num_outputs(), " outputs");
  }
  return Endpoint{node->id(), index};
}

std::string Graph::EndpointName(Endpoint e) const {
  const std::string& name = nodes_[e.node].name();
  return e.index == 0 ? name : absl::StrCat(name, ":", e.index);
}

}  // namespace weir
