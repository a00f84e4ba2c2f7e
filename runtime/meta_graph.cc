#include "weir/runtime/meta_graph.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "weir/proto/variable.pb.h"

namespace weir {
namespace {

using VariableRecord = GraphState::VariableRecord;

// The collections whose members are variables.
constexpr absl::string_view kVariableCollections[] = {
    "variables",   "trainable_variables",      "local_variables", "model_variables",
    "global_step", "moving_average_variables", "metric_variables"};

bool HoldsVariables(absl::string_view collection) {
  return std::find(std::begin(kVariableCollections), std::end(kVariableCollections), collection) !=
         std::end(kVariableCollections);
}

std::string FullName(const Graph& graph, Endpoint e) {
  return absl::StrCat(graph.node(e.node).name(), ":", e.index);
}

// `slice` reads "full shape" then "start,length:start,length", as SaveV2 takes it.
absl::Status WriteSlice(const VariableRecord& record, SaveSliceInfoDef* info) {
  info->set_full_name(record.full_name);
  std::vector<std::string> words = absl::StrSplit(record.slice, ' ');
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    int64_t size;
    if (!absl::SimpleAtoi(words[i], &size)) return Internal("bad slice '", record.slice, "'");
    info->add_full_shape(size);
  }
  for (absl::string_view extent : absl::StrSplit(words.back(), ':')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(extent, ',');
    int64_t start, length;
    if (!absl::SimpleAtoi(parts.first, &start) || !absl::SimpleAtoi(parts.second, &length)) {
      return Internal("bad slice '", record.slice, "'");
    }
    info->add_var_offset(start);
    info->add_var_shape(length);
  }
  return absl::OkStatus();
}

absl::Status WriteVariable(const Graph& graph, const VariableRecord& record, VariableDef* def) {
  def->set_variable_name(FullName(graph, record.handle));
  if (record.initializer >= 0) def->set_initializer_name(graph.node(record.initializer).name());
  if (record.value.valid()) def->set_snapshot_name(FullName(graph, record.value));
  if (record.initial_value.valid()) {
    def->set_initial_value_name(FullName(graph, record.initial_value));
  }
  def->set_is_resource(record.is_resource);
  def->set_trainable(record.trainable);
  return record.slice.empty() ? absl::OkStatus()
                              : WriteSlice(record, def->mutable_save_slice_info_def());
}

absl::StatusOr<VariableRecord> ReadVariable(const Graph& graph, const VariableDef& def,
                                            bool trainable) {
  VariableRecord record;
  ASSIGN_OR_RETURN(record.handle, graph.FindEndpoint(def.variable_name()));
  const Node& node = graph.node(record.handle.node);
  record.name = node.name();
  if (!def.snapshot_name().empty()) {
    ASSIGN_OR_RETURN(record.value, graph.FindEndpoint(def.snapshot_name()));
  }
  if (!def.initial_value_name().empty()) {
    ASSIGN_OR_RETURN(record.initial_value, graph.FindEndpoint(def.initial_value_name()));
  }
  if (const Node* initializer = graph.Find(def.initializer_name())) {
    record.initializer = initializer->id();
  }
  record.is_resource = graph.type(record.handle) == DT_RESOURCE;
  record.trainable = trainable;
  ASSIGN_OR_RETURN(record.dtype, node.attrs().Get<DataType>("dtype"));
  ASSIGN_OR_RETURN(record.shape, node.attrs().Get<PartialShape>("shape"));
  if (def.has_save_slice_info_def()) {
    const SaveSliceInfoDef& info = def.save_slice_info_def();
    if (info.var_offset_size() != info.var_shape_size()) {
      return InvalidArgument("variable '", record.name, "' has a slice of unclear rank");
    }
    std::vector<std::string> extents;
    for (int i = 0; i < info.var_offset_size(); ++i) {
      extents.push_back(absl::StrCat(info.var_offset(i), ",", info.var_shape(i)));
    }
    record.full_name = info.full_name();
    record.slice =
        absl::StrCat(absl::StrJoin(info.full_shape(), " "), " ", absl::StrJoin(extents, ":"));
  }
  return record;
}

// What the collections of a MetaGraphDef add to a graph under construction.
struct Additions {
  std::vector<VariableRecord> variables;
  std::map<std::string, std::vector<std::string>> collections;
};

absl::Status ReadVariables(const CollectionDef& collection, const std::string& key,
                           const Graph& graph, Additions* additions) {
  for (const std::string& bytes : collection.bytes_list().value()) {
    VariableDef def;
    if (!def.ParseFromString(bytes)) return DataLoss("an entry is not a VariableDef");
    ASSIGN_OR_RETURN(VariableRecord record, ReadVariable(graph, def, key == "trainable_variables"));
    additions->collections[key].push_back(FullName(graph, record.handle));
    additions->variables.push_back(std::move(record));
  }
  return absl::OkStatus();
}

absl::StatusOr<Additions> ReadCollections(const MetaGraphDef& meta, const Graph& graph) {
  Additions additions;
  for (const auto& [key, collection] : meta.collection_def()) {
    std::vector<std::string>& names = additions.collections[key];
    names.insert(names.end(), collection.node_list().value().begin(),
                 collection.node_list().value().end());
    if (!HoldsVariables(key)) continue;
    const absl::Status status = ReadVariables(collection, key, graph, &additions);
    if (!status.ok()) return Annotate(status, absl::StrCat("collection '", key, "': "));
  }
  return additions;
}

void Add(Additions additions, GraphState& state) {
  for (auto& [key, names] : additions.collections) {
    std::vector<std::string>& all = state.collections[key];
    all.insert(all.end(), names.begin(), names.end());
  }
  for (VariableRecord& record : additions.variables) {
    const auto [it, is_new] =
        state.variable_by_name.emplace(record.name, static_cast<int>(state.variables.size()));
    if (is_new) {
      state.variables.push_back(std::move(record));
    } else {
      state.variables[it->second].trainable |= record.trainable;
    }
  }
}

}  // namespace

