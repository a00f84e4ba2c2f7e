#ifndef WEIR_TESTS_MEMORY_ENV_H_
#define WEIR_TESTS_MEMORY_ENV_H_

// A file system in memory that fails on purpose.

#include <atomic>
#include <map>
#include <set>

#include "weir/core/env.h"
#include "weir/core/mutex.h"

namespace weir {

// Files and directories in memory; "/" and "." exist. Every operation that changes something can be
// made to fail. Thread rule: safe from any thread.
class MemoryEnv final : public Env {
 public:
  // The changing operation after `n` more fails; with `forever`, so do all behind it.
  void FailAfter(int n, bool forever = false) {
    fail_in_ = n;
    forever_ = forever;
    full_ = false;
  }
  // A disk that is full: after `n` more operations nothing can be created, written or synced;
  // names can still be changed and deleted.
  void FullAfter(int n) {
    FailAfter(n, true);
    full_ = true;
  }
  void Heal() { fail_in_ = -1; }
  // Operations that changed something so far.
  int operations() const { return operations_; }
  // What a loss of power does: data that was not synced is gone.
  void LosePower();

  // The clock, which moves by a microsecond each time it is asked.
  void SetNow(int64_t micros) { now_ = micros; }

  // The whole file, "" when it is missing; and its replacement.
  std::string Content(const std::string& path) const;
  void SetContent(const std::string& path, std::string content);
  // The paths of all files, sorted.
  std::vector<std::string> Files() const;

  int64_t NowMicros() override { return now_++; }
  uint64_t Random64() override { return ++random_; }
  std::string HostName() override { return "memory"; }
  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> NewAppendableFile(const std::string& path) override;
  bool FileExists(const std::string& path) override;
  bool IsDirectory(const std::string& path) override;
  bool IsOrdinaryFile(const std::string& path) override;
  absl::StatusOr<uint64_t> FileSize(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override;
  absl::Status CreateDirectory(const std::string& path) override;
  absl::Status DeleteDirectory(const std::string& path) override;
  absl::Status DeleteFile(const std::string& path) override;
  absl::Status RenameFile(const std::string& from, const std::string& to) override;
  absl::Status SyncDirectory(const std::string& path) override;

 private:
  friend class MemoryWritableFile;
  struct File {
    std::string content;
    size_t synced = 0;
  };

  absl::Status Change(const std::string& path, bool needs_room = true);
  absl::StatusOr<std::unique_ptr<WritableFile>> Open(const std::string& path, bool truncate);

  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::set<std::string> directories_ = {"/", "."};
  int fail_in_ = -1;
  bool forever_ = false;
  bool full_ = false;
  int operations_ = 0;
  std::atomic<int64_t> now_{0};
  std::atomic<uint64_t> random_{0};
};

}  // namespace weir

#endif  // WEIR_TESTS_MEMORY_ENV_H_
