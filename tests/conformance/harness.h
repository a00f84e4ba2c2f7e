#ifndef WEIR_TESTS_CONFORMANCE_HARNESS_H_
#define WEIR_TESTS_CONFORMANCE_HARNESS_H_

// Runs many cases, each safe from the others: cases run in forked worker processes, every case in
// an empty working directory of its own. A worker that dies or hangs costs the case that it was
// running; a fresh worker goes on with the next.

#include <functional>
#include <string>
#include <vector>

#include "weir/tests/conformance/outcome.h"

namespace weir::conformance {

// How a kind of case is found and run. Paths handed over are absolute.
struct Suite {
  // The names of the cases under `root`, in any order.
  std::function<std::vector<std::string>(const std::string& root)> find;
  // Runs one case, in a worker.
  std::function<Outcome(const std::string& root, const std::string& name)> run;
};

struct HarnessOptions {
  int jobs = 2;
  int timeout_s = 60;        // Per case.
  bool show_output = false;  // Else what the cases print is dropped.
};

// Runs `names` of `suite` and returns their outcomes in order.
// REQUIRES: the process has no other threads, so that it can fork.
std::vector<Outcome> RunCases(const Suite& suite, const std::string& root,
                              const std::vector<std::string>& names, const HarnessOptions& options);

// True when `filter` is empty, a part of `name`, or (with any of *?[) a glob that matches it.
bool MatchesFilter(const std::string& filter, const std::string& name);

// The whole program of a runner: reads the flags (--root, --filter, --report, --expected,
// --strict_list, --jobs, --timeout_s, --show_output), runs the cases, prints a line for each that
// failed, and closes with the line "N passed, N failed, N skipped". Returns the exit status.
int RunnerMain(int argc, char** argv, const Suite& suite);

}  // namespace weir::conformance

#endif  // WEIR_TESTS_CONFORMANCE_HARNESS_H_
