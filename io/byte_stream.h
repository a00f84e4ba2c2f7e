#ifndef WEIR_IO_BYTE_STREAM_H_
#define WEIR_IO_BYTE_STREAM_H_

// Bytes from beginning to end: of a file, or of what a compressed file unpacks to.

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "weir/core/env.h"

namespace weir {

// Thread rule: one thread at a time.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Reads up to `bytes` bytes, and returns how many: fewer only at the end.
  virtual absl::StatusOr<size_t> Read(size_t bytes, char* out) = 0;

  // Reads exactly `bytes` bytes; DataLoss when the stream ends earlier.
  absl::Status ReadExactly(size_t bytes, char* out);

  // Appends up to `bytes` bytes to `out`, taking memory only as data arrives, so that a false size
  // costs no more than the data there is. Returns how many were appended: fewer only at the end.
  absl::StatusOr<size_t> ReadGrowing(uint64_t bytes, std::string* out);

  // For messages.
  const std::string& path() const { return path_; }

 protected:
  explicit ByteStream(std::string path) : path_(std::move(path)) {}

 private:
  std::string path_;
};

// The bytes of a file in [begin, end), end cut at the file's; read in large pieces.
class FileStream final : public ByteStream {
 public:
  // `file` outlives the stream.
  explicit FileStream(const RandomAccessFile& file, uint64_t begin = 0,
                      uint64_t end = std::numeric_limits<uint64_t>::max());

  absl::StatusOr<size_t> Read(size_t bytes, char* out) override;

 private:
  const RandomAccessFile& file_;
  uint64_t at_;
  const uint64_t end_;
  std::string buffer_;
  size_t used_ = 0;
};

enum class Compression {
  kNone,
  kZlib,
  kGzip,     // Several members behind each other are read as one.
  kDeflate,  // Bare, as in zip archives.
};

// DEFLATE packs at most this much: a larger claim about a stream's unpacked size is false.
inline constexpr uint64_t kMaxDeflateRatio = 1032;

// What `source` unpacks to. `source` outlives the stream.
std::unique_ptr<ByteStream> NewInflateStream(ByteStream& source, Compression format);

// A file whose content is packed on the way to `file`. Flush and Sync end a block, so that all data
// so far can be read back; Close ends the stream and closes `file`.
std::unique_ptr<WritableFile> NewDeflateFile(std::unique_ptr<WritableFile> file,
                                             Compression format);

}  // namespace weir

#endif  // WEIR_IO_BYTE_STREAM_H_
