#ifndef WEIR_TOOLS_RUN_GRAPH_PIPE_H_
#define WEIR_TOOLS_RUN_GRAPH_PIPE_H_

#include <cstdint>
#include <string>

#include "weir/core/status.h"

namespace weir::run_graph {

// Reads a pipe, such as /dev/stdin or a shell's <(...), to its end. FailedPrecondition for what is
// no pipe, and for one that nobody has open for writing, which might never end;
// ResourceExhausted when more than `limit` bytes come.
absl::StatusOr<std::string> ReadPipe(const std::string& path, uint64_t limit);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_PIPE_H_
