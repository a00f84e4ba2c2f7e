#ifndef WEIR_GRAPH_GRAPH_H_
#define WEIR_GRAPH_GRAPH_H_

// The in-memory graph: nodes with integer ids in an order in which every input comes before its
// user (but for the back edges of loops), append-only.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "weir/core/shape.h"
#include "weir/graph/attrs.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/partial_value.h"

namespace weir {

class FunctionDefLibrary;
class GraphDef;
class VersionDef;

using NodeId = int32_t;

// Output `index` of node `node`.
struct Endpoint {
  NodeId node = -1;
  int32_t index = 0;

  bool valid() const { return node >= 0; }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Endpoint& e) {
    return H::combine(std::move(h), e.node, e.index);
  }
};

// What AddNode needs to know.
struct NodeSpec {
  std::string name;
  std::string op;
  std::vector<Endpoint> inputs;
  std::vector<NodeId> control_inputs;
  std::string device;
  AttrMap attrs;
  std::string location;  // "train.cc:42", or empty when unknown.
};

// A node of a graph. Immutable but for `inputs` of Merge nodes (back edges come later).
class Node {
 public:
  NodeId id() const { return id_; }
  const std::string& name() const { return name_; }
  const OpSpec& op() const { return *op_; }
  const std::string& device() const { return device_; }
  const std::string& location() const { return location_; }
  const AttrMap& attrs() const { return attrs_; }

  absl::Span<const Endpoint> inputs() const { return inputs_; }
  absl::Span<const NodeId> control_inputs() const { return control_inputs_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(output_types_.size()); }
  DataType input_type(int i) const { return input_types_[i]; }  // As the op declares: maybe a ref.
  DataType output_type(int i) const { return output_types_[i]; }
  const PartialShape& output_shape(int i) const { return output_shapes_[i]; }
  // What is known of output i before a run; nullptr: nothing. Small integer tensors only.
  const PartialInts* output_value(int i) const {
    return i == 0 && value_ != nullptr ? value_.get() : nullptr;
  }

  // "MatMul 'fc1/MatMul' (train.cc:42)": how errors name the node.
  std::string Description() const;

 private:
  friend class Graph;
  NodeId id_ = -1;
  std::string name_;
  const OpSpec* op_ = nullptr;
  std::string device_;
  std::string location_;
  AttrMap attrs_;
  std::vector<Endpoint> inputs_;
  std::vector<NodeId> control_inputs_;
  std::vector<DataType> input_types_;
  std::vector<DataType> output_types_;
  std::vector<PartialShape> output_shapes_;
  std::shared_ptr<const PartialInts> value_;
};

// Thread rule: const calls from any threads while nobody calls a non-const one.
class Graph {
 public:
  // REQUIRES: `registry` outlives the graph.
  explicit Graph(const OpRegistry& registry) : registry_(&registry) {}

  const OpRegistry& registry() const { return *registry_; }
  int num_nodes() const { return static_cast<int>(nodes_.size()); }
  const Node& node(NodeId id) const { return nodes_[id]; }
  // nullptr when there is no such node.
  const Node* Find(absl::string_view name) const;

  DataType type(Endpoint e) const { return nodes_[e.node].output_type(e.index); }
  const PartialShape& shape(Endpoint e) const { return nodes_[e.node].output_shape(e.index); }

  // Checks `spec` against the op's signature, fills default attrs, infers output types, shapes and
  // known values, and appends the node. On an error, which names the node, nothing changes.
  absl::StatusOr<NodeId> AddNode(NodeSpec spec);

  // Replaces input `index` of a Merge node by a back edge. Used by import of loops.
  absl::Status SetBackEdge(NodeId merge, int index, Endpoint from);

  // Takes back the nodes from id `num_nodes` on: how a step of several nodes that fails leaves the
  // graph as it was. REQUIRES: no node before that reads one of them.
  void Truncate(int num_nodes);

  // Narrows the inferred shape of an output, as a client that knows more may.
  absl::Status MergeShape(Endpoint e, const PartialShape& shape);

  // "name" or "name:index" or "^name" is not accepted here: "name:index" with ":0" optional.
  // NotFound / InvalidArgument naming the text.
  absl::StatusOr<Endpoint> FindEndpoint(absl::string_view tensor_name) const;
  std::string EndpointName(Endpoint e) const;  // "node" or "node:1"

  // Functions and versions of an imported GraphDef, kept for export.
  std::shared_ptr<const FunctionDefLibrary> library;
  int producer = 134;
  int min_consumer = 0;

 private:
  const OpRegistry* registry_;
  std::deque<Node> nodes_;
  absl::flat_hash_map<absl::string_view, NodeId> by_name_;  // Keys live in the nodes.

 public:
  // Copies re-key the name table onto their own nodes.
  Graph(const Graph& other);
  Graph& operator=(const Graph&) = delete;
};

}  // namespace weir

#endif  // WEIR_GRAPH_GRAPH_H_
