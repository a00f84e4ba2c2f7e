// Times Weir on the cases of the suite: a JSON line per case. `benchmarks/run` adds the peers.
//
//   bench [--device=/device:GPU:0] [THREADS [case prefix ...]]

#include <iostream>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "weir/benchmarks/cases.h"

ABSL_FLAG(std::string, device, "", "Where the cases run, such as /device:GPU:0; else the CPU");
ABSL_FLAG(bool, tf32, false, "Products of float32 on a GPU may round to TF32");
ABSL_FLAG(bool, small, false, "Small sizes and few calls, to see that the cases run");
ABSL_FLAG(double, seconds, 2, "For which each case is called");

namespace weir::benchmarks {
namespace {

absl::StatusOr<SuiteOptions> ParseOptions(int argc, char** argv) {
  const std::vector<char*> args = absl::ParseCommandLine(argc, argv);
  SuiteOptions options{.device = absl::GetFlag(FLAGS_device),
                       .allow_tf32 = absl::GetFlag(FLAGS_tf32),
                       .small = absl::GetFlag(FLAGS_small),
                       .seconds = absl::GetFlag(FLAGS_seconds)};
  if (args.size() > 1 && (!absl::SimpleAtoi(args[1], &options.threads) || options.threads < 1)) {
    return InvalidArgument("'", args[1], "' is not a number of threads");
  }
  if (args.size() > 2) options.prefixes.assign(args.begin() + 2, args.end());
  return options;
}

absl::Status RunSuite(const SuiteOptions& options) {
  ASSIGN_OR_RETURN(Suite suite, Suite::Start(options));
  RunGraphCases(suite);
  RunNetworkCases(suite);
  if (suite.on_device()) RunGpuCases(suite);
  return suite.failed() ? Internal("cases failed; their lines say why") : absl::OkStatus();
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "bench [--device=/device:GPU:0] [THREADS [case prefix ...]]\n"
      "Times the cases of the suite, and prints a JSON line for each.");
  const absl::StatusOr<SuiteOptions> options = ParseOptions(argc, argv);
  if (!options.ok()) {
    std::cerr << "bench: " << options.status().message() << " (see bench --help)\n";
    return 2;
  }
  const absl::Status status = RunSuite(*options);
  if (status.ok()) return 0;
  std::cerr << "bench: " << status << "\n";
  return 1;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::Main(argc, argv); }
