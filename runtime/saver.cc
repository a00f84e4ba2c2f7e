#include "weir/runtime/saver.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/text_format.h"
#include "weir/core/env.h"
#include "weir/io/checkpoint.h"
#include "weir/io/text_proto.h"
#include "weir/ops/variable.h"
#include "weir/proto/checkpoint_state.pb.h"
#include "weir/runtime/meta_graph.h"
#include "weir/runtime/resource_store.h"
#include "weir/runtime/variable_state.h"

namespace weir {
namespace {

using VariableRecord = GraphState::VariableRecord;

constexpr char kStateFile[] = "checkpoint";
constexpr char kTemporaryMark[] = "_temp_";  // Behind the prefix, in the names of directories.

// One entry of a checkpoint.
struct Saveable {
  std::string key;
  std::string slice;
  const VariableRecord* variable;
};

bool IsLocal(const GraphState& state, const std::string& name) {
  const auto it = state.collections.find("local_variables");
  return it != state.collections.end() && std::find(it->second.begin(), it->second.end(),
                                                    absl::StrCat(name, ":0")) != it->second.end();
}

absl::StatusOr<std::vector<Saveable>> Choose(const GraphState& state,
                                             const std::map<std::string, std::string>& names) {
  std::vector<Saveable> chosen;
  if (names.empty()) {
    for (const VariableRecord& v : state.variables) {
      if (IsLocal(state, v.name)) continue;
      chosen.push_back({v.slice.empty() ? v.name : v.full_name, v.slice, &v});
    }
  }
  for (const auto& [key, name] : names) {
    const auto it = state.variable_by_name.find(name);
    if (it == state.variable_by_name.end()) {
      return NotFound("Saver: there is no variable '", name, "'");
    }
    const VariableRecord& v = state.variables[it->second];
    chosen.push_back({key, v.slice, &v});
  }
  std::stable_sort(chosen.begin(), chosen.end(),
                   [](const Saveable& a, const Saveable& b) { return a.key < b.key; });
  if (chosen.empty()) return FailedPrecondition("Saver: No variables to save");
  return chosen;
}

Tensor Strings(const std::vector<Saveable>& saveables, std::string Saveable::* field) {
  std::vector<std::string> values;
  for (const Saveable& s : saveables) values.push_back(s.*field);
  return Tensor::Vector<std::string>(absl::MakeConstSpan(values));
}

Output Value(const Scope& scope, const Saveable& s) {
  if (s.variable->value.valid()) return Output(scope.state(), s.variable->value);
  return Output(scope.state(), s.variable->handle);
}

std::vector<DataType> Types(const std::vector<Saveable>& saveables) {
  std::vector<DataType> types;
  for (const Saveable& s : saveables) types.push_back(s.variable->dtype);
  return types;
}

Operation AddSave(const Scope& scope, const Output& filename,
                  const std::vector<Saveable>& saveables) {
  std::vector<Output> values;
  for (const Saveable& s : saveables) values.push_back(Value(scope, s));
  return scope.Op("SaveV2")
      .In(filename)
      .In(Strings(saveables, &Saveable::key))
      .In(Strings(saveables, &Saveable::slice))
      .InList(absl::MakeConstSpan(values))
      .Build();
}

std::vector<Operation> AddRestore(const Scope& scope, const Output& filename,
                                  const std::vector<Saveable>& saveables) {
  const Operation restore = scope.Op("RestoreV2")
                                .In(filename)
                                .In(Strings(saveables, &Saveable::key))
                                .In(Strings(saveables, &Saveable::slice))
                                .Attr("dtypes", Types(saveables))
                                .Build();
  std::vector<Operation> assigns;
  for (size_t i = 0; i < saveables.size(); ++i) {
    const VariableRecord& v = *saveables[i].variable;
    const Output handle(scope.state(), v.handle);
    Output value = restore.out(static_cast<int>(i));
    if (v.is_resource) {
      value = scope.Op("Identity").In(value).Build();
      assigns.push_back(scope.Op("AssignVariableOp").In(handle).In(value).Build());
    } else {
      assigns.push_back(scope.Op("Assign")
                            .In(handle)
                            .In(value)
                            .Attr("validate_shape", v.shape.IsFullyDefined())
                            .Build());
    }
  }
  return assigns;
}

// Variables by device, in the order of the devices' first variables.
std::vector<std::vector<Saveable>> ByDevice(const Graph& graph,
                                            const std::vector<Saveable>& saveables) {
  std::vector<std::string> devices;
  std::vector<std::vector<Saveable>> groups;
  for (const Saveable& s : saveables) {
    const std::string& device = graph.node(s.variable->handle.node).device();
    const auto it = std::find(devices.begin(), devices.end(), device);
    if (it == devices.end()) {
      devices.push_back(device);
      groups.push_back({s});
    } else {
      groups[it - devices.begin()].push_back(s);
    }
  }
  return groups;
}

// Writes each device's variables to a shard of a temporary checkpoint, then merges them.
Output AddShardedSave(const Scope& save, const Output& filename,
                      const std::vector<std::vector<Saveable>>& groups) {
  const std::vector<Output> parts = {
      filename, save.Op("Const")
                    .Attr("dtype", DT_STRING)
                    .Attr("value", Tensor::Scalar<std::string>(absl::StrFormat(
                                       "%s%016x%016x/part", kTemporaryMark, PosixEnv().Random64(),
                                       PosixEnv().Random64())))
                    .Build()};
  const Output prefix = save.Op("StringJoin").InList(absl::MakeConstSpan(parts)).Build();
  const Output count = save.Named("num_shards")
                           .Op("Const")
                           .Attr("dtype", DT_INT32)
                           .Attr("value", Tensor::Scalar<int32_t>(static_cast<int>(groups.size())))
                           .Build();
  std::vector<Output> shard_names;
  std::vector<Operation> saves;
  for (size_t i = 0; i < groups.size(); ++i) {
    shard_names.push_back(save.Op("ShardedFilename")
                              .In(prefix)
                              .In(Tensor::Scalar<int32_t>(static_cast<int>(i)))
                              .In(count)
                              .Build());
    saves.push_back(AddSave(save, shard_names.back(), groups[i]));
  }
  const Scope merge_names = save.ControlDependencies(saves);
  const Output prefixes = merge_names.Named("MergeV2Checkpoints/checkpoint_prefixes")
                              .Op("Pack")
                              .InList(absl::MakeConstSpan(shard_names))
                              .Build();
  const Operation merge = save.Op("MergeV2Checkpoints").In(prefixes).In(filename).Build();
  return save.ControlDependencies({merge}).Op("Identity").In(filename).Build();
}

absl::StatusOr<Tensor> ReadPart(const CheckpointReader& reader, const std::string& key,
                                const std::string& shape_and_slice) {
  ASSIGN_OR_RETURN(const ShapeAndSlice part, ParseShapeAndSlice(shape_and_slice));
  return reader.ReadSlice(key, part.slice);
}

// Gives the variable of a node its value, making the variable if need be.
absl::Status AssignVariable(Session& session, const Node& node, const Tensor& value) {
  const std::string shared = node.attrs().Value<std::string>("shared_name");
  const std::shared_ptr<Resource> object = session.resources().FindOrCreate(
      node.attrs().Value<std::string>("container"), shared.empty() ? node.name() : shared, [&] {
        return std::make_shared<Variable>(node.name(), node.attrs().Value<DataType>("dtype"),
                                          node.attrs().Value<PartialShape>("shape"));
      });
  auto* variable = dynamic_cast<Variable*>(object.get());
  if (variable == nullptr) return InvalidArgument("is not a variable");
  return variable->Assign(value);
}

// Removes what sharded saves, this one and those that were interrupted, left beside the checkpoint.
void RemoveShards(Env& env, const std::string& prefix) {
  const std::string directory = DirectoryOf(prefix);
  const std::string mark = absl::StrCat(BaseName(prefix), kTemporaryMark);
  const absl::StatusOr<std::vector<std::string>> names = env.ListDirectory(directory);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    const std::string temporary = JoinPath(directory, name);
    if (!absl::StartsWith(name, mark) || !env.IsDirectory(temporary)) continue;
    const absl::StatusOr<std::vector<std::string>> files = env.ListDirectory(temporary);
    if (!files.ok()) continue;
    for (const std::string& file : *files) (void)env.DeleteFile(JoinPath(temporary, file));
    (void)env.DeleteDirectory(temporary);
  }
}

}  // namespace

