#include "weir/tools/run_graph/model.h"

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "weir/graph/import.h"

namespace weir::run_graph {
namespace {

constexpr uint64_t kMaxModelBytes = uint64_t{1} << 30;

// Keeps the first error of the text parser.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status ParseText(const std::string& path, const std::string& content,
                       google::protobuf::Message* message) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(content, message)) return absl::OkStatus();
  return DataLoss(path, ":", error.text());
}

bool IsVariable(const std::string& op) {
  return op == "VarHandleOp" || op == "VariableV2" || op == "Variable";
}

std::string AttrText(const NodeDef& node, const char* shape_attr) {
  std::string text;
  if (const auto it = node.attr().find("dtype"); it != node.attr().end()) {
    text = DataTypeName(it->second.type());
  }
  if (const auto it = node.attr().find(shape_attr); it != node.attr().end()) {
    const absl::StatusOr<PartialShape> shape = PartialShape::FromProto(it->second.shape());
    if (shape.ok()) absl::StrAppend(&text, " ", shape->ToString());
  }
  return text;
}

// Names of nodes that no other node uses.
std::set<std::string> Sinks(const GraphDef& def) {
  std::set<std::string> sinks;
  for (const NodeDef& node : def.node()) sinks.insert(node.name());
  for (const NodeDef& node : def.node()) {
    for (absl::string_view input : node.input()) {
      if (absl::StartsWith(input, "^")) input.remove_prefix(1);
      sinks.erase(std::string(input.substr(0, input.find(':'))));
    }
  }
  return sinks;
}

void PrintNodes(const GraphDef& def, const char* title, std::ostream& out,
                bool (*wanted)(const NodeDef&)) {
  bool any = false;
  for (const NodeDef& node : def.node()) {
    if (!wanted(node)) continue;
    if (!any) out << title << ":\n";
    any = true;
    out << "  " << node.name() << "  " << AttrText(node, "shape") << "\n";
  }
}

}  // namespace

absl::StatusOr<MetaGraphDef> ReadModel(Env& env, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, env.ReadFileToString(path, kMaxModelBytes));
  MetaGraphDef meta;
  if (absl::EndsWith(path, ".meta")) {
    if (meta.ParseFromString(content)) return meta;
    return DataLoss(path, ": is not a MetaGraphDef, or is damaged");
  }
  if (absl::EndsWith(path, ".pbtxt")) {
    RETURN_IF_ERROR(ParseText(path, content, meta.mutable_graph_def()));
    return meta;
  }
  GraphDef* graph = meta.mutable_graph_def();
  if (graph->ParseFromString(content) && (content.empty() || graph->node_size() > 0)) return meta;
  graph->Clear();
  if (ParseText(path, content, graph).ok()) return meta;
  return DataLoss(path, ": is neither a binary nor a text GraphDef, or is damaged");
}

void PrintSummary(const GraphDef& def, const OpRegistry& ops, const KernelRegistry& kernels,
                  std::ostream& out) {
  PrintNodes(def, "placeholders", out,
             [](const NodeDef& node) { return absl::StartsWith(node.op(), "Placeholder"); });
  PrintNodes(def, "variables", out, [](const NodeDef& node) { return IsVariable(node.op()); });
  const std::set<std::string> sinks = Sinks(def);
  out << "likely outputs:\n";
  std::map<std::string, int> counts;
  for (const NodeDef& node : def.node()) {
    ++counts[node.op()];
    const bool computes = node.op() != "NoOp" && node.op() != "Const" && node.op() != "Assert" &&
                          !absl::StrContains(node.op(), "Assign") &&
                          !absl::StrContains(node.op(), "Save");
    if (computes && sinks.contains(node.name())) {
      out << "  " << node.name() << "  (" << node.op() << ")\n";
    }
  }
  out << "ops (" << def.node_size() << " nodes):\n";
  for (const auto& [op, n] : counts) out << "  " << op << "  " << n << "\n";
  std::vector<std::string> unsupported = UnknownOps(def, ops);
  for (const auto& [op, n] : counts) {
    if (ops.Find(op) != nullptr && kernels.Find(op, "CPU").empty()) {
      unsupported.push_back(absl::StrCat(op, " (", n, " nodes, no kernel)"));
    }
  }
  out << "unsupported:" << (unsupported.empty() ? " nothing\n" : "\n");
  for (const std::string& line : unsupported) out << "  " << line << "\n";
}

void PrintKernels(const Graph& graph, const KernelRegistry& kernels, std::ostream& out) {
  std::set<std::string> names;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) names.insert(graph.node(id).op().name);
  for (const std::string& op : names) {
    out << op << ":";
    const auto list = kernels.Find(op, "CPU");
    if (list.empty()) out << " not on this device";
    for (const Kernel& kernel : list) out << " " << kernel.name;
    out << "\n";
  }
}

}  // namespace weir::run_graph
