#include "weir/tools/run_graph/model.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "weir/graph/import.h"
#include "weir/io/text_proto.h"
#include "weir/ops/variable.h"
#include "weir/tools/run_graph/output.h"
#include "weir/tools/run_graph/pipe.h"

namespace weir::run_graph {
namespace {

constexpr uint64_t kMaxModelBytes = uint64_t{1} << 30;

bool LooksLikeText(absl::string_view content) {
  return std::none_of(content.begin(), content.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && !absl::ascii_isspace(c);
  });
}

constexpr int kNodeField = 1;      // Of a GraphDef.
constexpr int kGraphDefField = 2;  // Of a MetaGraphDef.

// Where a serialized message stops making sense, as far as its outermost fields tell. `base` is the
// place of `content` in the file.
std::string FindDamage(absl::string_view content, bool is_meta, size_t base = 0) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(content.data()),
                                            static_cast<int>(content.size()));
  using WireFormat = google::protobuf::internal::WireFormatLite;
  int nodes = 0;
  std::string behind;
  while (static_cast<size_t>(in.CurrentPosition()) < content.size()) {
    const size_t at = static_cast<size_t>(in.CurrentPosition());
    const std::string where = absl::StrCat("byte ", base + at);
    const uint32_t tag = in.ReadTag();
    if (tag == 0) return where;
    if (WireFormat::GetTagWireType(tag) != WireFormat::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormat::SkipField(&in, tag)) return where;
      continue;
    }
    uint32_t size;
    if (!in.ReadVarint32(&size)) return where;
    const size_t begin = static_cast<size_t>(in.CurrentPosition());
    if (size > content.size() - begin) {
      return absl::StrCat("the field at ", where, " is cut", behind);
    }
    const absl::string_view field = content.substr(begin, size);
    const int number = WireFormat::GetTagFieldNumber(tag);
    if (is_meta && number == kGraphDefField && !GraphDef().ParseFromArray(field.data(), size)) {
      return FindDamage(field, false, base + begin);
    }
    if (!is_meta && number == kNodeField) {
      NodeDef node;
      if (!node.ParseFromArray(field.data(), static_cast<int>(size))) {
        return absl::StrCat("node ", nodes, " at ", where, behind);
      }
      behind = absl::StrCat(", behind node '", node.name(), "'");
      ++nodes;
    }
    in.Skip(static_cast<int>(size));
  }
  return "outside of the nodes";
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
    out << "  " << Printable(node.name()) << "  " << AttrText(node, "shape") << "\n";
  }
}

absl::StatusOr<std::string> ReadContent(Env& env, const std::string& path) {
  if (env.FileExists(path) && !env.IsDirectory(path) && !env.IsOrdinaryFile(path)) {
    return ReadPipe(path, kMaxModelBytes);
  }
  return env.ReadFileToString(path, kMaxModelBytes);
}

}  // namespace

absl::StatusOr<MetaGraphDef> ReadModel(Env& env, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadContent(env, path));
  MetaGraphDef meta;
  if (absl::EndsWith(path, ".meta")) {
    if (meta.ParseFromString(content)) return meta;
    return DataLoss(path, ": is not a MetaGraphDef, or is damaged: ", FindDamage(content, true));
  }
  GraphDef* graph = meta.mutable_graph_def();
  const bool is_text = absl::EndsWith(path, ".pbtxt");
  if (!is_text && graph->ParseFromString(content) && (content.empty() || graph->node_size() > 0)) {
    return meta;
  }
  if (is_text || LooksLikeText(content)) {
    graph->Clear();
    if (absl::Status status = ParseTextProto(content, graph, UnknownFields::kSkip); !status.ok()) {
      return Annotate(status, absl::StrCat(path, ":"));
    }
    return meta;
  }
  return DataLoss(path, ": is neither a binary nor a text GraphDef, or is damaged: ",
                  FindDamage(content, false));
}

void PrintSummary(const GraphDef& def, const OpRegistry& ops, const KernelRegistry& kernels,
                  std::ostream& out) {
  PrintNodes(def, "placeholders", out,
             [](const NodeDef& node) { return absl::StartsWith(node.op(), "Placeholder"); });
  PrintNodes(def, "variables", out,
             [](const NodeDef& node) { return ops::IsVariableOp(node.op()); });
  const std::set<std::string> sinks = Sinks(def);
  out << "likely outputs:\n";
  std::map<std::string, int> counts;
  for (const NodeDef& node : def.node()) {
    ++counts[node.op()];
    const bool computes = node.op() != "NoOp" && node.op() != "Const" && node.op() != "Assert" &&
                          !absl::StrContains(node.op(), "Assign") &&
                          !absl::StrContains(node.op(), "Save");
    if (computes && sinks.contains(node.name())) {
      out << "  " << Printable(node.name()) << "  (" << Printable(node.op()) << ")\n";
    }
  }
  out << "ops (" << def.node_size() << " nodes):\n";
  for (const auto& [op, n] : counts) out << "  " << Printable(op) << "  " << n << "\n";
  std::vector<std::string> unsupported = UnknownOps(def, ops);
  for (const auto& [op, n] : counts) {
    if (ops.Find(op) != nullptr && kernels.Find(op, "CPU").empty()) {
      unsupported.push_back(absl::StrCat(op, " (", n, " nodes, no kernel)"));
    }
  }
  out << "unsupported:" << (unsupported.empty() ? " nothing\n" : "\n");
  for (const std::string& line : unsupported) out << "  " << Printable(line) << "\n";
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
