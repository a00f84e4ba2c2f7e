#include "weir/runtime/freeze.h"

#include "weir/graph/import.h"
#include "weir/ops/variable.h"
#include "weir/runtime/resource_store.h"
#include "weir/runtime/variable_state.h"

namespace weir {
namespace {

absl::StatusOr<std::vector<bool>> Needed(const Graph& graph,
                                         const std::vector<std::string>& outputs) {
  std::vector<bool> needed(graph.num_nodes(), false);
  for (const std::string& output : outputs) {
    const Node* node = graph.Find(output);
    if (node == nullptr) {
      ASSIGN_OR_RETURN(const Endpoint e, graph.FindEndpoint(output));
      node = &graph.node(e.node);
    }
    needed[node->id()] = true;
  }
  for (NodeId id = graph.num_nodes() - 1; id >= 0; --id) {
    if (!needed[id]) continue;
    for (const Endpoint& e : graph.node(id).inputs()) needed[e.node] = true;
    for (NodeId control : graph.node(id).control_inputs()) needed[control] = true;
  }
  return needed;
}

absl::StatusOr<Tensor> ValueOf(const Session& session, const Node& node) {
  const std::string container = node.attrs().Value<std::string>("container");
  const std::string shared = node.attrs().Value<std::string>("shared_name");
  const std::shared_ptr<Resource> object =
      session.resources().Find(container, shared.empty() ? node.name() : shared);
  const auto* variable = dynamic_cast<const Variable*>(object.get());
  if (variable == nullptr) {
    return FailedPrecondition("Attempting to use uninitialized value ", node.name());
  }
  ASSIGN_OR_RETURN(const Tensor value, variable->Read());
  return value.OnHost();
}

void SetType(NodeDef* def, const char* attr, DataType type) {
  (*def->mutable_attr())[attr].set_type(type);
}

// Rewrites the nodes that touch a variable: the variable becomes a constant of the same name, and
// readers of a handle become readers of that constant.
class Freezer {
 public:
  explicit Freezer(const Session& session) : session_(session), graph_(session.graph()) {}

  absl::Status Rewrite(const Node& node, NodeDef* def) const {
    if (ops::IsVariableOp(node.op().name)) return MakeConstant(node, def);
    const std::string& op = node.op().name;
    if (op == "ReadVariableOp") {
      const DataType type = node.output_type(0);
      def->set_op("Identity");
      def->clear_attr();
      SetType(def, "T", type);
      return absl::OkStatus();
    }
    if (op == "ResourceGather") {
      def->set_op("Gather");
      def->clear_attr();
      SetType(def, "Tparams", node.output_type(0));
      SetType(def, "Tindices", RemoveRef(graph_.type(node.inputs()[1])));
      return absl::OkStatus();
    }
    for (const Endpoint& e : node.inputs()) {
      const bool writes = node.op().is_stateful && graph_.type(e) == DT_RESOURCE;
      if (writes ||
          (IsRefType(graph_.type(e)) && node.num_outputs() > 0 && IsRefType(node.output_type(0)))) {
        return InvalidArgument("cannot be frozen: it uses the variable '",
                               graph_.node(e.node).name(), "' for more than its value");
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status MakeConstant(const Node& node, NodeDef* def) const {
    ASSIGN_OR_RETURN(const Tensor value, ValueOf(session_, node));
    def->set_op("Const");
    def->clear_attr();
    SetType(def, "dtype", value.dtype());
    return TensorToProto(value, (*def->mutable_attr())["value"].mutable_tensor());
  }

  const Session& session_;
  const Graph& graph_;
};

}  // namespace

absl::StatusOr<GraphDef> FreezeGraph(const Session& session,
                                     const std::vector<std::string>& outputs) {
  const Graph& graph = session.graph();
  ASSIGN_OR_RETURN(const std::vector<bool> needed, Needed(graph, outputs));
  GraphDef all;
  ExportGraphDef(graph, &all);
  GraphDef frozen;
  *frozen.mutable_versions() = all.versions();
  const Freezer freezer(session);
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    if (!needed[id]) continue;
    NodeDef* def = frozen.add_node();
    def->Swap(all.mutable_node(id));
    if (absl::Status status = freezer.Rewrite(graph.node(id), def); !status.ok()) {
      return Annotate(status, absl::StrCat(graph.node(id).Description(), ": "));
    }
  }
  return frozen;
}

}  // namespace weir
