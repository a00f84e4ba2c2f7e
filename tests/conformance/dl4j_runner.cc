// Replays frozen graphs with the outputs recorded for them as text.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "weir/graph/import.h"
#include "weir/ops/standard_ops.h"
#include "weir/proto/graph.pb.h"
#include "weir/runtime/session.h"
#include "weir/tests/conformance/compare.h"
#include "weir/tests/conformance/harness.h"
#include "weir/tests/conformance/session_options.h"

namespace weir::conformance {
namespace {

namespace fs = std::filesystem;

constexpr char kGraphFile[] = "frozen_model.pb";
constexpr char kPrediction[] = ".prediction.csv";
constexpr char kPlaceholder[] = ".placeholder.csv";

// Cases whose recorded values cannot be relied on, nearly all by their own authors' word.
constexpr const char* kSuspects[] = {
    "fused_batch_norm/float32_nhcw",
    "fused_batch_norm/float16_nhwc",
    "non_max_suppression_v4/*with_thresholds*",
    "non_max_suppression_v5/*",
    "resize_bicubic/float64",
    "resize_bicubic/int32",
    "reductions/scatter_update_*",
    "emptyArrayTests/scatter_update/*",
    "bincount/rank2_weights",
    "slogdet/*",
    "truncatemod/*",
    "confusion/*",
    "conv_4",
    "conv3d_transpose*",
    "ragged/reduce_mean/*",
    "Conv3DBackpropInputV2/*",
    "g_04",  // The tangent beside a pole: it magnifies the rounding of the recorded feeds.
};

bool IsSuspect(const std::string& name) {
  for (const char* pattern : kSuspects) {
    // A pattern without wildcards is the whole name, not a part of it.
    if (name == pattern) return true;
    if (absl::StrContains(pattern, '*') && MatchesFilter(pattern, name)) return true;
  }
  return false;
}

// ---- Text files ----

// The lines of a file without their ends.
absl::StatusOr<std::vector<std::string>> ReadLines(const fs::path& path) {
  std::ifstream file(path);
  if (!file.is_open()) return NotFound("cannot open ", path.string());
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(file, line)) {
    if (absl::EndsWith(line, "\r")) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

template <typename T>
bool ParseValue(const std::string& text, T* value) {
  if constexpr (std::is_same_v<T, std::string>) {
    *value = text;
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    double number;
    if (absl::SimpleAtob(text, value)) return true;
    if (!absl::SimpleAtod(text, &number)) return false;
    *value = number != 0;
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    // Integers are sometimes written with decimals, all of them zero.
    const absl::string_view digits = absl::string_view(text).substr(0, text.find('.'));
    if constexpr (sizeof(T) == 8) return absl::SimpleAtoi(digits, value);
    int64_t number;
    if (!absl::SimpleAtoi(digits, &number)) return false;
    *value = static_cast<T>(number);
    return true;
  } else {
    double number;
    if (!absl::SimpleAtod(text, &number)) return false;
    if constexpr (std::is_same_v<T, double>) {
      *value = number;
    } else {
      *value = T(static_cast<float>(number));
    }
    return true;
  }
}

// A scalar has an empty shape file, or one that says 0 while there is one value.
absl::StatusOr<Shape> ReadShape(const fs::path& path, size_t num_values) {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, ReadLines(path));
  Dims dims;
  for (const std::string& line : lines) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    int64_t dim;
    if (!absl::SimpleAtoi(line, &dim)) return DataLoss(path.string(), " says '", line, "'");
    dims.push_back(dim);
  }
  if (num_values == 1 && dims.size() == 1 && dims[0] == 0) dims.clear();
  return Shape::Make(dims);
}

// The tensor in BASE.csv and BASE.shape.
absl::StatusOr<Tensor> ReadTensor(const fs::path& csv, DataType dtype) {
  ASSIGN_OR_RETURN(std::vector<std::string> lines, ReadLines(csv));
  ASSIGN_OR_RETURN(const Shape shape,
                   ReadShape(fs::path(csv).replace_extension(".shape"), lines.size()));
  while (static_cast<int64_t>(lines.size()) > shape.num_elements() && lines.back().empty()) {
    lines.pop_back();
  }
  if (static_cast<int64_t>(lines.size()) != shape.num_elements()) {
    return DataLoss(csv.filename().string(), " has ", lines.size(), " values for shape ",
                    shape.ToString());
  }
  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Make(dtype, shape));
  RETURN_IF_ERROR((DispatchType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t,
                                uint8_t, uint16_t, uint32_t, uint64_t, bool, std::string>(
      dtype, [&]<typename T>(TypeTag<T>) -> absl::Status {
        for (size_t i = 0; i < lines.size(); ++i) {
          if (!ParseValue(lines[i], &tensor.mutable_data<T>()[i])) {
            return DataLoss(csv.filename().string(), ": '", lines[i], "' is not a ",
                            DataTypeName(dtype));
          }
        }
        return absl::OkStatus();
      })));
  return tensor;
}

// ---- Cases ----

struct Recorded {
  Endpoint endpoint;
  Tensor value;
};

struct Case {
  GraphDef def;
  std::vector<Recorded> feeds;
  std::vector<Recorded> outputs;
};

// "a/b" is output 0; "a/b.1" and "a/b:1" are output 1 of a/b, unless a node is called so.
absl::StatusOr<Endpoint> FindTensor(const Graph& graph, const std::string& name) {
  if (const Node* node = graph.Find(name); node != nullptr) return Endpoint{node->id(), 0};
  const size_t mark = name.find_last_of(".:");
  if (mark == std::string::npos) return NotFound("there is no node ", name);
  return graph.FindEndpoint(absl::StrCat(name.substr(0, mark), ":", name.substr(mark + 1)));
}