Saver::Saver(const Scope& scope, const SaverOptions& options) : scope_(scope), options_(options) {
  Build(scope);
}

Saver::Saver(const Scope& scope, const SaverDef& def, const SaverOptions& options)
    : scope_(scope), options_(options), def_(def) {
  options_.max_to_keep = def.max_to_keep();
  options_.keep_every_n_hours = def.keep_checkpoint_every_n_hours();
}

void Saver::Build(const Scope& scope) {
  absl::StatusOr<std::vector<Saveable>> chosen = Choose(*scope.state(), options_.variables);
  if (!chosen.ok()) return scope.Fail(chosen.status());
  const Scope save = scope.WithPrefix("").NoControlDependencies().Sub("save");
  const Output model = save.Named("filename/input")
                           .Op("Const")
                           .Attr("dtype", DT_STRING)
                           .Attr("value", Tensor::Scalar("model"))
                           .Build();
  const Output filename =
      save.Named("filename").Op("PlaceholderWithDefault").In(model).Attr("shape", Shape()).Build();
  const Output path =
      save.Named("Const").Op("PlaceholderWithDefault").In(filename).Attr("shape", Shape()).Build();
  const auto groups = options_.sharded ? ByDevice(scope.graph(), *chosen)
                                       : std::vector<std::vector<Saveable>>{*chosen};
  Output saved;
  if (options_.sharded) {
    saved = AddShardedSave(save, path, groups);
  } else {
    const Operation op = AddSave(save, path, *chosen);
    saved = save.Named("control_dependency")
                .ControlDependencies({op})
                .ColocateWith(path.op())
                .Op("Identity")
                .In(path)
                .Build();
  }
  std::vector<Operation> assigns;
  for (const auto& group : groups) {
    const std::vector<Operation> some = AddRestore(save, path, group);
    assigns.insert(assigns.end(), some.begin(), some.end());
  }
  const Operation restore =
      save.ControlDependencies(assigns).Named("restore_all").Op("NoOp").Build();
  if (!scope.status().ok()) return;
  def_.set_filename_tensor_name(absl::StrCat(path.name(), ":0"));
  def_.set_save_tensor_name(absl::StrCat(saved.name(), ":0"));
  def_.set_restore_op_name(restore.name());
  def_.set_max_to_keep(options_.max_to_keep);
  def_.set_keep_checkpoint_every_n_hours(static_cast<float>(options_.keep_every_n_hours));
  def_.set_sharded(options_.sharded);
  def_.set_version(SaverDef::V2);
}

