// run_graph: runs a serialized TensorFlow 1.x graph. `run_graph --help` tells how.

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <new>
#include <sstream>

#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/stubs/logging.h"
#include "weir/core/folder_env.h"
#include "weir/io/npy.h"
#include "weir/ops/standard_ops.h"
#include "weir/runtime/gpu.h"
#include "weir/runtime/meta_graph.h"
#include "weir/runtime/saver.h"
#include "weir/runtime/session.h"
#include "weir/tools/run_graph/literal.h"
#include "weir/tools/run_graph/model.h"
#include "weir/tools/run_graph/options.h"
#include "weir/tools/run_graph/output.h"
#include "weir/tools/run_graph/prune.h"
#include "weir/tools/run_graph/steps.h"

namespace weir::run_graph {
namespace {

constexpr int kUsageError = 2;
constexpr int kStatusBase = 10;

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

// Two fetches must not become one file.
absl::Status CheckFileNames(const std::vector<std::string>& fetches) {
  std::map<std::string, std::string> fetch_of;
  for (const std::string& fetch : fetches) {
    const auto [it, is_new] = fetch_of.emplace(FileNameFor(fetch), fetch);
    if (!is_new && it->second != fetch) {
      return InvalidArgument("the fetches '", it->second, "' and '", fetch,
                             "' would both be written to ", it->first);
    }
  }
  return absl::OkStatus();
}

// Writes the files that are asked for, and returns what standard output shall show.
absl::StatusOr<std::string> Show(const Options& options, const StepResults& results, Env& env) {
  if (!options.trace.empty()) {
    RETURN_IF_ERROR(env.AtomicWriteFile(options.trace, TraceJson(results.metadata)));
  }
  const StepTimes* times = options.benchmark ? &results.times : nullptr;
  const bool json = options.format == "json";
  if (!options.output_dir.empty()) {
    RETURN_IF_ERROR(env.CreateDirectories(options.output_dir));
    for (size_t i = 0; i < results.values.size(); ++i) {
      const std::string path = JoinPath(options.output_dir, FileNameFor(options.fetches[i]));
      RETURN_IF_ERROR(Annotate(WriteNpy(env, path, results.values[i]),
                               absl::StrCat("'", options.fetches[i], "': ")));
    }
    if (times == nullptr) return std::string();
    return json ? ResultsAsJson({}, {}, times) : TimesAsText(*times);
  }
  if (json) return ResultsAsJson(options.fetches, results.values, times);
  if (options.format == "npy") return ResultsAsNpy(options.fetches, results.values);
  return absl::StrCat(times == nullptr ? "" : TimesAsText(*times),
                      ResultsAsText(options.fetches, results.values));
}

absl::StatusOr<Session> Open(const Options& options, const Scope& scope, Env* graph_env) {
  SessionOptions session_options;
  session_options.threads = static_cast<int>(std::min<int64_t>(options.threads, 1024));
  session_options.memory_limit = options.memory_limit;
  session_options.log_device_placement = options.log_device_placement;
  session_options.env = graph_env;
  ASSIGN_OR_RETURN(session_options.devices, DevicesFor(options.device));
  return Session::Create(scope, session_options);
}

absl::Status Initialise(const Options& options, const Scope& scope, Session& session, Env& env) {
  CallOptions call;
  call.timeout_ms = options.timeout_ms;
  for (const std::string& init : options.inits) {
    RETURN_IF_ERROR(session.Run({}, {}, {init}, call).status());
  }
  if (options.checkpoint.empty()) return absl::OkStatus();
  return RestoreVariables(session, env, options.checkpoint, scope.state()->variables);
}

// Ops that are not known here do no harm where nothing asks for them: often in what saves.
absl::Status RemoveUnknownOps(const Options& options, MetaGraphDef* meta) {
  if (UnknownOps(meta->graph_def(), StandardOps()).empty()) return absl::OkStatus();
  std::vector<std::string> wanted = options.fetches;
  for (const auto& names : {options.targets, options.inits}) {
    wanted.insert(wanted.end(), names.begin(), names.end());
  }
  std::vector<std::string> feeds;
  for (const auto& feed : options.feeds) feeds.push_back(feed.first);
  if (!wanted.empty() || !feeds.empty()) Prune(wanted, feeds, StandardOps(), meta);
  const std::vector<std::string> unknown = UnknownOps(meta->graph_def(), StandardOps());
  if (unknown.empty()) return absl::OkStatus();
  return Unimplemented(options.model, ": unsupported ops: ", absl::StrJoin(unknown, ", "));
}

// What the model holds, and whether it loads: lists see neither cycles nor inputs that are missing.
std::string List(const MetaGraphDef& meta) {
  std::ostringstream text;
  PrintSummary(meta.graph_def(), StandardOps(), StandardKernels(), text);
  if (!UnknownOps(meta.graph_def(), StandardOps()).empty()) return text.str();
  const absl::Status status = ImportMetaGraph(meta, Scope::Root());
  if (!status.ok()) text << "does not load: " << Printable(status.message()) << "\n";
  return text.str();
}

// Does what is asked, and returns what standard output shall show.
absl::StatusOr<std::string> Run(const Options& options) {
  Env& env = PosixEnv();
  ASSIGN_OR_RETURN(MetaGraphDef meta, ReadModel(env, options.model));
  if (options.list) return List(meta);
  RETURN_IF_ERROR(RemoveUnknownOps(options, &meta));
  for (NodeDef& node : *meta.mutable_graph_def()->mutable_node()) {
    if (node.device().empty()) node.set_device(options.device);
  }
  const Scope scope = Scope::Root();
  RETURN_IF_ERROR(ImportMetaGraph(meta, scope));
  if (options.explain_kernels) {
    std::ostringstream text;
    PrintKernels(scope.graph(), StandardKernels(), text);
    return text.str();
  }
  if (options.fetches.empty() && options.targets.empty() && options.inits.empty()) {
    return InvalidArgument(
        "nothing to do: name a tensor with --fetch or an operation with "
        "--target; --list shows what there is");
  }
  if (!options.output_dir.empty()) RETURN_IF_ERROR(CheckFileNames(options.fetches));
  const std::unique_ptr<Env> graph_env = NewFolderEnv(env, options.allow_dir);
  ASSIGN_OR_RETURN(Session session, Open(options, scope, graph_env.get()));
  ASSIGN_OR_RETURN(const std::vector<FeedRef> feeds, ReadFeeds(options, session.graph(), env));
  RETURN_IF_ERROR(Initialise(options, scope, session, env));
  if (options.fetches.empty() && options.targets.empty()) return std::string();
  ASSIGN_OR_RETURN(const StepResults results, RunSteps(options, session, feeds));
  return Show(options, results, env);
}

// Whoever read standard output has gone, as `head` does: no error worth a word.
absl::Status Unread() { return absl::CancelledError("nobody reads standard output"); }

absl::Status Print(absl::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return absl::OkStatus();
  }
  if (errno == EPIPE) return Unread();
  return absl::Status(absl::ErrnoToStatusCode(errno),
                      absl::StrCat("cannot write to standard output: ", std::strerror(errno)));
}

absl::Status RunAndPrint(const Options& options) try {
  ASSIGN_OR_RETURN(const std::string text, Run(options));
  return Print(text);
} catch (const std::bad_alloc&) {  // From the libraries; tensors have a limit of their own.
  return ResourceExhausted("out of memory");
}

// One line, whatever the message holds.
void PrintError(absl::string_view message) {
  std::cerr << "run_graph: " << Printable(message) << "\n";
}

int Main(int argc, char** argv) {
  google::protobuf::SetLogHandler(nullptr);  // Damage is reported, in one line, as a status.
  std::signal(SIGPIPE, SIG_IGN);             // Writing fails instead.
  const absl::StatusOr<Options> options = ParseOptions(argc, argv);
  if (!options.ok()) {
    PrintError(absl::StrCat(options.status().message(), " (see run_graph --help)"));
    return kUsageError;
  }
  const absl::Status status = options->help ? Print(kUsage) : RunAndPrint(*options);
  if (status.ok()) return 0;
  if (status != Unread()) {
    PrintError(absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message()));
  }
  return kStatusBase + static_cast<int>(status.code());
}

}  // namespace
}  // namespace weir::run_graph

int main(int argc, char** argv) { return weir::run_graph::Main(argc, argv); }
