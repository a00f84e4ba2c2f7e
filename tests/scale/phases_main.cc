// Takes graphs of each shape, of n and then of 2n nodes, through all phases, for a profiler that
// looks at the Measured functions.
//
//   phases SHAPE N [SHAPE N ...]

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>

#include "absl/types/span.h"
#include "weir/tests/scale/large_graphs.h"

namespace weir {
namespace {

// What is made on first use shall not count.
absl::Status Warm(absl::string_view shape) {
  ASSIGN_OR_RETURN(LargeGraph graph, BuildLargeGraph(shape, 3));
  RETURN_IF_ERROR(DifferentiateLargeGraph(graph));
  ASSIGN_OR_RETURN(const Graph imported, ImportLargeGraph(ExportLargeGraph(graph)));
  return PrepareLargeGraph(graph, imported);
}

}  // namespace

// Of their own and by simple names, so that the profiler finds them.
extern "C" {
[[gnu::noinline]] void MeasuredBuild(absl::string_view shape, int n,
                                     absl::StatusOr<LargeGraph>* graph) {
  *graph = BuildLargeGraph(shape, n);
}
[[gnu::noinline]] void MeasuredDifferentiate(LargeGraph* graph, absl::Status* status) {
  *status = DifferentiateLargeGraph(*graph);
}
[[gnu::noinline]] void MeasuredExport(const LargeGraph& graph, GraphDef* def) {
  *def = ExportLargeGraph(graph);
}
[[gnu::noinline]] void MeasuredImport(const GraphDef& def,
                                      std::optional<absl::StatusOr<Graph>>* graph) {
  graph->emplace(ImportLargeGraph(def));
}
[[gnu::noinline]] void MeasuredPrepare(const LargeGraph& graph, const Graph& imported,
                                       absl::Status* status) {
  *status = PrepareLargeGraph(graph, imported);
}
}

namespace {

// All that the phases make, kept to the end: the allocator's work on what was freed before would
// count for the graph that comes next.
struct Results {
  absl::StatusOr<LargeGraph> graph = absl::UnknownError("not built");
  GraphDef def;
  std::optional<absl::StatusOr<Graph>> imported;
};

absl::Status Measure(absl::string_view shape, int n, Results& results) {
  MeasuredBuild(shape, n, &results.graph);
  RETURN_IF_ERROR(results.graph.status());
  absl::Status status;
  MeasuredDifferentiate(&*results.graph, &status);
  RETURN_IF_ERROR(status);
  MeasuredExport(*results.graph, &results.def);
  MeasuredImport(results.def, &results.imported);
  RETURN_IF_ERROR(results.imported->status());
  MeasuredPrepare(*results.graph, **results.imported, &status);
  return status;
}

absl::Status Main(absl::Span<char* const> args) {
  std::deque<Results> results;
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    const int n = std::atoi(args[i + 1]);
    RETURN_IF_ERROR(Warm(args[i]));
    RETURN_IF_ERROR(Measure(args[i], n, results.emplace_back()));
    RETURN_IF_ERROR(Measure(args[i], 2 * n, results.emplace_back()));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const absl::Status status = weir::Main(absl::MakeConstSpan(argv + 1, argc - 1));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