absl::StatusOr<std::string> Saver::Save(Session& session, const std::string& path,
                                        std::optional<int64_t> step) {
  RETURN_IF_ERROR(session.Extend(scope_));
  const std::string prefix = step.has_value() ? absl::StrCat(path, "-", *step) : path;
  Env& env = session.env();
  const bool replaces = env.FileExists(absl::StrCat(prefix, ".index"));
  const absl::Status status = Write(session, prefix);
  if (def_.sharded()) RemoveShards(env, prefix);
  if (status.ok()) return prefix;
  // A new checkpoint that the state file does not name would stay for good.
  const std::string directory = DirectoryOf(prefix);
  if (!replaces && LatestCheckpoint(env, directory) != JoinPath(directory, BaseName(prefix))) {
    DeleteCheckpoint(env, prefix);
  }
  return status;
}

absl::Status Saver::Write(Session& session, const std::string& prefix) {
  RETURN_IF_ERROR(
      session
          .Run({{def_.filename_tensor_name(), Tensor::Scalar(prefix)}}, {def_.save_tensor_name()})
          .status());
  if (options_.write_meta_graph) {
    MetaGraphDef meta;
    RETURN_IF_ERROR(ExportMetaGraph(scope_, &def_, &meta));
    RETURN_IF_ERROR(
        session.env().AtomicWriteFile(absl::StrCat(prefix, ".meta"), meta.SerializeAsString()));
  }
  return Remember(session.env(), prefix);
}

absl::Status Saver::Restore(Session& session, const std::string& path) const {
  RETURN_IF_ERROR(session.Extend(scope_));
  Env& env = session.env();
  if (!env.FileExists(absl::StrCat(path, ".index")) && !env.FileExists(path)) {
    return InvalidArgument("The passed save_path is not a valid checkpoint: ", path);
  }
  const absl::Status status =
      session
          .Run({{def_.filename_tensor_name(), Tensor::Scalar(path)}}, {}, {def_.restore_op_name()})
          .status();
  return Annotate(status, absl::StrCat("Restoring from checkpoint ", path, " failed: "));
}

std::vector<std::string> Saver::checkpoints() const {
  std::vector<std::string> prefixes;
  for (const Kept& kept : kept_) prefixes.push_back(kept.prefix);
  return prefixes;
}

