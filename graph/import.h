#ifndef WEIR_GRAPH_IMPORT_H_
#define WEIR_GRAPH_IMPORT_H_

// GraphDef in and out.

#include <string>
#include <vector>

#include "weir/graph/graph.h"
#include "weir/graph/scope.h"
#include "weir/proto/graph.pb.h"

namespace weir {

class OpList;

struct ImportOptions {
  std::string prefix = "";  // Put before every name, with "/", unless empty.
  // Replaces tensors of the GraphDef ("name" or "name:1") by tensors of the graph.
  std::vector<std::pair<std::string, Endpoint>> input_map = {};
  // The producer's declarations (MetaInfoDef.stripped_op_list), which tell the defaults of attrs
  // that are newer than ours; may be nullptr.
  const OpList* producer_ops = nullptr;
};

// Appends the nodes of `def`, in an order in which inputs come first. Default attrs are filled in.
// An attr that is unknown to the op is an error, unless it comes from a newer producer and says
// what we do anyway: its default in `producer_ops`, or, where these do not have the op, the value
// that is known to be neutral. Functions join those of the graph. Linear in the size of `def`. On
// an error, which names the node, `graph` is as it was before.
absl::Status ImportGraphDef(const GraphDef& def, Graph& graph, const ImportOptions& options = {});

// The same into a graph under construction; names become taken there.
absl::Status ImportGraphDef(const GraphDef& def, const Scope& scope,
                            const ImportOptions& options = {});

// Writes all nodes, default attrs included, functions and versions.
void ExportGraphDef(const Graph& graph, GraphDef* def);

// One line per op of `def` that `registry` does not have, with the number of nodes: "Foo (3
// nodes)". Functions do not run yet, so those that nodes call are among them: "f (function, 2
// nodes)". Empty when all are there. Looks at function bodies too.
std::vector<std::string> UnknownOps(const GraphDef& def, const OpRegistry& registry);

}  // namespace weir

#endif  // WEIR_GRAPH_IMPORT_H_
