#include "weir/graph/device_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace weir {
namespace {

bool IsWord(absl::string_view text) {
  if (text.empty() || !absl::ascii_isalpha(text[0])) return false;
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

bool ParseNumber(absl::string_view text, std::optional<int>* out) {
  if (text == "*") {
    out->reset();
    return true;
  }
  int value;
  if (text.empty() || !absl::ascii_isdigit(text[0]) || !absl::SimpleAtoi(text, &value))
    return false;
  *out = value;
  return true;
}

bool ParseTypeAndId(absl::string_view text, DeviceName* name) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  if (parts.first == "*") {
    name->type.reset();
  } else if (IsWord(parts.first)) {
    name->type = absl::AsciiStrToUpper(parts.first);
  } else {
    return false;
  }
  const bool has_id = parts.first.size() != text.size();
  return !has_id || ParseNumber(parts.second, &name->id);
}

bool ParsePart(absl::string_view part, DeviceName* name) {
  if (absl::ConsumePrefix(&part, "job:")) {
    if (part != "*" && !IsWord(part)) return false;
    if (part == "*") {
      name->job.reset();
    } else {
      name->job = std::string(part);
    }
    return true;
  }
  if (absl::ConsumePrefix(&part, "replica:")) return ParseNumber(part, &name->replica);
  if (absl::ConsumePrefix(&part, "task:")) return ParseNumber(part, &name->task);
  if (absl::ConsumePrefix(&part, "device:")) return ParseTypeAndId(part, name);
  for (absl::string_view legacy : {"cpu:", "CPU:", "gpu:", "GPU:"}) {
    if (absl::ConsumePrefix(&part, legacy)) {
      name->type = absl::AsciiStrToUpper(legacy.substr(0, 3));
      return ParseNumber(part, &name->id);
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<DeviceName> DeviceName::Parse(absl::string_view text) {
  DeviceName name;
  if (text.empty() || text == "/") return name;
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "/")) {
    return InvalidArgument("'", text,
                           "' is not a device, such as '/device:GPU:0': it must start with '/'");
  }
  for (absl::string_view part : absl::StrSplit(rest, '/')) {
    if (!ParsePart(part, &name)) {
      return InvalidArgument("'", text, "' is not a device, such as '/device:GPU:0': cannot read '",
                             part, "'");
    }
  }
  return name;
}

void DeviceName::FillFrom(const DeviceName& outer) {
  if (!job) job = outer.job;
  if (!replica) replica = outer.replica;
  if (!task) task = outer.task;
  if (!type) type = outer.type;
  if (!id) id = outer.id;
}

std::string DeviceName::ToString() const {
  std::string out;
  if (job) absl::StrAppend(&out, "/job:", *job);
  if (replica) absl::StrAppend(&out, "/replica:", *replica);
  if (task) absl::StrAppend(&out, "/task:", *task);
  if (type || id) {
    absl::StrAppend(&out, "/device:", type.value_or("*"), ":", id ? absl::StrCat(*id) : "*");
  }
  return out;
}

}  // namespace weir
