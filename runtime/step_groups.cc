#include "weir/runtime/step_groups.h"

#include <algorithm>
#include <limits>
#include <list>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"

namespace weir {
namespace {

constexpr NodeId kLast = std::numeric_limits<NodeId>::max();

bool UsesAnUnknown(const StepUse& step) {
  return absl::c_linear_search(step.variables, kUnknownVariable);
}

class Grouping {
 public:
  std::vector<std::vector<uint32_t>> Run(absl::Span<const StepUse> steps) {
    for (uint32_t i = 0; i < steps.size(); ++i) {
      CloseBefore(steps[i]);
      if (steps[i].kind.empty() || UsesAnUnknown(steps[i])) {
        order_.push_back({i});
      } else {
        Join(steps[i], i);
      }
    }
    CloseUpTo(kLast);
    return std::move(order_);
  }

 private:
  // Steps that wait for others of their kind.
  struct Group {
    std::string kind;
    NodeId first = -1;  // The first of their nodes.
    std::vector<uint32_t> steps = {};
    std::vector<int> variables = {};
  };
  using Groups = std::list<Group>;  // In the order of their first nodes.

  void CloseBefore(const StepUse& step) {
    CloseUpTo(UsesAnUnknown(step) ? kLast : step.after);
    for (int variable : step.variables) {
      const auto user = users_.find(variable);
      if (user != users_.end()) Close(user->second);
    }
  }

  // Closes the groups that have a node up to `node`.
  void CloseUpTo(NodeId node) {
    while (!open_.empty() && open_.front().first <= node) Close(open_.begin());
  }

  void Close(Groups::iterator group) {
    by_kind_.erase(group->kind);
    for (int variable : group->variables) users_.erase(variable);
    order_.push_back(std::move(group->steps));
    open_.erase(group);
  }

  void Join(const StepUse& step, uint32_t position) {
    const auto [it, is_new] = by_kind_.try_emplace(step.kind);
    if (is_new) {
      it->second = open_.insert(open_.end(), Group{.kind = step.kind, .first = step.node});
    }
    it->second->steps.push_back(position);
    for (int variable : step.variables) {
      it->second->variables.push_back(variable);
      users_.emplace(variable, it->second);
    }
  }

  Groups open_;
  absl::flat_hash_map<std::string, Groups::iterator> by_kind_;
  absl::flat_hash_map<int, Groups::iterator> users_;  // By variable.
  std::vector<std::vector<uint32_t>> order_;
};

}  // namespace

std::vector<NodeId> LatestAncestors(const Graph& graph, const std::vector<bool>& needed,
                                    const std::vector<bool>& marked) {
  std::vector<NodeId> latest(graph.num_nodes(), -1);
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    if (!needed[id]) continue;
    const auto comes_after = [&](NodeId before) {
      latest[id] = std::max({latest[id], latest[before], marked[before] ? before : -1});
    };
    for (const Endpoint& e : graph.node(id).inputs()) comes_after(e.node);
    for (NodeId control : graph.node(id).control_inputs()) comes_after(control);
  }
  return latest;
}

std::vector<std::vector<uint32_t>> GroupSteps(absl::Span<const StepUse> steps) {
  return Grouping().Run(steps);
}

}  // namespace weir
