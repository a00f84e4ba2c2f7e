// Replays whole training programs, step by step, against what they recorded.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "weir/graph/import.h"
#include "weir/ops/standard_ops.h"
#include "weir/proto/meta_graph.pb.h"
#include "weir/runtime/session.h"
#include "weir/tests/conformance/compare.h"
#include "weir/tests/conformance/harness.h"
#include "weir/tests/conformance/replay_script.h"
#include "weir/tests/conformance/session_options.h"
#include "weir/tests/conformance/summaries.h"

namespace weir::conformance {
namespace {

namespace fs = std::filesystem;

constexpr char kScriptFile[] = "case.json";
constexpr char kOwnCheckpoint[] = "own/model.ckpt";  // In the case's working directory.

class Replay {
 public:
  Replay(const Script& script, const MetaGraphDef& meta, const Graph& graph)
      : script_(script), meta_(meta), graph_(graph) {}

  Outcome Run() {
    Outcome outcome = Train();
    if (!outcome.passed() || !script_.restore.has_value()) return outcome;
    outcome = Restore(script_.restore->checkpoint, "restored");
    if (outcome.passed()) outcome = Restore(kOwnCheckpoint, "restored from what was saved");
    return outcome;
  }

 private:
  absl::StatusOr<Session> Open() const {
    ASSIGN_OR_RETURN(const SessionOptions options, CaseOptions());
    return Session::Create(graph_, options);
  }

  Outcome Error(const absl::Status& status, absl::string_view where) const {
    return OutcomeOfError(status, meta_.graph_def(), where);
  }

  Outcome Train() {
    const absl::StatusOr<Session> session = Open();
    if (!session.ok()) return Error(session.status(), "session");
    for (const std::string& init : script_.init) {
      const auto done = session->Run({}, {}, {TargetRef(init)});
      if (!done.ok()) return Error(done.status(), "init");
    }
    for (const Call& call : script_.before) {
      Outcome outcome = RunCall(*session, call, 0, "before");
      if (!outcome.passed()) return outcome;
    }
    for (int64_t step = 0; step < script_.steps; ++step) {
      const std::string where = absl::StrCat("step ", step);
      for (const Call& call : script_.calls) {
        Outcome outcome = RunCall(*session, call, step, where);
        if (!outcome.passed()) return outcome;
      }
      Outcome outcome = CheckVariables(*session, step);
      if (!outcome.passed()) return outcome;
    }
    if (script_.restore.has_value()) {
      Outcome outcome = Save(*session);
      if (!outcome.passed()) return outcome;
    }
    for (const Call& call : script_.after) {
      Outcome outcome = RunCall(*session, call, 0, "after");
      if (!outcome.passed()) return outcome;
    }
    return Outcome::Passed();
  }

  // One call, whose results or error must be the recorded ones.
  Outcome RunCall(const Session& session, const Call& call, int64_t step,
                  const std::string& where) const {
    std::vector<FeedRef> feeds;
    for (const auto& [tensor, series] : call.feeds) {
      absl::StatusOr<Tensor> value = series.At(step);
      if (!value.ok()) return Error(value.status(), where);
      feeds.emplace_back(tensor, *std::move(value));
    }
    const std::vector<TensorRef> fetches(call.fetches.begin(), call.fetches.end());
    const std::vector<TargetRef> targets(call.targets.begin(), call.targets.end());
    const absl::StatusOr<std::vector<Tensor>> got = session.Run(feeds, fetches, targets);
    if (!call.error.empty()) return CheckError(got.status(), call.error, where);
    if (!got.ok()) return Error(got.status(), where);
    for (size_t i = 0; i < call.fetches.size(); ++i) {
      const auto expected = call.expect.find(call.fetches[i]);
      if (expected == call.expect.end()) continue;
      const absl::StatusOr<Tensor> want = expected->second.At(step);
      if (!want.ok()) return Error(want.status(), where);
      const std::string difference = expected->second.is_bytes()
                                         ? MessageDifference((*got)[i], *want)
                                         : ValueDifference(call.fetches[i], (*got)[i], *want);
      if (!difference.empty()) {
        return Outcome::Failed(absl::StrCat(where, ": ", call.fetches[i], " ", difference));
      }
    }
    return Outcome::Passed();
  }

  Outcome CheckError(const absl::Status& status, const std::string& code,
                     const std::string& where) const {
    if (absl::StatusCodeToString(status.code()) == code) return Outcome::Passed();
    if (absl::IsUnimplemented(status) || absl::IsNotFound(status)) return Error(status, where);
    return Outcome::Failed(
        absl::StrCat(where, ": expected the error ", code, ", got ", status.ToString()));
  }