absl::Status Saver::Remember(Env& env, const std::string& prefix) {
  const int64_t now = env.NowMicros();
  const int64_t interval = static_cast<int64_t>(options_.keep_every_n_hours * 3.6e9);
  std::deque<Kept> kept = kept_;
  int64_t next_for_good = next_kept_for_good_micros_.value_or(now + interval);
  std::erase_if(kept, [&](const Kept& k) { return k.prefix == prefix; });
  kept.push_back({prefix, now});
  std::vector<std::string> expired;
  while (options_.max_to_keep > 0 && kept.size() > static_cast<size_t>(options_.max_to_keep)) {
    if (kept.front().micros > next_for_good) {
      next_for_good += interval;
    } else {
      expired.push_back(kept.front().prefix);
    }
    kept.pop_front();
  }
  CheckpointState state;
  const std::string directory = DirectoryOf(prefix);
  // Paths are relative to the state file, so that the directory can be moved.
  const auto relative = [&](const std::string& p) {
    return DirectoryOf(p) == directory ? BaseName(p) : p;
  };
  state.set_model_checkpoint_path(relative(prefix));
  for (const Kept& k : kept) {
    if (options_.max_to_keep > 0 || k.prefix == prefix) {
      state.add_all_model_checkpoint_paths(relative(k.prefix));
    }
  }
  std::string text;
  google::protobuf::TextFormat::PrintToString(state, &text);
  RETURN_IF_ERROR(env.AtomicWriteFile(JoinPath(directory, kStateFile), text));
  kept_ = std::move(kept);
  next_kept_for_good_micros_ = next_for_good;
  // Only now that the state file no longer names them.
  for (const std::string& old : expired) DeleteCheckpoint(env, old);
  return absl::OkStatus();
}

void Saver::DeleteCheckpoint(Env& env, const std::string& prefix) {
  // The index first: without it the rest is no checkpoint. What cannot be deleted stays.
  (void)env.DeleteFile(absl::StrCat(prefix, ".index"));
  (void)env.DeleteFile(absl::StrCat(prefix, ".meta"));
  const std::string directory = DirectoryOf(prefix);
  const std::string data = absl::StrCat(BaseName(prefix), ".data-");
  const absl::StatusOr<std::vector<std::string>> names = env.ListDirectory(directory);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (absl::StartsWith(name, data)) (void)env.DeleteFile(JoinPath(directory, name));
  }
}

absl::Status Saver::RecoverCheckpoints(Env& env, const std::string& directory) {
  ASSIGN_OR_RETURN(const std::string text,
                   env.ReadFileToString(JoinPath(directory, kStateFile), 16 << 20));
  CheckpointState state;
  if (!ParseTextProto(text, &state).ok()) {
    return DataLoss(JoinPath(directory, kStateFile), " is not a checkpoint state");
  }
  kept_.clear();
  for (const std::string& path : state.all_model_checkpoint_paths()) {
    kept_.push_back({JoinPath(directory, path), env.NowMicros()});
  }
  return absl::OkStatus();
}

absl::Status RestoreVariables(Session& session, Env& env, const std::string& prefix,
                              absl::Span<const VariableRecord> records) {
  ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> reader, OpenCheckpoint(env, prefix));
  std::map<absl::string_view, const VariableRecord*> parts;
  for (const VariableRecord& record : records) {
    if (!record.slice.empty()) parts.emplace(record.name, &record);
  }
  const Graph& graph = session.graph();
  int restored = 0;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    const std::string& op = node.op().name;
    if (!ops::IsVariableOp(op)) continue;
    const auto part = parts.find(node.name());
    const bool whole = part == parts.end();
    const std::string& key = whole ? node.name() : part->second->full_name;
    if (absl::IsNotFound(reader->Find(key).status())) continue;
    const absl::StatusOr<Tensor> value =
        whole ? reader->Read(key) : ReadPart(*reader, key, part->second->slice);
    const absl::Status status = value.ok() ? AssignVariable(session, node, *value) : value.status();
    if (!status.ok()) {
      return Annotate(status, absl::StrCat(node.Description(), ": from ", prefix, ": "));
    }
    ++restored;
  }
  if (restored == 0) return NotFound(prefix, " has none of the graph's variables");
  return absl::OkStatus();
}

std::optional<std::string> LatestCheckpoint(Env& env, const std::string& directory) {
  const absl::StatusOr<std::string> text =
      env.ReadFileToString(JoinPath(directory, kStateFile), 16 << 20);
  CheckpointState state;
  if (!text.ok() || !ParseTextProto(*text, &state).ok()) {
    return std::nullopt;
  }
  const std::string prefix = JoinPath(directory, state.model_checkpoint_path());
  // The second is what the first format of checkpoints has.
  if (!env.FileExists(absl::StrCat(prefix, ".index")) && !env.FileExists(prefix)) {
    return std::nullopt;
  }
  return prefix;
}

}  // namespace weir
