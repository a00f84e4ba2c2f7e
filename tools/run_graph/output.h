#ifndef WEIR_TOOLS_RUN_GRAPH_OUTPUT_H_
#define WEIR_TOOLS_RUN_GRAPH_OUTPUT_H_

#include <ostream>
#include <string>
#include <vector>

#include "weir/core/env.h"
#include "weir/core/tensor.h"
#include "weir/proto/config.pb.h"

namespace weir::run_graph {

// "a/b:1" -> "a_b_1.npy".
std::string FileNameFor(const std::string& fetch);

// Prints results as "name: float [2] {1, 2}" lines, or as one JSON object
// {"name": {"dtype": ..., "shape": [...], "values": [...]}}, values flat in row-major order.
void PrintText(const std::vector<std::string>& names, const std::vector<Tensor>& values,
               std::ostream& out);
void PrintJson(const std::vector<std::string>& names, const std::vector<Tensor>& values,
               std::ostream& out);

// A timeline in the Trace Event format.
std::string TraceJson(const RunMetadata& metadata);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_OUTPUT_H_
