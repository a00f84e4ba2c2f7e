#ifndef WEIR_TESTS_CONFORMANCE_OUTCOME_H_
#define WEIR_TESTS_CONFORMANCE_OUTCOME_H_

// What came of one case.

#include <string>
#include <utility>

#include "weir/core/status.h"

namespace weir {

class GraphDef;

namespace conformance {

struct Outcome {
  enum class Kind {
    kPassed,
    kFailed,   // A value differs, or a call failed that should not have.
    kSkipped,  // The case cannot be judged: an op that is not there, a reference known to be wrong.
    kCrashed,  // The process that ran the case died, or took too long.
  };
  Kind kind = Kind::kPassed;
  std::string detail;  // One line; empty when passed.

  static Outcome Passed() { return {}; }
  static Outcome Failed(std::string why) { return {Kind::kFailed, std::move(why)}; }
  static Outcome Skipped(std::string why) { return {Kind::kSkipped, std::move(why)}; }

  bool passed() const { return kind == Kind::kPassed; }
};

// The outcome of a call that failed with `status` at `stage`: skipped, with the missing ops' names,
// when the reason is an op that is not registered or has no CPU kernel; else failed.
Outcome OutcomeOfError(const absl::Status& status, const GraphDef& def, absl::string_view stage);

// The ops of `def`, functions included, that are not registered, joined by ", ".
std::string MissingOps(const GraphDef& def);

}  // namespace conformance
}  // namespace weir

#endif  // WEIR_TESTS_CONFORMANCE_OUTCOME_H_
