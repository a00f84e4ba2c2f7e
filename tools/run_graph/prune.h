#ifndef WEIR_TOOLS_RUN_GRAPH_PRUNE_H_
#define WEIR_TOOLS_RUN_GRAPH_PRUNE_H_

#include <string>
#include <vector>

#include "weir/graph/op_spec.h"
#include "weir/proto/meta_graph.pb.h"

namespace weir::run_graph {

// Removes the nodes that none of the `wanted` tensors and operations depends on, and from the lists
// of variables those that are gone. What lies behind the tensors in `feeds` goes too: a node of
// which only a fed output 0 is needed becomes a Placeholder. Names that do not exist change
// nothing: whoever uses them says so.
void Prune(const std::vector<std::string>& wanted, const std::vector<std::string>& feeds,
           const OpRegistry& ops, MetaGraphDef* meta);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_PRUNE_H_
