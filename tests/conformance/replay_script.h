#ifndef WEIR_TESTS_CONFORMANCE_REPLAY_SCRIPT_H_
#define WEIR_TESTS_CONFORMANCE_REPLAY_SCRIPT_H_

// The script of a recorded training program (case.json) as data.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/tensor.h"

namespace weir::conformance {

// A fed or expected tensor: one value, or one per step.
class Series {
 public:
  // The value at `step`.
  absl::StatusOr<Tensor> At(int64_t step) const;

  // Serialized messages, kept as one byte array each.
  bool is_bytes() const { return is_bytes_; }

 private:
  friend class ScriptReader;
  Tensor whole_;  // With a step dimension in front if `stacked_`.
  bool stacked_ = false;
  std::vector<Tensor> by_step_;  // Instead of `whole_` when shapes differ.
  bool is_bytes_ = false;
};

struct Call {
  std::vector<std::string> targets;
  std::vector<std::string> fetches;
  std::map<std::string, Series> feeds;
  std::map<std::string, Series> expect;
  std::string error;  // "OUT_OF_RANGE": the call must fail with that code.
};

// A second session on the same graph that begins with a checkpoint.
struct RestoreScript {
  std::string restore_op, filename_tensor, save_tensor;
  std::string checkpoint;  // Absolute prefix.
  Call call;
  int64_t steps = 1;
};

struct RecordedVariable {
  std::string name;
  std::string fetch;
  std::optional<Series> trace;  // Its value after every step.
  std::optional<Tensor> last;   // Its value after the last step.
};

struct Script {
  std::vector<std::string> init;
  std::vector<Call> before;
  int64_t steps = 0;
  std::vector<Call> calls;  // Of every step.
  std::vector<RecordedVariable> variables;
  std::vector<Call> after;
  std::optional<RestoreScript> restore;
  std::vector<std::string> may_flip;  // Fetches of which only dtype and shape are compared.
  double rtol = 0, atol = 0;
};

// Reads `folder`/case.json and the arrays that it names.
absl::StatusOr<Script> ReadScript(const std::string& folder);

}  // namespace weir::conformance

#endif  // WEIR_TESTS_CONFORMANCE_REPLAY_SCRIPT_H_
