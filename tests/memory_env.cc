#include "weir/tests/memory_env.h"

#include <algorithm>

namespace weir {
namespace {

class MemoryRandomAccessFile final : public RandomAccessFile {
 public:
  MemoryRandomAccessFile(std::string path, std::string content)
      : RandomAccessFile(std::move(path)), content_(std::move(content)) {}

  absl::StatusOr<size_t> Read(uint64_t offset, size_t bytes, char* out) const override {
    if (offset >= content_.size()) return 0;
    const size_t got = std::min<size_t>(bytes, content_.size() - offset);
    content_.copy(out, got, offset);
    return got;
  }

 private:
  const std::string content_;
};

absl::Status Missing(const std::string& path) {
  return NotFound("cannot open '", path, "': No such file or directory");
}

}  // namespace

class MemoryWritableFile final : public WritableFile {
 public:
  MemoryWritableFile(MemoryEnv& env, std::string path, std::shared_ptr<MemoryEnv::File> file)
      : WritableFile(std::move(path)), env_(env), file_(std::move(file)) {}

  absl::Status Append(absl::string_view data) override {
    MutexLock lock(env_.mutex_);
    RETURN_IF_ERROR(env_.Change(path()));
    file_->content.append(data.data(), data.size());
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }
  absl::Status Sync() override {
    MutexLock lock(env_.mutex_);
    RETURN_IF_ERROR(env_.Change(path()));
    file_->synced = file_->content.size();
    return absl::OkStatus();
  }
  absl::Status Close() override {
    MutexLock lock(env_.mutex_);
    return env_.Change(path(), false);
  }

 private:
  MemoryEnv& env_;
  const std::shared_ptr<MemoryEnv::File> file_;
};

// REQUIRES: mutex_ is held.
absl::Status MemoryEnv::Change(const std::string& path, bool needs_room) {
  ++operations_;
  if (fail_in_ < 0) return absl::OkStatus();
  if (fail_in_ > 0) {
    --fail_in_;
    return absl::OkStatus();
  }
  if (full_ && !needs_room) return absl::OkStatus();
  if (!forever_) fail_in_ = -1;
  return ResourceExhausted("cannot write '", path, "': No space left on device");
}

void MemoryEnv::LosePower() {
  MutexLock lock(mutex_);
  for (auto& [path, file] : files_) file->content.resize(file->synced);
}

std::string MemoryEnv::Content(const std::string& path) const {
  MutexLock lock(mutex_);
  const auto at = files_.find(path);
  return at == files_.end() ? "" : at->second->content;
}

void MemoryEnv::SetContent(const std::string& path, std::string content) {
  MutexLock lock(mutex_);
  auto file = std::make_shared<File>();
  file->synced = content.size();
  file->content = std::move(content);
  files_[path] = std::move(file);
}

std::vector<std::string> MemoryEnv::Files() const {
  MutexLock lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, file] : files_) paths.push_back(path);
  return paths;
}

absl::StatusOr<std::unique_ptr<RandomAccessFile>> MemoryEnv::NewRandomAccessFile(
    const std::string& path) {
  MutexLock lock(mutex_);
  const auto at = files_.find(path);
  if (at == files_.end()) return Missing(path);
  return std::unique_ptr<RandomAccessFile>(
      std::make_unique<MemoryRandomAccessFile>(path, at->second->content));
}

absl::StatusOr<std::unique_ptr<WritableFile>> MemoryEnv::Open(const std::string& path,
                                                              bool truncate) {
  MutexLock lock(mutex_);
  if (directories_.count(DirectoryOf(path)) == 0) return Missing(path);
  RETURN_IF_ERROR(Change(path));
  std::shared_ptr<File>& file = files_[path];
  if (file == nullptr || truncate) file = std::make_shared<File>();
  return std::unique_ptr<WritableFile>(std::make_unique<MemoryWritableFile>(*this, path, file));
}

absl::StatusOr<std::unique_ptr<WritableFile>> MemoryEnv::NewWritableFile(const std::string& path) {
  return Open(path, true);
}
absl::StatusOr<std::unique_ptr<WritableFile>> MemoryEnv::NewAppendableFile(
    const std::string& path) {
  return Open(path, false);
}

bool MemoryEnv::FileExists(const std::string& path) {
  MutexLock lock(mutex_);
  return files_.count(path) > 0 || directories_.count(path) > 0;
}

bool MemoryEnv::IsOrdinaryFile(const std::string& path) {
  MutexLock lock(mutex_);
  return files_.count(path) > 0;
}

bool MemoryEnv::IsDirectory(const std::string& path) {
  MutexLock lock(mutex_);
  return directories_.count(path) > 0;
}

absl::StatusOr<uint64_t> MemoryEnv::FileSize(const std::string& path) {
  MutexLock lock(mutex_);
  const auto at = files_.find(path);
  if (at == files_.end()) return Missing(path);
  return uint64_t{at->second->content.size()};
}

absl::StatusOr<std::vector<std::string>> MemoryEnv::ListDirectory(const std::string& path) {
  MutexLock lock(mutex_);
  if (directories_.count(path) == 0) return Missing(path);
  std::set<std::string> names;
  for (const auto& [file, content] : files_) {
    if (DirectoryOf(file) == path) names.insert(BaseName(file));
  }
  for (const std::string& directory : directories_) {
    if (directory != path && DirectoryOf(directory) == path) names.insert(BaseName(directory));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

absl::Status MemoryEnv::CreateDirectory(const std::string& path) {
  MutexLock lock(mutex_);
  if (directories_.count(DirectoryOf(path)) == 0) return Missing(path);
  if (directories_.count(path) > 0 || files_.count(path) > 0) {
    return AlreadyExists("cannot create directory '", path, "': File exists");
  }
  RETURN_IF_ERROR(Change(path));
  directories_.insert(path);
  return absl::OkStatus();
}

absl::Status MemoryEnv::DeleteDirectory(const std::string& path) {
  absl::StatusOr<std::vector<std::string>> names = ListDirectory(path);
  RETURN_IF_ERROR(names.status());
  if (!names->empty()) return FailedPrecondition("'", path, "' is not empty");
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Change(path, false));
  directories_.erase(path);
  return absl::OkStatus();
}

absl::Status MemoryEnv::DeleteFile(const std::string& path) {
  MutexLock lock(mutex_);
  if (files_.count(path) == 0) return Missing(path);
  RETURN_IF_ERROR(Change(path, false));
  files_.erase(path);
  return absl::OkStatus();
}

absl::Status MemoryEnv::RenameFile(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  if (files_.count(from) == 0) return Missing(from);
  if (directories_.count(DirectoryOf(to)) == 0) return Missing(to);
  RETURN_IF_ERROR(Change(to, false));
  if (from == to) return absl::OkStatus();
  files_[to] = std::move(files_[from]);
  files_.erase(from);
  return absl::OkStatus();
}

absl::Status MemoryEnv::SyncDirectory(const std::string& path) {
  MutexLock lock(mutex_);
  return Change(path);
}

}  // namespace weir
