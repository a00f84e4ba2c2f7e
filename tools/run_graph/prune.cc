#include "weir/tools/run_graph/prune.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "weir/proto/variable.pb.h"

namespace weir::run_graph {
namespace {

using Names = absl::flat_hash_set<std::string>;

// "^a/b" and "a/b:1" -> "a/b".
std::string NodeOf(absl::string_view text) {
  (void)absl::ConsumePrefix(&text, "^");
  return std::string(text.substr(0, text.rfind(':')));
}

const AttrValue* FindAttr(const OpSpec& op, const NodeDef& node, int index) {
  if (index < 0) return nullptr;
  const auto it = node.attr().find(op.attrs[index].name);
  return it != node.attr().end() ? &it->second : op.attrs[index].default_value.get();
}

// The type that the node wants of its data input `k`; DT_INVALID when its op and attrs do not tell,
// and for references, which only a variable can be.
DataType WantedType(const OpRegistry& ops, const NodeDef& node, int64_t k) {
  const OpSpec* op = ops.Find(node.op());
  if (op == nullptr) return DT_INVALID;
  for (const ArgSpec& arg : op->inputs) {
    const AttrValue* types = FindAttr(*op, node, arg.list_attr);
    const AttrValue* type = FindAttr(*op, node, arg.type_attr);
    const AttrValue* number = FindAttr(*op, node, arg.number_attr);
    const int64_t count = types != nullptr    ? types->list().type_size()
                          : number != nullptr ? std::max<int64_t>(0, number->i())
                                              : 1;
    if (k >= count) {
      k -= count;
      continue;
    }
    if (arg.is_ref) return DT_INVALID;
    if (types != nullptr) return types->list().type(static_cast<int>(k));
    return type != nullptr ? type->type() : arg.type;
  }
  return DT_INVALID;
}

// Walks from what is wanted to what it depends on, and no further than to what is fed.
class Walk {
 public:
  Walk(const std::vector<std::string>& feeds, const OpRegistry& ops, const GraphDef& graph)
      : ops_(ops) {
    for (const NodeDef& node : graph.node()) nodes_.emplace(node.name(), &node);
    for (absl::string_view feed : feeds) {
      // A placeholder has only an output 0, and says more of its shape than the one put for it.
      const auto it = nodes_.find(NodeOf(feed));
      if (it == nodes_.end() || it->second->op() == "Placeholder") continue;
      if (IsFirstOutput(feed)) fed_.insert(NodeOf(feed));
    }
  }

  void Need(absl::string_view text) {
    const std::string name = NodeOf(text);
    if (nodes_.contains(name) && needed_.insert(name).second) open_.push_back(name);
    while (!open_.empty()) {
      const NodeDef* node = nodes_.at(open_.back());
      open_.pop_back();
      for (int i = 0; i < node->input_size(); ++i) NeedInput(*node, i);
    }
  }

  // Whether the walk came upon this fed tensor, and stopped there.
  bool Cuts(absl::string_view feed) const {
    return IsFirstOutput(feed) && cut_.contains(NodeOf(feed));
  }
  const Names& needed() const { return needed_; }
  // Fed nodes of which nothing else is needed, by the type of what is fed.
  const absl::flat_hash_map<std::string, DataType>& cut() const { return cut_; }

 private:
  static bool IsFirstOutput(absl::string_view text) {
    const size_t colon = text.rfind(':');
    return !absl::StartsWith(text, "^") &&
           (colon == absl::string_view::npos || text.substr(colon) == ":0");
  }

  void NeedInput(const NodeDef& node, int i) {
    const std::string name = NodeOf(node.input(i));
    if (fed_.contains(name) && IsFirstOutput(node.input(i))) {
      const DataType type = WantedType(ops_, node, i);
      if (type != DT_INVALID) {
        cut_.emplace(name, type);
        return;
      }
    }
    if (nodes_.contains(name) && needed_.insert(name).second) open_.push_back(name);
  }

  const OpRegistry& ops_;
  absl::flat_hash_map<absl::string_view, const NodeDef*> nodes_;
  Names fed_, needed_;
  absl::flat_hash_map<std::string, DataType> cut_;
  std::vector<std::string> open_;
};

void BecomePlaceholder(DataType type, NodeDef* node) {
  node->clear_input();
  node->clear_attr();
  node->set_op("Placeholder");
  (*node->mutable_attr())["dtype"].set_type(type);
}

void PruneVariables(const Names& needed, CollectionDef* collection) {
  CollectionDef kept;
  for (const std::string& bytes : collection->bytes_list().value()) {
    VariableDef def;
    if (!def.ParseFromString(bytes)) return;  // Holds something else.
    if (!needed.contains(NodeOf(def.variable_name()))) continue;
    for (std::string* name : {def.mutable_initializer_name(), def.mutable_snapshot_name(),
                              def.mutable_initial_value_name()}) {
      if (!needed.contains(NodeOf(*name))) name->clear();
    }
    kept.mutable_bytes_list()->add_value(def.SerializeAsString());
  }
  if (collection->has_bytes_list()) *collection = kept;
}

}  // namespace

void Prune(const std::vector<std::string>& wanted, const std::vector<std::string>& feeds,
           const OpRegistry& ops, MetaGraphDef* meta) {
  Walk walk(feeds, ops, meta->graph_def());
  for (const std::string& name : wanted) walk.Need(name);
  // What is fed must exist, even where nobody asks for it.
  for (const std::string& name : feeds) {
    if (!walk.Cuts(name)) walk.Need(name);
  }
  Names kept = walk.needed();
  for (const auto& [name, type] : walk.cut()) kept.insert(name);
  auto* nodes = meta->mutable_graph_def()->mutable_node();
  nodes->erase(std::remove_if(nodes->begin(), nodes->end(),
                              [&](const NodeDef& node) { return !kept.contains(node.name()); }),
               nodes->end());
  for (NodeDef& node : *nodes) {
    const auto it = walk.cut().find(node.name());
    if (it == walk.cut().end() || walk.needed().contains(node.name())) continue;
    BecomePlaceholder(it->second, &node);
  }
  for (auto& [key, collection] : *meta->mutable_collection_def()) {
    PruneVariables(kept, &collection);
  }
}

}  // namespace weir::run_graph
