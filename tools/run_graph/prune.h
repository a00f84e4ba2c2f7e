#ifndef WEIR_TOOLS_RUN_GRAPH_PRUNE_H_
#define WEIR_TOOLS_RUN_GRAPH_PRUNE_H_

#include <string>
#include <vector>

#include "weir/proto/meta_graph.pb.h"

namespace weir::run_graph {

// Removes the nodes that none of the `wanted` tensors and operations depends on, and from the lists
// of variables those that are gone. Names that do not exist change nothing: whoever uses them says
// so.
void Prune(const std::vector<std::string>& wanted, MetaGraphDef* meta);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_PRUNE_H_
