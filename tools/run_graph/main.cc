// run_graph: runs a serialized TensorFlow 1.x graph. `run_graph --help` tells how.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "weir/core/folder_env.h"
#include "weir/io/npy.h"
#include "weir/ops/standard_ops.h"
#include "weir/runtime/meta_graph.h"
#include "weir/runtime/saver.h"
#include "weir/runtime/session.h"
#include "weir/tools/run_graph/literal.h"
#include "weir/tools/run_graph/model.h"
#include "weir/tools/run_graph/options.h"
#include "weir/tools/run_graph/output.h"

namespace weir::run_graph {
namespace {

constexpr int kUsageError = 2;
constexpr int kStatusBase = 10;

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

// A line that overwrites itself, on terminals only.
class ProgressBar {
 public:
  explicit ProgressBar(int64_t total)
      : total_(total), shown_(total > 1 && isatty(STDERR_FILENO)), start_(NowMicros()) {}

  void Update(int64_t done) {
    const double now = NowMicros();
    if (!shown_ || (now - last_ < 100'000 && done < total_)) return;
    last_ = now;
    const int filled = static_cast<int>(30 * done / total_);
    const double left =
        (now - start_) / 1e6 / static_cast<double>(done) * static_cast<double>(total_ - done);
    std::fprintf(stderr, "\r[%s%s] %ld/%ld  %.0f s left ", std::string(filled, '#').c_str(),
                 std::string(30 - filled, '.').c_str(), static_cast<long>(done),
                 static_cast<long>(total_), left);
    if (done == total_) std::fputs("\n", stderr);
  }

 private:
  int64_t total_;
  bool shown_;
  double start_;
  double last_ = 0;
};

absl::StatusOr<std::vector<FeedRef>> ReadFeeds(const Options& options, const Graph& graph,
                                               Env& env) {
  std::vector<FeedRef> feeds;
  for (const auto& [name, text] : options.feeds) {
    ASSIGN_OR_RETURN(const Endpoint e, graph.FindEndpoint(name));
    absl::string_view file = text;
    absl::StatusOr<Tensor> value = absl::ConsumePrefix(&file, "@")
                                       ? ReadNpy(env, std::string(file))
                                       : ParseLiteral(text, RemoveRef(graph.type(e)));
    if (!value.ok()) return Annotate(value.status(), absl::StrCat("feed of '", name, "': "));
    feeds.emplace_back(name, *std::move(value));
  }
  return feeds;
}

// What --benchmark prints.
void PrintTimes(std::vector<double> times, double first, int64_t faults, const Session& session) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[std::min(times.size() - 1, static_cast<size_t>(share * times.size()))];
  };
  std::printf(
      "steps %zu  min %.1f us  median %.1f us  p99 %.1f us  first %.1f us (compile %.1f us)\n"
      "peak %ld bytes  faults per step %.2f\n",
      times.size(), times.front(), at(0.5), at(0.99), first, std::max(0.0, first - at(0.5)),
      static_cast<long>(session.peak_bytes()),
      static_cast<double>(faults) / static_cast<double>(times.size()));
}

// Runs the steps and returns the last results.
absl::StatusOr<std::vector<Tensor>> RunSteps(const Options& options, Session& session,
                                             const std::vector<FeedRef>& feeds, Env& env) {
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
  std::vector<Tensor> results(fetches.size());
  std::vector<double> times;
  ProgressBar bar(options.steps);
  double first = 0;
  int64_t faults = 0;
  for (int64_t i = 0; i < options.steps; ++i) {
    if (i == 1) faults = PageFaults();
    const double begin = NowMicros();
    RETURN_IF_ERROR(step.Run(feed_values, absl::MakeSpan(results), call));
    const double elapsed = NowMicros() - begin;
    if (i == 0) first = elapsed;
    if (i > 0 || options.steps == 1) times.push_back(elapsed);
    bar.Update(i + 1);
  }
  if (options.benchmark) {
    PrintTimes(std::move(times), first, options.steps > 1 ? PageFaults() - faults : 0, session);
  }
  if (!options.trace.empty()) {
    call.trace = true;
    RunMetadata metadata;
    ASSIGN_OR_RETURN(results, session.Run(feeds, fetches, targets, call, &metadata));
    RETURN_IF_ERROR(env.AtomicWriteFile(options.trace, TraceJson(metadata)));
  }
  return results;
}

absl::Status Show(const Options& options, const std::vector<Tensor>& results, Env& env) {
  if (!options.output_dir.empty() || options.format == "npy") {
    const std::string directory = options.output_dir.empty() ? "." : options.output_dir;
    RETURN_IF_ERROR(env.CreateDirectories(directory));
    for (size_t i = 0; i < results.size(); ++i) {
      RETURN_IF_ERROR(
          WriteNpy(env, JoinPath(directory, FileNameFor(options.fetches[i])), results[i]));
    }
    return absl::OkStatus();
  }
  std::ostringstream text;  // All of it or nothing.
  (options.format == "json" ? PrintJson : PrintText)(options.fetches, results, text);
  std::cout << text.str() << std::flush;
  return absl::OkStatus();
}

absl::Status Run(const Options& options) {
  Env& env = PosixEnv();
  ASSIGN_OR_RETURN(const MetaGraphDef meta, ReadModel(env, options.model));
  if (options.list) {
    PrintSummary(meta.graph_def(), StandardOps(), StandardKernels(), std::cout);
    return absl::OkStatus();
  }
  if (const auto unknown = UnknownOps(meta.graph_def(), StandardOps()); !unknown.empty()) {
    std::string all;
    for (const std::string& op : unknown) absl::StrAppend(&all, all.empty() ? "" : ", ", op);
    return Unimplemented(options.model, ": unsupported ops: ", all);
  }
  const Scope scope = Scope::Root();
  RETURN_IF_ERROR(ImportMetaGraph(meta, scope));
  if (options.explain_kernels) {
    PrintKernels(scope.graph(), StandardKernels(), std::cout);
    return absl::OkStatus();
  }
  const std::unique_ptr<Env> graph_env = NewFolderEnv(env, options.allow_dir);
  SessionOptions session_options;
  session_options.threads = static_cast<int>(std::min<int64_t>(options.threads, 1024));
  session_options.memory_limit = options.memory_limit;
  session_options.env = graph_env.get();
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, session_options));
  for (const std::string& init : options.inits) {
    RETURN_IF_ERROR(session.Run({}, {}, {init}).status());
  }
  if (!options.checkpoint.empty()) {
    RETURN_IF_ERROR(RestoreVariables(session, env, options.checkpoint));
  }
  if (options.fetches.empty() && options.targets.empty()) {
    if (!options.inits.empty()) return absl::OkStatus();
    return InvalidArgument(
        "nothing to do: name a tensor with --fetch or an operation with "
        "--target; --list shows what there is");
  }
  ASSIGN_OR_RETURN(const std::vector<FeedRef> feeds, ReadFeeds(options, session.graph(), env));
  ASSIGN_OR_RETURN(const std::vector<Tensor> results, RunSteps(options, session, feeds, env));
  return Show(options, results, env);
}

int Main(int argc, char** argv) {
  const absl::StatusOr<Options> options = ParseOptions(argc, argv);
  if (!options.ok()) {
    std::cerr << "run_graph: " << options.status().message() << " (see run_graph --help)\n";
    return kUsageError;
  }
  if (options->help) {
    std::cout << kUsage;
    return 0;
  }
  const absl::Status status = Run(*options);
  if (status.ok()) return 0;
  // One line, whatever the message holds.
  std::cerr << "run_graph: " << absl::StatusCodeToString(status.code()) << ": "
            << absl::StrReplaceAll(status.message(), {{"\n", " "}}) << "\n";
  return kStatusBase + static_cast<int>(status.code());
}

}  // namespace
}  // namespace weir::run_graph

int main(int argc, char** argv) { return weir::run_graph::Main(argc, argv); }
