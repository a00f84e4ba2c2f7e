#ifndef WEIR_IO_EVENT_WRITER_H_
#define WEIR_IO_EVENT_WRITER_H_

// Files of events, which TensorBoard shows (docs/formats.md, "Event files").

#include <memory>
#include <set>
#include <string>

#include "weir/core/env.h"
#include "weir/io/record.h"
#include "weir/proto/event.pb.h"

namespace weir {

// Appends events to a file of its own in a directory. Thread rule: one thread at a time.
class EventWriter {
 public:
  // Creates `directory` if needed, and in it "events.out.tfevents.<seconds>.<host><suffix>" with
  // its first event, the version.
  static absl::StatusOr<std::unique_ptr<EventWriter>> Create(Env& env, const std::string& directory,
                                                             absl::string_view suffix = "");
  // Flushes; errors are lost, so call Close first where they matter.
  ~EventWriter();

  // An event without a time gets the present one. Every two minutes, what was written is flushed.
  absl::Status Write(Event event);

  // The Summary message that summary ops give. The metadata of a tag is kept in its first summary
  // only.
  absl::Status AddSummary(const Summary& summary, int64_t step);
  absl::Status AddScalar(const std::string& tag, float value, int64_t step);
  // Serialized GraphDef and MetaGraphDef.
  absl::Status AddGraph(const std::string& graph_def);
  absl::Status AddMetaGraph(const std::string& meta_graph_def);
  absl::Status AddSessionLog(const SessionLog& log, int64_t step);
  // InvalidArgument when `tag` was used before.
  absl::Status AddRunMetadata(const std::string& tag, const std::string& run_metadata,
                              int64_t step);

  absl::Status Flush();
  // No other call may follow.
  absl::Status Close();

  const std::string& path() const { return path_; }

 private:
  EventWriter(Env& env, std::string directory, std::string suffix);
  absl::Status OpenFile();

  Env& env_;
  const std::string directory_;
  const std::string suffix_;
  std::string path_;
  std::unique_ptr<RecordWriter> records_;
  int64_t flushed_micros_ = 0;
  std::set<std::string> tags_with_metadata_;
  std::set<std::string> run_metadata_tags_;
};

}  // namespace weir

#endif  // WEIR_IO_EVENT_WRITER_H_
