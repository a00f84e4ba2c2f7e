#include "weir/runtime/fused_nodes.h"

#include <string>

#include "weir/graph/op_spec.h"
#include "weir/proto/attr_value.pb.h"

namespace weir {
namespace {

// An op that may begin a chain, and the chain's.
struct FusedOp {
  const char* product;
  const char* fused;
  absl::Span<const char* const> attrs;  // Which both have.
};
constexpr const char* kMatMulAttrs[] = {"transpose_a", "transpose_b", "T"};
constexpr const char* kConv2DAttrs[] = {
    "strides", "use_cudnn_on_gpu", "padding", "explicit_paddings", "data_format", "dilations", "T"};
constexpr FusedOp kFusedOps[] = {
    {"MatMul", "_FusedMatMul", kMatMulAttrs},
    {"Conv2D", "_FusedConv2D", kConv2DAttrs},
};

bool Is(const Node& node, absl::string_view op) { return node.op().name == op; }

bool HasFusedType(const Node& node) {
  const DataType type = node.attrs().Value<DataType>("T");
  return type == DT_FLOAT || type == DT_HALF || type == DT_BFLOAT16;
}

// How many look at each node's outputs; those that must stay count as several.
std::vector<int> CountReaders(const Graph& graph, const std::vector<bool>& needed,
                              const absl::flat_hash_set<NodeId>& visible) {
  constexpr int kSeveral = 2;
  std::vector<int> readers(graph.num_nodes(), 0);
  for (NodeId id : visible) readers[id] += kSeveral;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    if (!needed[id]) continue;
    for (const Endpoint& e : graph.node(id).inputs()) ++readers[e.node];
    for (NodeId control : graph.node(id).control_inputs()) readers[control] += kSeveral;
  }
  return readers;
}

}  // namespace

struct FusedNodes::Chain {
  const FusedOp* op = nullptr;
  const Node* product = nullptr;
  const Node* bias = nullptr;  // The node that adds it, as its input `bias_input`.
  int bias_input = 1;
  const Node* relu = nullptr;

  const Node& end() const { return relu != nullptr ? *relu : *bias; }
};

namespace {

// Whether input `i` of an Add is a vector with an element for each of the last dimension of its
// other input.
bool IsVectorOfLast(const Graph& graph, const Node& add, int i) {
  const PartialShape& bias = graph.shape(add.inputs()[i]);
  const PartialShape& product = graph.shape(add.inputs()[1 - i]);
  return bias.known_rank() && bias.rank() == 1 && bias.dim(0) >= 0 && product.known_rank() &&
         product.rank() > 1 && product.dim(-1) == bias.dim(0);
}

// The input of `node` that is added to all of the other one, or -1.
int BiasInput(const Graph& graph, const Node& node) {
  if (Is(node, "BiasAdd")) return 1;
  if (!Is(node, "Add") && !Is(node, "AddV2")) return -1;
  for (const int i : {1, 0}) {
    if (IsVectorOfLast(graph, node, i)) return i;
  }
  return -1;
}

// Where the channels of what the node takes or gives are; an Add of a vector has them last.
std::string DataFormat(const Node& node) {
  const bool has_format = Is(node, "BiasAdd") || Is(node, "Conv2D");
  return has_format ? node.attrs().Value<std::string>("data_format") : "NHWC";
}

}  // namespace