  std::string ValueDifference(const std::string& fetch, const Tensor& got,
                              const Tensor& want) const {
    const std::vector<std::string>& flips = script_.may_flip;
    if (std::find(flips.begin(), flips.end(), fetch) != flips.end()) {
      return TypeAndShapeDifference(got, want);
    }
    return Difference(got, want, {script_.rtol, script_.atol, false});
  }

  // `want` holds the bytes of a serialized Summary.
  std::string MessageDifference(const Tensor& got, const Tensor& want) const {
    if (got.dtype() != DT_STRING || got.num_elements() != 1) return "is not one string";
    const std::string bytes(want.raw_data(), want.bytes());
    return SummaryDifference(got.data<std::string>()[0], bytes, {script_.rtol, script_.atol});
  }

  // Variables after `step`, as far as they were recorded.
  Outcome CheckVariables(const Session& session, int64_t step) const {
    for (const RecordedVariable& variable : script_.variables) {
      absl::StatusOr<Tensor> want = Tensor();
      if (variable.trace.has_value()) {
        want = variable.trace->At(step);
        if (!want.ok()) return Error(want.status(), "trace");
      } else if (variable.last.has_value() && step + 1 == script_.steps) {
        want = *variable.last;
      } else {
        continue;
      }
      const std::string where = absl::StrCat("after step ", step, ": variable ", variable.name);
      const auto got = session.Run({}, {TensorRef(variable.fetch)}, {});
      if (!got.ok()) return Error(got.status(), where);
      const std::string difference = ValueDifference(variable.fetch, (*got)[0], *want);
      if (!difference.empty()) return Outcome::Failed(absl::StrCat(where, " ", difference));
    }
    return Outcome::Passed();
  }

  Outcome Save(const Session& session) const {
    std::error_code error;
    fs::create_directories(fs::path(kOwnCheckpoint).parent_path(), error);
    const auto done =
        session.Run({FeedRef(script_.restore->filename_tensor, Tensor::Scalar(kOwnCheckpoint))},
                    {TensorRef(script_.restore->save_tensor)}, {});
    return done.ok() ? Outcome::Passed() : Error(done.status(), "save");
  }

  // A new session that begins with the checkpoint.
  Outcome Restore(const std::string& checkpoint, const std::string& where) const {
    const RestoreScript& restore = *script_.restore;
    const absl::StatusOr<Session> session = Open();
    if (!session.ok()) return Error(session.status(), where);
    const auto done = session->Run({FeedRef(restore.filename_tensor, Tensor::Scalar(checkpoint))},
                                   {}, {TargetRef(restore.restore_op)});
    if (!done.ok()) return Error(done.status(), where);
    for (int64_t step = 0; step < restore.steps; ++step) {
      Outcome outcome = RunCall(*session, restore.call, step, absl::StrCat(where, ", step ", step));
      if (!outcome.passed()) return outcome;
    }
    return Outcome::Passed();
  }

  const Script& script_;
  const MetaGraphDef& meta_;
  const Graph& graph_;
};

Outcome RunCase(const std::string& root, const std::string& name) {
  const fs::path folder = fs::path(root) / name;
  MetaGraphDef meta;
  std::ifstream file(folder / "meta.pb", std::ios::binary);
  if (!meta.ParseFromIstream(&file)) return Outcome::Failed("meta.pb is not a MetaGraphDef");
  const absl::StatusOr<Script> script = ReadScript(folder.string());
  if (!script.ok()) return Outcome::Failed(script.status().ToString());
  Graph graph(StandardOps());
  ImportOptions options;
  options.producer_ops = &meta.meta_info_def().stripped_op_list();
  const absl::Status imported = ImportGraphDef(meta.graph_def(), graph, options);
  if (!imported.ok()) return OutcomeOfError(imported, meta.graph_def(), "import");
  return Replay(*script, meta, graph).Run();
}

std::vector<std::string> FindCases(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, error)) {
    if (entry.path().filename() != kScriptFile) continue;
    names.push_back(entry.path().parent_path().lexically_relative(root).string());
  }
  return names;
}

}  // namespace
}  // namespace weir::conformance

int main(int argc, char** argv) {
  // Before the workers are forked, so that they share them.
  (void)weir::StandardOps();
  (void)weir::StandardKernels();
  return weir::conformance::RunnerMain(argc, argv,
                                       {weir::conformance::FindCases, weir::conformance::RunCase});
}
