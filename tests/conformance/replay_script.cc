#include "weir/tests/conformance/replay_script.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "weir/core/env.h"
#include "weir/io/npy.h"

namespace weir::conformance {

namespace {

using JsonObject = google::protobuf::Struct;
using JsonValue = google::protobuf::Value;

const JsonValue* Find(const JsonObject& object, const std::string& key) {
  const auto it = object.fields().find(key);
  return it == object.fields().end() ? nullptr : &it->second;
}

std::string Text(const JsonObject& object, const std::string& key) {
  const JsonValue* value = Find(object, key);
  return value == nullptr ? "" : value->string_value();
}

double Number(const JsonObject& object, const std::string& key, double otherwise) {
  const JsonValue* value = Find(object, key);
  return value == nullptr ? otherwise : value->number_value();
}

bool Flag(const JsonObject& object, const std::string& key) {
  const JsonValue* value = Find(object, key);
  return value != nullptr && value->bool_value();
}

std::vector<std::string> Texts(const JsonObject& object, const std::string& key) {
  std::vector<std::string> texts;
  if (const JsonValue* value = Find(object, key)) {
    for (const JsonValue& item : value->list_value().values()) {
      texts.push_back(item.string_value());
    }
  }
  return texts;
}

}  // namespace

absl::StatusOr<Tensor> Series::At(int64_t step) const {
  if (!by_step_.empty()) {
    if (step >= static_cast<int64_t>(by_step_.size())) return OutOfRange("no step ", step);
    return by_step_[step];
  }
  if (!stacked_) return whole_;
  ASSIGN_OR_RETURN(const Tensor row, whole_.SliceRows(step, step + 1));
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(row.shape().dims().subspan(1)));
  return row.Reshaped(shape);
}

class ScriptReader {
 public:
  explicit ScriptReader(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<Script> Read() {
    ASSIGN_OR_RETURN(const std::string json,
                     PosixEnv().ReadFileToString(JoinPath(folder_, "case.json")));
    JsonObject object;
    if (!google::protobuf::util::JsonStringToMessage(json, &object).ok()) {
      return DataLoss("case.json is not JSON");
    }
    Script script;
    script.init = Texts(object, "init");
    script.steps = static_cast<int64_t>(Number(object, "steps", 0));
    script.may_flip = Texts(object, "may_flip");
    script.rtol = Number(object, "rtol", 0);
    script.atol = Number(object, "atol", 0);
    ASSIGN_OR_RETURN(script.before, ReadCalls(object, "before", false));
    ASSIGN_OR_RETURN(script.after, ReadCalls(object, "after", false));
    ASSIGN_OR_RETURN(script.calls, ReadCalls(object, "runs", true));
    if (const JsonValue* run = Find(object, "run")) {
      // Feeds and expectations of the only call stand beside it.
      JsonObject call = run->struct_value();
      for (const char* key : {"feeds", "expect"}) {
        if (const JsonValue* value = Find(object, key)) (*call.mutable_fields())[key] = *value;
      }
      ASSIGN_OR_RETURN(Call only, ReadCall(call, true));
      script.calls.push_back(std::move(only));
    }
    RETURN_IF_ERROR(ReadVariables(object, &script));
    RETURN_IF_ERROR(ReadRestore(object, &script));
    return script;
  }

 private:
  absl::StatusOr<Tensor> Load(const std::string& file) const {
    return ReadNpy(PosixEnv(), JoinPath(folder_, file));
  }

  // "a.npy" or {"file": ...} or {"files": [...]}.
  absl::StatusOr<Series> ReadSeries(const JsonValue& value, bool stepped) const {
    Series series;
    if (value.kind_case() == JsonValue::kStringValue) {
      ASSIGN_OR_RETURN(series.whole_, Load(value.string_value()));
      series.stacked_ = stepped;
      return series;
    }
    const JsonObject& object = value.struct_value();
    series.is_bytes_ = Flag(object, "bytes");
    for (const std::string& file : Texts(object, "files")) {
      ASSIGN_OR_RETURN(Tensor tensor, Load(file));
      series.by_step_.push_back(std::move(tensor));
    }
    if (series.by_step_.empty()) {
      ASSIGN_OR_RETURN(series.whole_, Load(Text(object, "file")));
      series.stacked_ = stepped && !Flag(object, "constant");
    }
    return series;
  }

  absl::StatusOr<std::map<std::string, Series>> ReadSeriesMap(const JsonObject& call,
                                                              const std::string& key,
                                                              bool stepped) const {
    std::map<std::string, Series> map;
    if (const JsonValue* value = Find(call, key)) {
      for (const auto& [tensor, entry] : value->struct_value().fields()) {
        ASSIGN_OR_RETURN(map[tensor], ReadSeries(entry, stepped));
      }
    }
    return map;
  }

  absl::StatusOr<Call> ReadCall(const JsonObject& object, bool stepped) const {
    Call call;
    call.targets = Texts(object, "targets");
    call.fetches = Texts(object, "fetches");
    call.error = Text(object, "error");
    ASSIGN_OR_RETURN(call.feeds, ReadSeriesMap(object, "feeds", stepped));
    ASSIGN_OR_RETURN(call.expect, ReadSeriesMap(object, "expect", stepped));
    return call;
  }

  absl::StatusOr<std::vector<Call>> ReadCalls(const JsonObject& object, const std::string& key,
                                              bool stepped) const {
    std::vector<Call> calls;
    if (const JsonValue* value = Find(object, key)) {
      for (const JsonValue& item : value->list_value().values()) {
        ASSIGN_OR_RETURN(Call call, ReadCall(item.struct_value(), stepped));
        calls.push_back(std::move(call));
      }
    }
    return calls;
  }

  absl::Status ReadVariables(const JsonObject& object, Script* script) const {
    const JsonValue* fetches = Find(object, "final_fetch");
    if (fetches == nullptr) return absl::OkStatus();
    const JsonValue* last = Find(object, "final");
    const JsonValue* trace = Find(object, "trace");
    for (const auto& [name, fetch] : fetches->struct_value().fields()) {
      RecordedVariable variable;
      variable.name = name;
      variable.fetch = fetch.string_value();
      const JsonValue* file = trace == nullptr ? nullptr : Find(trace->struct_value(), name);
      if (file != nullptr) {
        ASSIGN_OR_RETURN(variable.trace, ReadSeries(*file, true));
      }
      file = last == nullptr ? nullptr : Find(last->struct_value(), name);
      if (file != nullptr) {
        ASSIGN_OR_RETURN(const Series value, ReadSeries(*file, false));
        variable.last = value.whole_;
      }
      script->variables.push_back(std::move(variable));
    }
    return absl::OkStatus();
  }

  absl::Status ReadRestore(const JsonObject& object, Script* script) const {
    const JsonValue* value = Find(object, "restore_then");
    if (value == nullptr) return absl::OkStatus();
    const JsonObject& restore = value->struct_value();
    RestoreScript out;
    out.restore_op = Text(restore, "restore_op");
    out.filename_tensor = Text(restore, "filename_tensor");
    out.save_tensor = Text(restore, "save_tensor");
    out.checkpoint = JoinPath(folder_, Text(restore, "checkpoint"));
    const bool stepped = Find(restore, "steps") != nullptr;
    out.steps = static_cast<int64_t>(Number(restore, "steps", 1));
    ASSIGN_OR_RETURN(out.call, ReadCall(restore, stepped));
    script->restore = std::move(out);
    return absl::OkStatus();
  }

  const std::string folder_;
};

absl::StatusOr<Script> ReadScript(const std::string& folder) { return ScriptReader(folder).Read(); }

}  // namespace weir::conformance