// Reads the recorded tensors of the files BASE/NODE`suffix`.
absl::Status ReadRecorded(const fs::path& folder, absl::string_view suffix, const Graph& graph,
                          std::vector<Recorded>* recorded) {
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_directory(error) && fs::exists(it->path() / kGraphFile, error)) {
      it.disable_recursion_pending();  // Another case.
      continue;
    }
    const std::string file = it->path().lexically_relative(folder).string();
    if (!absl::EndsWith(file, suffix)) continue;
    ASSIGN_OR_RETURN(const Endpoint e,
                     FindTensor(graph, std::string(absl::StripSuffix(file, suffix))));
    ASSIGN_OR_RETURN(Tensor value, ReadTensor(it->path(), RemoveRef(graph.type(e))));
    recorded->push_back({e, std::move(value)});
  }
  return absl::OkStatus();
}

// ---- Judging ----

Tolerance ToleranceOf(DataType type) {
  constexpr double kPrinted = 1e-8;  // Values are written with 8 decimals.
  switch (type) {
    case DT_DOUBLE: return {1e-7, kPrinted};
    case DT_FLOAT: return {1e-5, 2e-6};
    case DT_HALF: return {5e-3, 1e-3};
    case DT_BFLOAT16: return {2e-2, 8e-3};
    default: return {};
  }
}

// By node: whether its value comes from a generator of random numbers that has no fixed stream.
std::vector<bool> FindRandomNodes(const Graph& graph) {
  std::vector<bool> random(graph.num_nodes(), false);
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    const std::string& op = node.op().name;
    random[id] = absl::StartsWith(op, "Random") || op == "Multinomial" || op == "TruncatedNormal" ||
                 op == "ParameterizedTruncatedNormal";
    // A back edge of a loop comes from a later node, which counts as not random.
    for (const Endpoint& e : node.inputs()) {
      if (random[e.node]) random[id] = true;
    }
  }
  return random;
}

// Graphs that were frozen although they update variables: no importer takes them.
bool AssignsToConstant(const GraphDef& def) {
  std::set<absl::string_view> constants;
  for (const NodeDef& node : def.node()) {
    if (node.op() == "Const") constants.insert(node.name());
  }
  return std::any_of(def.node().begin(), def.node().end(), [&](const NodeDef& node) {
    const OpSpec* op = StandardOps().Find(node.op());
    return op != nullptr && !op->inputs.empty() && op->inputs[0].is_ref && node.input_size() > 0 &&
           constants.count(node.input(0)) > 0;
  });
}

absl::StatusOr<Session> Open(const Graph& graph, bool optimize) {
  ASSIGN_OR_RETURN(SessionOptions options, CaseOptions());
  options.optimize = optimize;
  return Session::Create(graph, options);
}

Outcome RunOnce(const Graph& graph, const Case& c, bool optimize) {
  const absl::StatusOr<Session> session = Open(graph, optimize);
  if (!session.ok()) return OutcomeOfError(session.status(), c.def, "session");
  std::vector<FeedRef> feeds;
  for (const Recorded& feed : c.feeds) {
    feeds.emplace_back(graph.EndpointName(feed.endpoint), feed.value);
  }
  std::vector<TensorRef> fetches;
  for (const Recorded& output : c.outputs)
    fetches.emplace_back(graph.EndpointName(output.endpoint));
  const absl::StatusOr<std::vector<Tensor>> got = session->Run(feeds, fetches, {});
  if (!got.ok()) return OutcomeOfError(got.status(), c.def, "run");
  const std::vector<bool> random = FindRandomNodes(graph);
  for (size_t i = 0; i < c.outputs.size(); ++i) {
    const Recorded& want = c.outputs[i];
    const std::string difference =
        random[want.endpoint.node]
            ? TypeAndShapeDifference((*got)[i], want.value)
            : Difference((*got)[i], want.value, ToleranceOf(want.value.dtype()));
    if (difference.empty()) continue;
    return Outcome::Failed(absl::StrCat(graph.EndpointName(want.endpoint), " (",
                                        graph.node(want.endpoint.node).op().name,
                                        optimize ? "): " : ", not optimized): ", difference));
  }
  return Outcome::Passed();
}

Outcome Judge(const std::string& root, const std::string& name) {
  const fs::path folder = fs::path(root) / name;
  Case c;
  std::ifstream file(folder / kGraphFile, std::ios::binary);
  if (!c.def.ParseFromIstream(&file)) return Outcome::Failed("not a GraphDef");
  Graph graph(StandardOps());
  const absl::Status imported = ImportGraphDef(c.def, graph);
  if (!imported.ok() && AssignsToConstant(c.def)) {
    return Outcome::Skipped("freezing made a constant of a variable that the graph assigns to");
  }
  if (!imported.ok()) return OutcomeOfError(imported, c.def, "import");
  absl::Status read = ReadRecorded(folder, kPlaceholder, graph, &c.feeds);
  if (read.ok()) read = ReadRecorded(folder, kPrediction, graph, &c.outputs);
  if (!read.ok()) return OutcomeOfError(read, c.def, "reference");
  if (c.outputs.empty()) return Outcome::Failed("no recorded output");
  Outcome outcome = RunOnce(graph, c, true);
  if (outcome.passed()) outcome = RunOnce(graph, c, false);
  return outcome;
}

Outcome RunCase(const std::string& root, const std::string& name) {
  Outcome outcome = Judge(root, name);
  if (outcome.kind == Outcome::Kind::kFailed && IsSuspect(name)) {
    return Outcome::Skipped(absl::StrCat("suspect reference: ", outcome.detail));
  }
  return outcome;
}

std::vector<std::string> FindCases(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, error)) {
    if (entry.path().filename() != kGraphFile) continue;
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
