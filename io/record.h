#ifndef WEIR_IO_RECORD_H_
#define WEIR_IO_RECORD_H_

// Files of records ("TFRecord"): each a byte string with checksums (docs/formats.md, "Records").

#include <cstdint>
#include <memory>
#include <string>

#include "weir/core/env.h"
#include "weir/io/byte_stream.h"

namespace weir {

// "" (none), "ZLIB" or "GZIP", as options of record ops spell it. InvalidArgument otherwise.
absl::StatusOr<Compression> RecordCompression(absl::string_view name);

// Appends records to a file. Thread rule: one thread at a time.
class RecordWriter {
 public:
  // Compressed files are one stream from their beginning to Close.
  explicit RecordWriter(std::unique_ptr<WritableFile> file,
                        Compression compression = Compression::kNone);

  absl::Status Write(absl::string_view record);
  // Hands what was written to the system.
  absl::Status Flush() { return file_->Flush(); }
  absl::Status Sync() { return file_->Sync(); }
  // No other call may follow.
  absl::Status Close() { return file_->Close(); }

 private:
  std::unique_ptr<WritableFile> file_;
};

// Reads records one after the other. Thread rule: one thread at a time.
class RecordReader {
 public:
  static absl::StatusOr<std::unique_ptr<RecordReader>> Open(
      Env& env, const std::string& path, Compression compression = Compression::kNone);

  // The next record, into `record`. OutOfRange at the end of the file; DataLoss "truncated record
  // at OFFSET" or "corrupted record at OFFSET", where offsets count unpacked bytes. After an error
  // every call returns it, but for OutOfRange of an uncompressed file, to which more may be
  // written.
  absl::Status Read(std::string* record);

  // Where the next record begins.
  uint64_t offset() const { return offset_; }

 private:
  RecordReader() = default;
  absl::Status ReadImpl(std::string* record);

  std::unique_ptr<RandomAccessFile> file_;
  std::unique_ptr<FileStream> source_;
  std::unique_ptr<ByteStream> unpacked_;  // Null for uncompressed files.
  uint64_t offset_ = 0;
  absl::Status status_;
};

}  // namespace weir

#endif  // WEIR_IO_RECORD_H_
