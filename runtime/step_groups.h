#ifndef WEIR_RUNTIME_STEP_GROUPS_H_
#define WEIR_RUNTIME_STEP_GROUPS_H_

// Which steps of a program one call can compute: the updates of many variables by an optimizer are
// one, instead of one each.

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "weir/graph/graph.h"

namespace weir {

inline constexpr int kUnknownVariable = -1;

// What is known of a step that is to be ordered.
struct StepUse {
  NodeId node = -1;
  // Steps of one kind can be computed together; empty: only by itself.
  std::string kind = "";
  // The latest of the nodes that have a kind and that must come before this one; -1: none.
  NodeId after = -1;
  // The variables that it reads or updates.
  absl::InlinedVector<int, 4> variables = {};
};

// For each node, the latest of the nodes `marked` that it depends on, or -1. Looks at the nodes
// that are `needed`.
std::vector<NodeId> LatestAncestors(const Graph& graph, const std::vector<bool>& needed,
                                    const std::vector<bool>& marked);

// The positions of the steps, which are in an order in which they can run, in groups, in an order
// in which these can run. All steps of a group are of one kind, and none depends on another: they
// wait for the last of them, unless a step that comes before that depends on them or shares a
// variable with them. Nodes come before those that depend on them. Linear in the steps.
std::vector<std::vector<uint32_t>> GroupSteps(absl::Span<const StepUse> steps);

}  // namespace weir

#endif  // WEIR_RUNTIME_STEP_GROUPS_H_
