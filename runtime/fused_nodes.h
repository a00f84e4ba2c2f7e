#ifndef WEIR_RUNTIME_FUSED_NODES_H_
#define WEIR_RUNTIME_FUSED_NODES_H_

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "weir/runtime/placer.h"

namespace weir {

// Chains of a program's nodes that one kernel of a device computes: a MatMul or Conv2D, the bias
// that is added to it by BiasAdd or an Add, and maybe a Relu are one _FusedMatMul or _FusedConv2D.
// A chain is fused when all of it is on one device, not the host, and nobody else sees what is
// inside of it: no other node, fetch, feed, target or control edge.
class FusedNodes {
 public:
  // Finds the chains among the nodes that are `needed`. `visible` are those whose outputs are fed
  // or fetched, or that are targets. Linear in the nodes and edges.
  void Find(const Graph& graph, const std::vector<bool>& needed,
            const absl::flat_hash_set<NodeId>& visible, const Placement& placement,
            absl::Span<Device* const> devices, const KernelRegistry& kernels);

  // Whether the node is in a chain, before its end.
  bool IsInside(NodeId id) const { return inside_.contains(id); }
  // What is to be computed in a node's place: the chain that ends there, or else the node itself.
  // The inputs of a chain are those of its nodes, in order, but for what they have from each other.
  const Node& ComputedAt(const Node& node) const;
  // The place of such a node in the graph.
  NodeId PlaceOf(const Node& node) const;

  // Holds the nodes that compute chains.
  std::shared_ptr<const Graph> nodes() const { return nodes_; }

 private:
  struct Chain;
  void Add(const Graph& graph, const Chain& chain);
  absl::StatusOr<NodeId> AddNode(const Graph& graph, const Chain& chain);

  std::shared_ptr<Graph> nodes_;
  absl::flat_hash_set<NodeId> inside_;
  absl::flat_hash_map<NodeId, NodeId> by_end_;  // From the graph's ids to those of nodes_.
  std::vector<NodeId> ends_;                    // The other way round.
};

}  // namespace weir

#endif  // WEIR_RUNTIME_FUSED_NODES_H_
