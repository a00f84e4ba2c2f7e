// Replays single-op graphs that hold their inputs, and the outputs and gradients expected of them.

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/ops/standard_ops.h"
#include "weir/proto/graph.pb.h"
#include "weir/runtime/session.h"
#include "weir/tests/conformance/compare.h"
#include "weir/tests/conformance/factors.h"
#include "weir/tests/conformance/harness.h"
#include "weir/tests/conformance/session_options.h"
#include "weir/tests/conformance/summaries.h"

namespace weir::conformance {
namespace {

namespace fs = std::filesystem;

// ---- The parts of a case ----

struct Expectation {
  std::string fetch;  // "op:1", "after_0"
  Tensor value;
};

struct Case {
  std::string op;    // The folder: the op under test.
  std::string name;  // The file without ".pb".
  GraphDef def;
  std::vector<std::pair<int, Tensor>> inputs;     // in_I
  std::vector<Expectation> expectations;          // expect_out_K in order, then expect_after_X
  std::vector<std::pair<int, Tensor>> weights;    // w_K
  std::vector<std::pair<int, Tensor>> gradients;  // expect_grad_I
  std::vector<int> no_gradients;                  // nograd_I
  std::vector<std::string> assignments;           // setup_assign_*
};

// The number behind `prefix`, when `name` is made of the two.
std::optional<int> Numbered(absl::string_view name, absl::string_view prefix) {
  int number;
  if (!absl::ConsumePrefix(&name, prefix) || !absl::SimpleAtoi(name, &number)) return std::nullopt;
  return number;
}

absl::Status AddNode(const NodeDef& node, Case* c) {
  const absl::string_view name = node.name();
  if (absl::StartsWith(name, "setup_assign_")) c->assignments.emplace_back(name);
  if (const std::optional<int> i = Numbered(name, "nograd_")) {
    c->no_gradients.push_back(*i);
    return absl::OkStatus();
  }
  if (node.op() != "Const") return absl::OkStatus();
  const auto value = [&] { return TensorFromProto(node.attr().at("value").tensor()); };
  if (const std::optional<int> i = Numbered(name, "in_")) {
    ASSIGN_OR_RETURN(Tensor tensor, value());
    c->inputs.emplace_back(*i, std::move(tensor));
  } else if (const std::optional<int> k = Numbered(name, "expect_out_")) {
    ASSIGN_OR_RETURN(Tensor tensor, value());
    c->expectations.push_back({absl::StrCat("op:", *k), std::move(tensor)});
  } else if (absl::StartsWith(name, "expect_after_")) {
    ASSIGN_OR_RETURN(Tensor tensor, value());
    c->expectations.push_back({std::string(absl::StripPrefix(name, "expect_")), std::move(tensor)});
  } else if (const std::optional<int> k = Numbered(name, "w_")) {
    ASSIGN_OR_RETURN(Tensor tensor, value());
    c->weights.emplace_back(*k, std::move(tensor));
  } else if (const std::optional<int> i = Numbered(name, "expect_grad_")) {
    ASSIGN_OR_RETURN(Tensor tensor, value());
    c->gradients.emplace_back(*i, std::move(tensor));
  }
  return absl::OkStatus();
}

absl::StatusOr<Case> Load(const std::string& root, const std::string& name) {
  Case c;
  c.op = fs::path(name).parent_path().string();
  c.name = fs::path(name).filename().string();
  std::ifstream file(fs::path(root) / (name + ".pb"), std::ios::binary);
  if (!c.def.ParseFromIstream(&file)) return DataLoss("not a GraphDef");
  for (const NodeDef& node : c.def.node()) RETURN_IF_ERROR(AddNode(node, &c));
  return c;
}

// ---- Tolerances ----

// Ops whose 16-bit results carry the rounding of many terms.
bool SumsUp(const std::string& op) {
  for (const char* part : {"Sum", "Mean", "Softmax", "Conv", "MatMul", "Pool", "BiasAddGrad",
                           "L2Loss", "AddN", "AccumulateN", "Norm", "LRN", "_graphs"}) {
    if (absl::StrContains(op, part)) return true;
  }
  return false;
}

Tolerance OutputTolerance(const Case& c, DataType type) {
  if (absl::StrContains(c.op, "HSV") || c.op == "AdjustHue") return {0, 1e-5, false};
  switch (type) {
    case DT_DOUBLE:
    case DT_COMPLEX128: return {1e-9, 1e-11};
    case DT_FLOAT:
    case DT_COMPLEX64: return {1e-5, 2e-6};
    case DT_HALF: return SumsUp(c.op) ? Tolerance{1e-2, 1e-2} : Tolerance{2e-3, 1e-3};
    case DT_BFLOAT16: return SumsUp(c.op) ? Tolerance{3e-2, 3e-2} : Tolerance{1e-2, 8e-3};
    default: break;
  }
  Tolerance exact;
  // Inverse cosine transforms differ between JPEG libraries.
  if (absl::EndsWith(c.op, "Jpeg") && c.op != "EncodeJpeg") {
    exact.integer_slack = absl::StrContains(c.name, "accurate") ? 1 : 3;
  }
  return exact;
}

Tolerance GradientTolerance(DataType type) {
  switch (type) {
    case DT_DOUBLE:
    case DT_COMPLEX128: return {1e-8, 1e-10};
    case DT_FLOAT:
    case DT_COMPLEX64: return {5e-5, 1e-5};
    case DT_HALF: return {1e-2, 1e-2};
    case DT_BFLOAT16: return {3e-2, 3e-2};
    default: return {};
  }
}

// ---- One way of running a case ----

// As constants with optimisation on, or with every input fed and optimisation off.
struct Mode {
  bool fed;
  const char* name() const { return fed ? "fed" : "constant"; }

