#include "weir/io/event_writer.h"

#include "absl/strings/str_format.h"

namespace weir {
namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kFlushMicros = 120 * kMicrosPerSecond;
constexpr char kFileVersion[] = "brain.Event:2";

}  // namespace

EventWriter::EventWriter(Env& env, std::string directory, std::string suffix)
    : env_(env), directory_(std::move(directory)), suffix_(std::move(suffix)) {}

EventWriter::~EventWriter() {
  if (records_ != nullptr) (void)Close();
}

absl::StatusOr<std::unique_ptr<EventWriter>> EventWriter::Create(Env& env,
                                                                 const std::string& directory,
                                                                 absl::string_view suffix) {
  RETURN_IF_ERROR(env.CreateDirectories(directory));
  std::unique_ptr<EventWriter> writer(new EventWriter(env, directory, std::string(suffix)));
  RETURN_IF_ERROR(writer->OpenFile());
  return writer;
}

absl::Status EventWriter::OpenFile() {
  const int64_t seconds = env_.NowMicros() / kMicrosPerSecond;
  const std::string base = JoinPath(directory_, absl::StrFormat("events.out.tfevents.%010d.%s%s",
                                                                seconds, env_.HostName(), suffix_));
  // Another writer of the same second keeps its file.
  path_ = base;
  for (int n = 1; env_.FileExists(path_); ++n) path_ = absl::StrCat(base, ".", n);
  ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, env_.NewWritableFile(path_));
  records_ = std::make_unique<RecordWriter>(std::move(file));
  Event version;
  version.set_wall_time(static_cast<double>(seconds));
  version.set_file_version(kFileVersion);
  RETURN_IF_ERROR(records_->Write(version.SerializeAsString()));
  flushed_micros_ = env_.NowMicros();
  return records_->Flush();
}

absl::Status EventWriter::Write(Event event) {
  if (records_ == nullptr) return FailedPrecondition("'", path_, "' is closed");
  const int64_t now = env_.NowMicros();
  if (event.wall_time() == 0) {
    event.set_wall_time(static_cast<double>(now) / kMicrosPerSecond);
  }
  RETURN_IF_ERROR(records_->Write(event.SerializeAsString()));
  return now - flushed_micros_ >= kFlushMicros ? Flush() : absl::OkStatus();
}

absl::Status EventWriter::AddSummary(const Summary& summary, int64_t step) {
  Event event;
  event.set_step(step);
  *event.mutable_summary() = summary;
  for (Summary::Value& value : *event.mutable_summary()->mutable_value()) {
    if (value.has_metadata() && !tags_with_metadata_.insert(value.tag()).second) {
      value.clear_metadata();
    }
  }
  return Write(std::move(event));
}

absl::Status EventWriter::AddScalar(const std::string& tag, float value, int64_t step) {
  Summary summary;
  Summary::Value* const entry = summary.add_value();
  entry->set_tag(tag);
  entry->set_simple_value(value);
  return AddSummary(summary, step);
}

absl::Status EventWriter::AddGraph(const std::string& graph_def) {
  Event event;
  event.set_graph_def(graph_def);
  return Write(std::move(event));
}

absl::Status EventWriter::AddMetaGraph(const std::string& meta_graph_def) {
  Event event;
  event.set_meta_graph_def(meta_graph_def);
  return Write(std::move(event));
}

absl::Status EventWriter::AddSessionLog(const SessionLog& log, int64_t step) {
  Event event;
  event.set_step(step);
  *event.mutable_session_log() = log;
  return Write(std::move(event));
}

absl::Status EventWriter::AddRunMetadata(const std::string& tag, const std::string& run_metadata,
                                         int64_t step) {
  if (!run_metadata_tags_.insert(tag).second) {
    return InvalidArgument("run metadata of the tag '", tag, "' was written before");
  }
  Event event;
  event.set_step(step);
  event.mutable_tagged_run_metadata()->set_tag(tag);
  event.mutable_tagged_run_metadata()->set_run_metadata(run_metadata);
  return Write(std::move(event));
}

absl::Status EventWriter::Flush() {
  if (records_ == nullptr) return FailedPrecondition("'", path_, "' is closed");
  RETURN_IF_ERROR(records_->Flush());
  flushed_micros_ = env_.NowMicros();
  // Someone cleared the directory: go on in a new file.
  if (!env_.FileExists(path_)) {
    (void)records_->Close();
    RETURN_IF_ERROR(env_.CreateDirectories(directory_));
    return OpenFile();
  }
  return absl::OkStatus();
}

absl::Status EventWriter::Close() {
  if (records_ == nullptr) return FailedPrecondition("'", path_, "' is closed");
  const absl::Status status = records_->Close();
  records_.reset();
  return status;
}

}  // namespace weir
