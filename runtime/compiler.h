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
  size_t fold_total_bytes = 64 << 20;  // Of all results of a program.
  bool soft_placement = true;          // See PlacementOptions.
  bool log_device_placement = false;   // A line per node on standard error.
};

// Compiles the part of `graph` that the signature needs for context.devices: prunes, places nodes,
// resolves references to variables, copies tensors to where they are wanted, merges equal nodes,
// prepares every kernel whose shapes and values are known, computes constant
// expressions, and plans the memory. `feed_shapes` has a shape per feed, or nullopt where any shape
// is to do. Linear in the part's nodes and edges. Errors name the node. `context` lends resources
// to the kernels that run while compiling, on the host.
absl::StatusOr<Program> Compile(const Graph& graph, const Signature& signature,
                                absl::Span<const std::optional<Shape>> feed_shapes,
                                const KernelRegistry& kernels, RunState& context,
                                const CompileOptions& options);

}  // namespace weir

#endif  // WEIR_RUNTIME_COMPILER_H_
