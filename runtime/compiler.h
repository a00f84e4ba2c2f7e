#ifndef WEIR_RUNTIME_COMPILER_H_
#define WEIR_RUNTIME_COMPILER_H_

#include <optional>
#include <vector>

#include "weir/graph/graph.h"
#include "weir/runtime/program.h"
#include "weir/runtime/run_state.h"

namespace weir {

// What a program is compiled for.
struct Signature {
  std::vector<Endpoint> feeds;
  std::vector<Endpoint> fetches;
  std::vector<NodeId> targets;
};

struct CompileOptions {
  bool optimize = true;  // Merge equal nodes and compute constant expressions.
  // Larger results of constant expressions are computed in every run.
  size_t fold_limit_bytes = 10 << 20;
};

// Compiles the part of `graph` that the signature needs: prunes, resolves references to variables,
// merges equal nodes, prepares every kernel whose shapes and values are known, computes constant
// expressions, and plans the memory. `feed_shapes` has a shape per feed, or nullopt where any shape
// is to do. Linear in the part's nodes and edges. Errors name the node. `context` lends resources
// and allocator to the kernels that run while compiling.
absl::StatusOr<Program> Compile(const Graph& graph, const Signature& signature,
                                absl::Span<const std::optional<Shape>> feed_shapes,
                                const KernelRegistry& kernels, RunState& context,
                                const CompileOptions& options);

}  // namespace weir

#endif  // WEIR_RUNTIME_COMPILER_H_