void FusedNodes::Find(const Graph& graph, const std::vector<bool>& needed,
                      const absl::flat_hash_set<NodeId>& visible, const Placement& placement,
                      absl::Span<Device* const> devices, const KernelRegistry& kernels) {
  // By device; the host's nodes stay single.
  std::vector<std::vector<const FusedOp*>> ops(devices.size());
  for (size_t d = 1; d < devices.size(); ++d) {
    for (const FusedOp& op : kFusedOps) {
      if (!kernels.Find(op.fused, devices[d]->type()).empty()) ops[d].push_back(&op);
    }
  }
  const std::vector<int> readers = CountReaders(graph, needed, visible);
  // The node that input i of `node` comes from, if nobody else sees it and it is on the same
  // device.
  const auto own_input = [&](const Node& node, int i) -> const Node* {
    const NodeId id = node.inputs()[i].node;
    return readers[id] == 1 && placement[id] == placement[node.id()] ? &graph.node(id) : nullptr;
  };
  const auto match_bias = [&](const Node& node, Chain* chain) {
    chain->bias_input = BiasInput(graph, node);
    if (chain->bias_input < 0) return false;
    chain->bias = &node;
    chain->product = own_input(node, 1 - chain->bias_input);
    if (chain->product == nullptr) return false;
    for (const FusedOp* op : ops[placement[node.id()]]) {
      if (Is(*chain->product, op->product)) chain->op = op;
    }
    return chain->op != nullptr && HasFusedType(*chain->product) &&
           DataFormat(node) == DataFormat(*chain->product);
  };
  // From the end, so that a Relu takes the bias before it along.
  for (NodeId id = graph.num_nodes() - 1; id >= 0; --id) {
    if (!needed[id] || ops[placement[id]].empty() || inside_.contains(id)) continue;
    const Node& node = graph.node(id);
    Chain chain;
    if (Is(node, "Relu")) {
      const Node* const before = own_input(node, 0);
      chain.relu = &node;
      if (before != nullptr && match_bias(*before, &chain)) Add(graph, chain);
    } else if (match_bias(node, &chain)) {
      Add(graph, chain);
    }
  }
}

void FusedNodes::Add(const Graph& graph, const Chain& chain) {
  if (nodes_ == nullptr) nodes_ = std::make_shared<Graph>(graph.registry());
  const int before = nodes_->num_nodes();
  const absl::StatusOr<NodeId> made = AddNode(graph, chain);
  if (!made.ok()) {  // The nodes say what is wrong themselves.
    nodes_->Truncate(before);
    return;
  }
  ends_.resize(static_cast<size_t>(*made) + 1, -1);
  ends_[*made] = chain.end().id();
  by_end_.emplace(chain.end().id(), *made);
  inside_.insert(chain.product->id());
  if (chain.relu != nullptr) inside_.insert(chain.bias->id());
}

absl::StatusOr<NodeId> FusedNodes::AddNode(const Graph& graph, const Chain& chain) {
  const Node& end = chain.end();
  NodeSpec spec;
  spec.name = end.name();
  spec.op = chain.op->fused;
  spec.device = end.device();
  spec.location = end.location();
  for (const char* attr : chain.op->attrs) {
    spec.attrs.Set(attr, *chain.product->attrs().Find(attr));
  }
  spec.attrs.Set("num_args", MakeAttr(1));
  std::vector<std::string> fused = {"BiasAdd"};
  if (chain.relu != nullptr) fused.push_back("Relu");
  spec.attrs.Set("fused_ops", MakeAttr(fused));
  for (const Endpoint e : {chain.product->inputs()[0], chain.product->inputs()[1],
                           chain.bias->inputs()[chain.bias_input]}) {
    NodeSpec input;  // Stands for what the program has there.
    input.name = absl::StrCat(end.name(), "/", spec.inputs.size());
    input.op = "Placeholder";
    input.attrs.Set("dtype", MakeAttr(RemoveRef(graph.type(e))));
    input.attrs.Set("shape", MakeAttr(graph.shape(e)));
    ASSIGN_OR_RETURN(const NodeId id, nodes_->AddNode(std::move(input)));
    spec.inputs.push_back({id, 0});
  }
  return nodes_->AddNode(std::move(spec));
}

const Node& FusedNodes::ComputedAt(const Node& node) const {
  const auto chain = by_end_.find(node.id());
  return chain == by_end_.end() ? node : nodes_->node(chain->second);
}

NodeId FusedNodes::PlaceOf(const Node& node) const {
  const bool is_chain =
      nodes_ != nullptr && node.id() < nodes_->num_nodes() && &nodes_->node(node.id()) == &node;
  return is_chain ? ends_[node.id()] : node.id();
}

}  // namespace weir
