// Reads every protocol buffer of the material and writes it again: nothing may be lost or moved.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "weir/proto/checkpoint_state.pb.h"
#include "weir/proto/graph.pb.h"
#include "weir/proto/meta_graph.pb.h"
#include "weir/proto/op_def.pb.h"
#include "weir/proto/saved_model.pb.h"
#include "weir/tests/conformance/harness.h"
#include "weir/tests/conformance/wire_form.h"

namespace weir::conformance {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Message;
using google::protobuf::TextFormat;

// Text that no reader takes: its own authors test errors with it.
constexpr absl::string_view kMalformed = "graphdef2mlir/graph-malformed.pbtxt";

bool HoldsMessage(const fs::path& path) {
  const std::string kind = path.extension().string();
  return kind == ".pb" || kind == ".pbtxt" || kind == ".meta" || path.filename() == "checkpoint";
}

// Whatever the file is called: no message here starts with a byte that is a letter.
bool IsText(const std::string& content) {
  return !content.empty() && (absl::ascii_isalpha(content[0]) || content[0] == '#');
}

// An empty message of the type that the file's name stands for; nullptr for a type that there is
// not here.
std::unique_ptr<Message> MessageFor(const fs::path& path) {
  const std::string file = path.filename().string();
  if (absl::EndsWith(file, ".config.pbtxt")) return nullptr;  // Of the ahead-of-time compiler.
  if (file == "checkpoint") return std::make_unique<CheckpointState>();
  if (absl::StartsWith(file, "saved_model.")) return std::make_unique<SavedModel>();
  if (file == "ops.pbtxt") return std::make_unique<OpList>();
  if (path.extension() == ".meta" || absl::StrContains(file, "meta_graph")) {
    return std::make_unique<MetaGraphDef>();
  }
  return std::make_unique<GraphDef>();
}

std::string ReadFile(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string Serialized(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  return bytes;
}

// Keeps the first error instead of logging all.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  std::string text;
};

bool ParseText(const std::string& text, Message* message, std::string* why) {
  FirstError error;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  const bool parsed = parser.ParseFromString(text, message);
  *why = error.text;
  return parsed;
}

// What is wrong with reading `bytes`, which wrote `message`, once more.
Outcome ReadAgain(const std::string& bytes, const Message& message) {
  const std::unique_ptr<Message> again(message.New());
  if (!again->ParseFromString(bytes)) return Outcome::Failed("does not read what it wrote");
  if (Serialized(*again) != bytes) return Outcome::Failed("writes something else the second time");
  std::string text, why;
  if (!TextFormat::PrintToString(message, &text)) return Outcome::Failed("cannot be printed");
  again->Clear();
  // Unknown fields are printed by number, which the reader of texts does not take.
  if (CountUnknown(message) == 0 && !ParseText(text, again.get(), &why)) {
    return Outcome::Failed(absl::StrCat("does not read the text that it printed: ", why));
  }
  if (CountUnknown(message) == 0 && Serialized(*again) != bytes) {
    return Outcome::Failed("the text that it printed is another message");
  }
  return Outcome::Passed();
}

Outcome RunText(const fs::path& path, const std::string& content, Message* message) {
  std::string why;
  const bool malformed = absl::EndsWith(path.string(), kMalformed);
  if (!ParseText(content, message, &why)) {
    return malformed ? Outcome::Passed() : Outcome::Failed(why);
  }
  if (malformed) return Outcome::Failed("takes a malformed text");
  // A frozen graph lies there in both forms.
  const fs::path binary = path.parent_path() / "frozen_model.pb";
  const std::string bytes = Serialized(*message);
  if (path.filename() == "frozen_graph.pbtxt" && fs::exists(binary)) {
    GraphDef other;
    if (!other.ParseFromString(ReadFile(binary))) return Outcome::Failed("its .pb is no GraphDef");
    if (Serialized(other) != bytes) return Outcome::Failed("differs from frozen_model.pb");
  }
  return ReadAgain(bytes, *message);
}

Outcome RunBinary(const std::string& original, Message* message) {
  if (!message->ParseFromString(original)) return Outcome::Failed("does not parse");
  const std::string written = Serialized(*message);
  const auto want = CanonicalWireForm(original, *message->GetDescriptor());
  const auto got = CanonicalWireForm(written, *message->GetDescriptor());
  if (!want.has_value() || !got.has_value()) return Outcome::Failed("is not on the wire");
  if (*want != *got) return Outcome::Failed("what is written is not what was read");
  return ReadAgain(written, *message);
}

Outcome RunCase(const std::string& root, const std::string& name) {
  const fs::path path = fs::path(root) / name;
  const std::unique_ptr<Message> message = MessageFor(path);
  if (message == nullptr) return Outcome::Skipped("a message of tf2xla, which is not in proto/");
  const std::string content = ReadFile(path);
  return IsText(content) ? RunText(path, content, message.get())
                         : RunBinary(content, message.get());
}

std::vector<std::string> FindCases(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, error)) {
    if (!entry.is_regular_file(error) || !HoldsMessage(entry.path())) continue;
    names.push_back(entry.path().lexically_relative(root).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace
}  // namespace weir::conformance

int main(int argc, char** argv) {
  return weir::conformance::RunnerMain(argc, argv,
                                       {weir::conformance::FindCases, weir::conformance::RunCase});
}
