#include "weir/tools/run_graph/prune.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/strip.h"
#include "weir/proto/variable.pb.h"

namespace weir::run_graph {
namespace {

using Names = absl::flat_hash_set<std::string>;

// "^a/b" and "a/b:1" -> "a/b".
std::string NodeOf(absl::string_view text) {
  (void)absl::ConsumePrefix(&text, "^");
  return std::string(text.substr(0, text.rfind(':')));
}

Names Needed(const std::vector<std::string>& wanted, const GraphDef& graph) {
  absl::flat_hash_map<absl::string_view, const NodeDef*> nodes;
  for (const NodeDef& node : graph.node()) nodes.emplace(node.name(), &node);
  Names needed;
  std::vector<std::string> open;
  const auto need = [&](absl::string_view text) {
    const std::string name = NodeOf(text);
    if (nodes.contains(name) && needed.insert(name).second) open.push_back(name);
  };
  for (const std::string& name : wanted) need(name);
  while (!open.empty()) {
    const NodeDef* node = nodes.at(open.back());
    open.pop_back();
    for (const std::string& input : node->input()) need(input);
  }
  return needed;
}

void PruneVariables(const Names& needed, CollectionDef* collection) {
  CollectionDef kept;
  for (const std::string& bytes : collection->bytes_list().value()) {
    VariableDef def;
    if (!def.ParseFromString(bytes)) return;  // Holds something else.
    if (!needed.contains(NodeOf(def.variable_name()))) continue;
    for (std::string* name : {def.mutable_initializer_name(), def.mutable_snapshot_name(),
                              def.mutable_initial_value_name()}) {
      if (!needed.contains(NodeOf(*name))) name->clear();
    }
    kept.mutable_bytes_list()->add_value(def.SerializeAsString());
  }
  if (collection->has_bytes_list()) *collection = kept;
}

}  // namespace

void Prune(const std::vector<std::string>& wanted, MetaGraphDef* meta) {
  const Names needed = Needed(wanted, meta->graph_def());
  auto* nodes = meta->mutable_graph_def()->mutable_node();
  nodes->erase(std::remove_if(nodes->begin(), nodes->end(),
                              [&](const NodeDef& node) { return !needed.contains(node.name()); }),
               nodes->end());
  for (auto& [key, collection] : *meta->mutable_collection_def()) {
    PruneVariables(needed, &collection);
  }
}

}  // namespace weir::run_graph
