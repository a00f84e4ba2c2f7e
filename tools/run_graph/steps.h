#ifndef WEIR_TOOLS_RUN_GRAPH_STEPS_H_
#define WEIR_TOOLS_RUN_GRAPH_STEPS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "weir/proto/config.pb.h"
#include "weir/runtime/session.h"
#include "weir/tools/run_graph/options.h"

namespace weir::run_graph {

// What --benchmark tells. Times in microseconds; the first step, which compiles, is apart.
struct StepTimes {
  int64_t steps = 0;
  double min = 0, median = 0, p99 = 0;
  double first = 0, compile = 0;
  int64_t peak_bytes = 0;
  double faults_per_step = 0;
};

struct StepResults {
  std::vector<Tensor> values;  // Of the last step, in the order of the fetches.
  StepTimes times;             // With --benchmark.
  RunMetadata metadata;        // The timeline of the last step, when --trace asks for it.
};

// Runs the steps; on terminals with a progress bar when that takes a while.
absl::StatusOr<StepResults> RunSteps(const Options& options, const Session& session,
                                     const std::vector<FeedRef>& feeds);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_STEPS_H_
