#include "weir/tools/run_graph/steps.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "weir/tools/run_graph/time_sample.h"

namespace weir::run_graph {
namespace {

constexpr double kShownAfter = 500'000;
constexpr double kShownEvery = 100'000;

double NowMicros() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t PageFaults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

// A line that overwrites itself, on terminals only, and only where there is something to wait for.
class ProgressBar {
 public:
  explicit ProgressBar(int64_t total)
      : total_(total), wanted_(total > 1 && isatty(STDERR_FILENO)), start_(NowMicros()) {}
  ~ProgressBar() {
    if (last_ > 0) std::fputs("\n", stderr);  // Whatever comes next has a line of its own.
  }

  void Update(int64_t done) {
    if (!wanted_) return;
    const double now = NowMicros();
    if (now - start_ < kShownAfter || (now - last_ < kShownEvery && done < total_)) return;
    last_ = now;
    const int filled = static_cast<int>(30.0 * static_cast<double>(done) / total_);
    const double left =
        (now - start_) / 1e6 / static_cast<double>(done) * static_cast<double>(total_ - done);
    std::fprintf(stderr, "\r[%s%s] %ld/%ld  %.0f s left ", std::string(filled, '#').c_str(),
                 std::string(30 - filled, '.').c_str(), static_cast<long>(done),
                 static_cast<long>(total_), left);
  }

 private:
  const int64_t total_;
  const bool wanted_;
  const double start_;
  double last_ = 0;
};

// Collects the times of steps.
class Stopwatch {
 public:
  explicit Stopwatch(int64_t steps) : steps_(steps) {}

  // `comparable`: the step did what every step does.
  void Add(double elapsed, bool comparable) {
    if (count_++ == 0) {
      first_ = elapsed;
      faults_ = PageFaults();
      if (steps_ > 1) return;
    }
    if (comparable || steps_ <= 2) sample_.Add(elapsed);
  }

  StepTimes Summary(const Session& session) const {
    StepTimes times;
    times.steps = sample_.count();
    times.min = sample_.min();
    times.median = sample_.Quantile(0.5);
    times.p99 = sample_.Quantile(0.99);
    times.first = first_;
    times.compile = std::max(0.0, first_ - times.median);
    times.peak_bytes = session.peak_bytes();
    times.faults_per_step =
        count_ > 1 ? static_cast<double>(PageFaults() - faults_) / static_cast<double>(count_ - 1)
                   : 0;
    return times;
  }

 private:
  const int64_t steps_;
  int64_t count_ = 0;
  double first_ = 0;
  int64_t faults_ = 0;
  TimeSample sample_;
};

}  // namespace

absl::StatusOr<StepResults> RunSteps(const Options& options, const Session& session,
                                     const std::vector<FeedRef>& feeds) {
  const std::vector<TensorRef> fetches(options.fetches.begin(), options.fetches.end());
  const std::vector<TargetRef> targets(options.targets.begin(), options.targets.end());
  std::vector<TensorRef> feed_names;
  std::vector<Tensor> feed_values;
  for (const FeedRef& feed : feeds) {
    feed_names.push_back(feed.tensor);
    feed_values.push_back(feed.value);
  }
  ASSIGN_OR_RETURN(const Callable step, session.Prepare(feed_names, fetches, targets));
  CallOptions call;
  call.timeout_ms = options.timeout_ms;
  StepResults results;
  results.values.resize(fetches.size());
  Stopwatch stopwatch(options.steps);
  ProgressBar bar(options.steps);
  for (int64_t i = 0; i < options.steps; ++i) {
    call.trace = !options.trace.empty() && i + 1 == options.steps;
    const double begin = NowMicros();
    if (call.trace) {
      ASSIGN_OR_RETURN(results.values,
                       session.Run(feeds, fetches, targets, call, &results.metadata));
    } else {
      RETURN_IF_ERROR(step.Run(feed_values, absl::MakeSpan(results.values), call));
    }
    if (options.benchmark) stopwatch.Add(NowMicros() - begin, !call.trace);
    bar.Update(i + 1);
  }
  if (options.benchmark) results.times = stopwatch.Summary(session);
  return results;
}

}  // namespace weir::run_graph
