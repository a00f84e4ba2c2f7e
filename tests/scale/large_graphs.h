#ifndef WEIR_TESTS_SCALE_LARGE_GRAPHS_H_
#define WEIR_TESTS_SCALE_LARGE_GRAPHS_H_

// Graphs of any size, and what is done with a graph, phase by phase.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "weir/graph/scope.h"
#include "weir/proto/graph.pb.h"

namespace weir {

// A graph with one loss. What a run fetches and does is named, so that an imported copy runs too.
struct LargeGraph {
  Scope scope = Scope::Root();
  std::vector<Output> xs;  // What to differentiate by; empty: all variables.
  Output loss;
  std::vector<std::string> fetches;  // Of Run: the loss, and the gradients once they are there.
  std::string init, train;           // Operations; empty: none.
};

// Every shape, of about `n` nodes times a small constant:
//   chain      x -> tanh -> tanh -> ...
//   diamonds   a chain of sums of a tensor with itself: twice as many edges, 2^n paths
//   fan        one tensor with n consumers, all of them inputs of one AddN
//   control    a node with n data inputs and n control inputs
//   names      n nodes that all ask for the same name, in scopes that all ask for the same name
//   pieces     a vector taken apart into n tensors, which are put together again
//   variables  n scalars, trained with Adam; made anew by one init op
const std::vector<std::string>& LargeGraphShapes();

// The phases, to be called in this order. Any of them says what failed.
absl::StatusOr<LargeGraph> BuildLargeGraph(absl::string_view shape, int n);
absl::Status DifferentiateLargeGraph(LargeGraph& graph);
GraphDef ExportLargeGraph(const LargeGraph& graph);
absl::StatusOr<Graph> ImportLargeGraph(const GraphDef& def);
// Opens a session on `imported`, prepares the call and calls it once, which compiles it.
absl::Status PrepareLargeGraph(const LargeGraph& graph, const Graph& imported);

}  // namespace weir

#endif  // WEIR_TESTS_SCALE_LARGE_GRAPHS_H_
