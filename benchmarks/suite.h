#ifndef WEIR_BENCHMARKS_SUITE_H_
#define WEIR_BENCHMARKS_SUITE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "weir/benchmarks/measure.h"
#include "weir/runtime/session.h"

namespace weir::benchmarks {

struct SuiteOptions {
  int threads = 1;
  std::string device = "";  // "/device:GPU:0"; empty: the CPU.
  bool allow_tf32 = false;  // Of a GPU: Float32Math::kTf32.
  bool small = false;       // Sizes that any machine runs at once, to test the cases themselves.
  double seconds = 2;       // That a case is called for.
  std::vector<std::string> prefixes = {};  // Of the cases that run; empty: all.
};

// Which cases run, where, and how they are timed.
class Suite {
 public:
  // Prints the line with the ceilings. Errors are those of DevicesFor.
  static absl::StatusOr<Suite> Start(const SuiteOptions& options);

  // Runs a case that is wanted; an error is printed in its place.
  void Run(const std::string& name, absl::FunctionRef<absl::Status()> fn);
  bool failed() const { return failed_; }

  // Times calls that are waited for, and prints the line.
  absl::Status Time(const std::string& name, const Callable& step, const std::vector<Tensor>& feeds,
                    size_t num_results, const Work& work = {}) const;
  // The same for work of the host.
  absl::Status Time(const std::string& name, const std::function<absl::Status()>& fn,
                    const Work& work = {}) const;

  bool on_device() const { return device_ != nullptr; }
  const SessionOptions& session_options() const { return session_options_; }
  int64_t Size(int64_t full, int64_t small) const { return options_.small ? small : full; }

 private:
  Suite() = default;

  SuiteOptions options_;
  SessionOptions session_options_;
  std::shared_ptr<Device> device_;  // nullptr: the CPU.
  double copy_gb_s_ = 0;            // Of the device.
  std::string setting_;             // In each line: "\"threads\": 1".
  bool failed_ = false;
};

}  // namespace weir::benchmarks

#endif  // WEIR_BENCHMARKS_SUITE_H_
