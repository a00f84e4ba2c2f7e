#ifndef WEIR_TOOLS_RUN_GRAPH_OUTPUT_H_
#define WEIR_TOOLS_RUN_GRAPH_OUTPUT_H_

#include <string>
#include <vector>

#include "weir/core/tensor.h"
#include "weir/proto/config.pb.h"
#include "weir/tools/run_graph/steps.h"

namespace weir::run_graph {

// Names and messages from a graph, fit for a terminal: control characters are written as "\\n" or
// "\\x1b", all else stays.
std::string Printable(absl::string_view text);

// "a/b:1" -> "a_b_1.npy".
std::string FileNameFor(const std::string& fetch);

// "name: float [2] {1, 2}", a line each.
std::string ResultsAsText(const std::vector<std::string>& names, const std::vector<Tensor>& values);

// One object {"name": {"dtype": ..., "shape": [...], "values": [...]}}, values flat in row-major
// order, a name that occurs again only once. Times, if given, are its member "--benchmark", which
// no tensor can be called.
std::string ResultsAsJson(const std::vector<std::string>& names, const std::vector<Tensor>& values,
                          const StepTimes* times);

// One .npy file behind the other, as numpy.load reads them from a stream. InvalidArgument for types
// that NumPy lacks.
absl::StatusOr<std::string> ResultsAsNpy(const std::vector<std::string>& names,
                                         const std::vector<Tensor>& values);

std::string TimesAsText(const StepTimes& times);

// A timeline in the Trace Event format.
std::string TraceJson(const RunMetadata& metadata);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_OUTPUT_H_
