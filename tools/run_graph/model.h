#ifndef WEIR_TOOLS_RUN_GRAPH_MODEL_H_
#define WEIR_TOOLS_RUN_GRAPH_MODEL_H_

#include <ostream>
#include <string>

#include "weir/core/env.h"
#include "weir/graph/graph.h"
#include "weir/proto/meta_graph.pb.h"
#include "weir/runtime/kernel.h"

namespace weir::run_graph {

// Reads a model: a MetaGraphDef when the name ends in ".meta", a text GraphDef for ".pbtxt", and
// otherwise whichever of the two forms of a GraphDef the content is. A GraphDef becomes a
// MetaGraphDef of just that graph. A pipe is read to its end. Fields that are not known are
// skipped, in either form: newer producers write more. DataLoss, naming the file and where it stops
// making sense, when it is neither.
absl::StatusOr<MetaGraphDef> ReadModel(Env& env, const std::string& path);

// Prints what a newcomer to the model wants to know; everything that is unsupported at once.
void PrintSummary(const GraphDef& def, const OpRegistry& ops, const KernelRegistry& kernels,
                  std::ostream& out);

// Prints, per op of the graph, the kernels in the order in which they are asked.
void PrintKernels(const Graph& graph, const KernelRegistry& kernels, std::ostream& out);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_MODEL_H_
