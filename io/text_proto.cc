#include "weir/io/text_proto.h"

#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace weir {
namespace {

constexpr int kMaxNesting = 100;  // As the binary parser has it.

// Keeps the first error, and the first warning: of a field that is skipped.
class Findings final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    Keep(line, column, message, &error_);
  }
  void AddWarning(int line, int column, const std::string& message) override {
    Keep(line, column, message, &warning_);
  }
  const std::string& error() const { return error_; }
  const std::string& warning() const { return warning_; }

 private:
  static void Keep(int line, int column, const std::string& message, std::string* first) {
    if (first->empty()) *first = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }

  std::string error_, warning_;
};

}  // namespace

absl::Status ParseTextProto(const std::string& text, google::protobuf::Message* message,
                            UnknownFields unknown) {
  Findings findings;
  google::protobuf::TextFormat::Parser parser;
  parser.SetRecursionLimit(kMaxNesting);
  parser.AllowUnknownField(unknown == UnknownFields::kSkip);
  parser.AllowUnknownExtension(unknown == UnknownFields::kSkip);
  parser.RecordErrorsTo(&findings);
  if (!parser.ParseFromString(text, message)) return DataLoss(findings.error());
  if (!findings.warning().empty() && message->ByteSizeLong() == 0) {
    return DataLoss(findings.warning());
  }
  return absl::OkStatus();
}

}  // namespace weir
