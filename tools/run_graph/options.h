#ifndef WEIR_TOOLS_RUN_GRAPH_OPTIONS_H_
#define WEIR_TOOLS_RUN_GRAPH_OPTIONS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/status.h"

namespace weir::run_graph {

// The command line of run_graph.
struct Options {
  std::string model;
  std::vector<std::pair<std::string, std::string>> feeds;  // Name, "@FILE.npy" or literal.
  std::vector<std::string> fetches;
  std::vector<std::string> targets;
  std::vector<std::string> inits;
  std::string checkpoint;
  std::string output_dir;
  std::string format = "text";
  std::string trace;
  std::string allow_dir;  // Where ops of the graph may touch files; empty: nowhere.
  int64_t steps = 1;
  std::string device;
  int64_t threads = 0;
  int64_t timeout_ms = 60'000;
  int64_t memory_limit = int64_t{4} << 30;
  bool list = false;
  bool benchmark = false;
  bool explain_kernels = false;
  bool log_device_placement = false;
  bool help = false;
};

extern const char kUsage[];

// InvalidArgument naming the argument that is off.
absl::StatusOr<Options> ParseOptions(int argc, char** argv);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_OPTIONS_H_
