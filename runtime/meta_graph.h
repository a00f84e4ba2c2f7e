#ifndef WEIR_RUNTIME_META_GRAPH_H_
#define WEIR_RUNTIME_META_GRAPH_H_

// MetaGraphDef in and out: a graph with its collections (variables among them) and its saver.

#include "weir/graph/import.h"
#include "weir/graph/scope.h"
#include "weir/proto/meta_graph.pb.h"

namespace weir {

// Writes the graph under construction, its collections and, if given, the saver. Variables stand in
// their collections as serialized VariableDefs, as TensorFlow writes them.
absl::Status ExportMetaGraph(const Scope& scope, const SaverDef* saver, MetaGraphDef* meta);

// Appends the graph of `meta` to the scope's and takes over its collections; variables become
// known to savers and optimizers. On an error, which names the node or the collection, nothing is
// added.
absl::Status ImportMetaGraph(const MetaGraphDef& meta, const Scope& scope);

}  // namespace weir

#endif  // WEIR_RUNTIME_META_GRAPH_H_
