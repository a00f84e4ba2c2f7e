#ifndef WEIR_CORE_ENV_H_
#define WEIR_CORE_ENV_H_

// Files, the clock and the system's randomness, behind an interface: a program may hand in its own
// (an archive, a read-only view of one folder, a file system that fails on purpose).
//
// Thread rule: every call of an Env and RandomAccessFile::Read are safe from any thread; a
// WritableFile belongs to one thread at a time.
//
// Errors name the path and the system's reason: "cannot open '/tmp/x': No such file or directory".

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "weir/core/status.h"

namespace weir {

// A file open for reading at any offset.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;

  // Reads up to `bytes` bytes from `offset` on into `out`, and returns how many: fewer only at the
  // end of the file.
  virtual absl::StatusOr<size_t> Read(uint64_t offset, size_t bytes, char* out) const = 0;

  // Reads exactly `bytes` bytes. DataLoss, naming file and offset, when the file ends earlier.
  absl::Status ReadExactly(uint64_t offset, size_t bytes, char* out) const;

  const std::string& path() const { return path_; }

 protected:
  explicit RandomAccessFile(std::string path) : path_(std::move(path)) {}

 private:
  std::string path_;
};

// A file being written from its beginning. After an error the content is unspecified.
class WritableFile {
 public:
  // Closes; errors are lost, so call Close first where they matter.
  virtual ~WritableFile() = default;

  virtual absl::Status Append(absl::string_view data) = 0;
  // Hands buffered data to the system; it then survives the end of the process.
  virtual absl::Status Flush() = 0;
  // Flush, and wait until the data is on the device.
  virtual absl::Status Sync() = 0;
  // Flushes and gives the file back; no other call may follow.
  virtual absl::Status Close() = 0;

  const std::string& path() const { return path_; }

 protected:
  explicit WritableFile(std::string path) : path_(std::move(path)) {}

 private:
  std::string path_;
};

class Env {
 public:
  virtual ~Env() = default;

  // Microseconds since 1970, by the wall clock.
  virtual int64_t NowMicros() = 0;
  // A number that no one can predict: seeds, names of temporary files.
  virtual uint64_t Random64() = 0;
  // What the machine is called, for the names of event files.
  virtual std::string HostName() = 0;

  virtual absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) = 0;
  // Creates the file, or empties it.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) = 0;
  // Creates the file if needed; what is written goes behind what is there.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> NewAppendableFile(
      const std::string& path) = 0;

  // True for a file or directory that is there and visible to us.
  virtual bool FileExists(const std::string& path) = 0;
  virtual bool IsDirectory(const std::string& path) = 0;
  // True for a file that keeps what is written: neither directory nor device nor pipe.
  virtual bool IsOrdinaryFile(const std::string& path) = 0;
  virtual absl::StatusOr<uint64_t> FileSize(const std::string& path) = 0;

  // The names in a directory, sorted, without "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) = 0;
  // AlreadyExists when the path is taken; NotFound when its parent is missing.
  virtual absl::Status CreateDirectory(const std::string& path) = 0;
  // Only empty directories.
  virtual absl::Status DeleteDirectory(const std::string& path) = 0;
  virtual absl::Status DeleteFile(const std::string& path) = 0;
  // Replaces `to` in one step if it exists. Both lie on the same file system.
  virtual absl::Status RenameFile(const std::string& from, const std::string& to) = 0;
  // Waits until the names in the directory (creations, renames) are on the device.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;

  // The whole file. ResourceExhausted when it has more than `limit` bytes.
  absl::StatusOr<std::string> ReadFileToString(const std::string& path,
                                               uint64_t limit = uint64_t{1} << 40);
  // Creates what is missing of the path; OK when all is there.
  absl::Status CreateDirectories(const std::string& path);
  // Writes the file so that `path` has the old content or the new at every moment, also after a
  // crash: a temporary file beside it, synced, renamed over it. On error the old file stays and
  // the temporary one is removed. Devices and pipes are written to as they are.
  absl::Status AtomicWriteFile(const std::string& path, absl::string_view content);
  // The same for content that `write` appends.
  absl::Status AtomicWriteFile(const std::string& path,
                               absl::FunctionRef<absl::Status(WritableFile&)> write);
};

// The machine's own. Lives as long as the process.
Env& PosixEnv();

// "a/b" + "c" -> "a/b/c". An absolute `name`, or an empty `directory`, gives `name`.
std::string JoinPath(absl::string_view directory, absl::string_view name);
// "a/b/c" -> "a/b"; "c" -> "."; "/c" -> "/".
std::string DirectoryOf(absl::string_view path);
// "a/b/c" -> "c".
std::string BaseName(absl::string_view path);

}  // namespace weir

#endif  // WEIR_CORE_ENV_H_