absl::Status ExportMetaGraph(const Scope& scope, const SaverDef* saver, MetaGraphDef* meta) {
  RETURN_IF_ERROR(scope.status());
  meta->Clear();
  const GraphState& state = *scope.state();
  ExportGraphDef(state.graph, meta->mutable_graph_def());
  meta->mutable_meta_info_def()->set_tensorflow_version("1.15.5");
  if (saver != nullptr) *meta->mutable_saver_def() = *saver;
  for (const auto& [key, names] : state.collections) {
    CollectionDef& collection = (*meta->mutable_collection_def())[key];
    for (const std::string& name : names) {
      const auto variable = state.variable_by_name.find(name.substr(0, name.rfind(':')));
      if (!HoldsVariables(key) || variable == state.variable_by_name.end()) {
        collection.mutable_node_list()->add_value(name);
        continue;
      }
      VariableDef def;
      RETURN_IF_ERROR(WriteVariable(state.graph, state.variables[variable->second], &def));
      collection.mutable_bytes_list()->add_value(def.SerializeAsString());
    }
  }
  return absl::OkStatus();
}

absl::Status ImportMetaGraph(const MetaGraphDef& meta, const Scope& scope) {
  ImportOptions options;
  if (meta.meta_info_def().has_stripped_op_list()) {
    options.producer_ops = &meta.meta_info_def().stripped_op_list();
  }
  GraphState& state = *scope.state();
  GraphState::Mark before = state.Now();
  RETURN_IF_ERROR(ImportGraphDef(meta.graph_def(), scope, options));
  absl::StatusOr<Additions> additions = ReadCollections(meta, state.graph);
  if (!additions.ok()) {
    state.Rewind(std::move(before));
    return additions.status();
  }
  Add(*std::move(additions), state);
  return absl::OkStatus();
}

}  // namespace weir