  absl::StatusOr<Session> Open(const Scope& scope) const {
    ASSIGN_OR_RETURN(SessionOptions options, CaseOptions());
    options.optimize = !fed;
    return Session::Create(scope, options);
  }

  std::vector<FeedRef> Feeds(const Case& c) const {
    std::vector<FeedRef> feeds;
    if (!fed) return feeds;
    for (const auto& [i, value] : c.inputs) feeds.emplace_back(absl::StrCat("in_", i), value);
    return feeds;
  }
};

std::string OutputDifference(const Case& c, const Expectation& e, const Tensor& got) {
  const Tolerance tolerance = OutputTolerance(c, e.value.dtype());
  if (absl::EndsWith(c.name, "_pngbytes") && e.value.dtype() == DT_STRING) {
    const std::string difference = TypeAndShapeDifference(got, e.value);
    if (!difference.empty()) return difference;
    return SummaryDifference(got.data<std::string>()[0], e.value.data<std::string>()[0],
                             Tolerance{1e-5, 1e-6});
  }
  return Difference(got, e.value, tolerance);
}

Outcome CheckOutputs(const Case& c, const Scope& scope, Mode mode) {
  const std::string stage = absl::StrCat("outputs, ", mode.name());
  absl::StatusOr<Session> session = mode.Open(scope);
  if (!session.ok()) return OutcomeOfError(session.status(), c.def, stage);
  std::vector<TensorRef> fetches;
  for (const Expectation& e : c.expectations) fetches.emplace_back(e.fetch);
  std::vector<TargetRef> targets;
  if (fetches.empty()) targets.emplace_back("op");
  const absl::StatusOr<std::vector<Tensor>> got = session->Run(mode.Feeds(c), fetches, targets);
  if (!got.ok()) return OutcomeOfError(got.status(), c.def, stage);
  if (absl::EndsWith(c.name, "_signdep")) {
    std::vector<Tensor> want;
    for (const Expectation& e : c.expectations) want.push_back(e.value);
    const std::string difference =
        FactorDifference(c.op, *got, want, OutputTolerance(c, want.back().dtype()));
    return difference.empty() ? Outcome::Passed()
                              : Outcome::Failed(absl::StrCat(stage, ": ", difference));
  }
  for (size_t i = 0; i < c.expectations.size(); ++i) {
    const std::string difference = OutputDifference(c, c.expectations[i], (*got)[i]);
    if (difference.empty()) continue;
    return Outcome::Failed(absl::StrCat(stage, ": ", c.expectations[i].fetch, " ", difference));
  }
  return Outcome::Passed();
}

// The gradients' ys, xs and grad_ys, as tensors of the graph.
struct GradientQuestion {
  std::vector<Output> ys, xs, grad_ys;
  std::vector<int> inputs;  // I of each x.
};

// w, or its conjugate: what flows into y when w * y is differentiated.
Tensor IncomingGradient(const Tensor& weight) {
  absl::StatusOr<Tensor> conjugate = weight.Clone();
  if (!conjugate.ok()) return weight;
  (void)DispatchType<Complex64, Complex128>(weight.dtype(), [&]<typename T>(TypeTag<T>) {
    for (T& value : conjugate->mutable_values<T>()) value = std::conj(value);
    return absl::OkStatus();
  });
  return *conjugate;
}

absl::StatusOr<GradientQuestion> AskGradients(const Case& c, const Scope& scope) {
  GradientQuestion question;
  const Graph& graph = scope.graph();
  const auto output = [&](const std::string& name) -> absl::StatusOr<Output> {
    ASSIGN_OR_RETURN(const Endpoint endpoint, graph.FindEndpoint(name));
    return Output(scope.state(), endpoint);
  };
  for (const auto& [k, weight] : c.weights) {
    ASSIGN_OR_RETURN(const Output y, output(absl::StrCat("op:", k)));
    question.ys.push_back(y);
    const Tensor incoming = IncomingGradient(weight);
    question.grad_ys.push_back(
        scope.Op("Const").Attr("dtype", incoming.dtype()).Attr("value", incoming).Build());
  }
  const auto add_x = [&](int i) -> absl::Status {
    const std::string variable = absl::StrCat("setup_var_", i);
    ASSIGN_OR_RETURN(const Output x,
                     output(graph.Find(variable) != nullptr ? variable : absl::StrCat("in_", i)));
    question.xs.push_back(x);
    question.inputs.push_back(i);
    return absl::OkStatus();
  };
  for (const auto& [i, value] : c.gradients) RETURN_IF_ERROR(add_x(i));
  for (int i : c.no_gradients) RETURN_IF_ERROR(add_x(i));
  return question;
}

// Gradients of which there should be some come first in the question, in the order of `c`.
Outcome CheckGradients(const Case& c, const Scope& scope, Mode mode) {
  if (c.weights.empty() || (c.gradients.empty() && c.no_gradients.empty())) {
    return Outcome::Passed();
  }
  const std::string stage = absl::StrCat("gradients, ", mode.name());
  const absl::StatusOr<GradientQuestion> question = AskGradients(c, scope);
  if (!question.ok()) return OutcomeOfError(question.status(), c.def, stage);
  const absl::StatusOr<std::vector<Output>> gradients =
      AddDenseGradients(scope, question->ys, question->xs, question->grad_ys);
  if (!gradients.ok()) return OutcomeOfError(gradients.status(), c.def, stage);
  std::vector<TensorRef> fetches;
  for (size_t n = 0; n < gradients->size(); ++n) {
    const bool wanted = n < c.gradients.size();
    if ((*gradients)[n].valid() != wanted) {
      if (!scope.status().ok()) return OutcomeOfError(scope.status(), c.def, stage);
      return Outcome::Failed(absl::StrCat(
          stage, ": input ", question->inputs[n],
          wanted ? " has no gradient, expected one" : " has a gradient, expected none"));
    }
    if (wanted) fetches.emplace_back((*gradients)[n]);
  }
  absl::StatusOr<Session> session = mode.Open(scope);
  if (!session.ok()) return OutcomeOfError(session.status(), c.def, stage);
  if (fetches.empty()) return Outcome::Passed();
  // What a gradient reads of a variable is not ordered after the assignment.
  std::vector<TargetRef> assignments(c.assignments.begin(), c.assignments.end());
  if (!assignments.empty()) {
    const auto done = session->Run(mode.Feeds(c), {}, assignments);
    if (!done.ok()) return OutcomeOfError(done.status(), c.def, stage);
  }
  const absl::StatusOr<std::vector<Tensor>> got = session->Run(mode.Feeds(c), fetches, {});
  if (!got.ok()) return OutcomeOfError(got.status(), c.def, stage);
  for (size_t n = 0; n < c.gradients.size(); ++n) {
    const Tensor& want = c.gradients[n].second;
    const std::string difference = Difference((*got)[n], want, GradientTolerance(want.dtype()));
    if (difference.empty()) continue;
    return Outcome::Failed(
        absl::StrCat(stage, ": of input ", question->inputs[n], ": ", difference));
  }
  return Outcome::Passed();
}

Outcome RunCase(const std::string& root, const std::string& name) {
  const absl::StatusOr<Case> c = Load(root, name);
  if (!c.ok()) return Outcome::Failed(c.status().ToString());
  for (const Mode mode : {Mode{false}, Mode{true}}) {
    const Scope scope = Scope::Root();
    const absl::Status imported = ImportGraphDef(c->def, scope);
    if (!imported.ok()) return OutcomeOfError(imported, c->def, "import");
    Outcome outcome = CheckOutputs(*c, scope, mode);
    if (outcome.passed()) outcome = CheckGradients(*c, scope, mode);
    if (!outcome.passed()) return outcome;
  }
  return Outcome::Passed();
}

std::vector<std::string> FindCases(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, error)) {
    if (entry.path().extension() != ".pb") continue;
    names.push_back(entry.path().lexically_relative(root).replace_extension().string());
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
