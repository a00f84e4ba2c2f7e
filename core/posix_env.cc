#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <utility>

#include "weir/core/env.h"
#include "weir/core/posix_file.h"

namespace weir {
namespace {

// One system call moves at most this much: Linux stops a little below 2 GiB by itself.
constexpr size_t kMaxTransfer = size_t{1} << 30;

absl::Status ErrnoStatus(absl::string_view doing, const std::string& path) {
  const int error = errno;
  return absl::Status(absl::ErrnoToStatusCode(error),
                      absl::StrCat("cannot ", doing, " '", path, "': ", std::strerror(error)));
}

// Repeats a call that a signal interrupted.
template <typename Call>
auto Uninterrupted(const Call& call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

// Where the system can, no link at all is followed on the way; an older one looks at the last name
// only.
int OpenWithoutLinks(const std::string& path, int flags, mode_t mode) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how));
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  return ::open(path.c_str(), flags | O_NOFOLLOW, mode);
}

// Opens without waiting for the other end of a pipe.
absl::StatusOr<int> Open(const std::string& path, int flags, PathTrust trust, bool ordinary_only) {
  constexpr mode_t kMode = 0666;
  flags |= O_CLOEXEC;
  if (ordinary_only) flags |= O_NONBLOCK;
  const int fd = Uninterrupted([&] {
    return trust == PathTrust::kOwner ? ::open(path.c_str(), flags, kMode)
                                      : OpenWithoutLinks(path, flags, kMode);
  });
  if (fd < 0) return ErrnoStatus("open", path);
  struct stat info;
  if (!ordinary_only || (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode))) return fd;
  ::close(fd);
  return FailedPrecondition("cannot open '", path, "': not an ordinary file");
}

class PosixRandomAccessFile final : public RandomAccessFile {
 public:
  PosixRandomAccessFile(std::string path, int fd) : RandomAccessFile(std::move(path)), fd_(fd) {}
  ~PosixRandomAccessFile() override { ::close(fd_); }

  absl::StatusOr<size_t> Read(uint64_t offset, size_t bytes, char* out) const override {
    size_t done = 0;
    while (done < bytes) {
      const uint64_t at = offset + done;
      if (at < offset || at > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) break;
      const size_t part = std::min(bytes - done, kMaxTransfer);
      const ssize_t got =
          Uninterrupted([&] { return ::pread(fd_, out + done, part, static_cast<off_t>(at)); });
      if (got < 0) return ErrnoStatus("read", path());
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

 private:
  const int fd_;
};

// Gathers small appends; large ones go straight to the system.
class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, int fd) : WritableFile(std::move(path)), fd_(fd) {}
  ~PosixWritableFile() override {
    if (fd_ >= 0) (void)Close();
  }

  absl::Status Append(absl::string_view data) override {
    if (pending_.size() + data.size() <= kBufferBytes) {
      pending_.append(data.data(), data.size());
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(Flush());
    if (data.size() > kBufferBytes) return Write(data);
    pending_.append(data.data(), data.size());
    return absl::OkStatus();
  }

  absl::Status Flush() override {
    const absl::Status status = Write(pending_);
    pending_.clear();
    return status;
  }

  absl::Status Sync() override {
    RETURN_IF_ERROR(Flush());
    if (Uninterrupted([&] { return ::fsync(fd_); }) == 0) return absl::OkStatus();
    // Pipes and some devices cannot be synced.
    if (errno == EINVAL || errno == ENOTSUP || errno == EROFS) return absl::OkStatus();
    return ErrnoStatus("sync", path());
  }

  absl::Status Close() override {
    absl::Status status = Flush();
    // The descriptor is gone even when close is interrupted: never repeated.
    if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR && status.ok()) {
      status = ErrnoStatus("close", path());
    }
    return status;
  }

 private:
  static constexpr size_t kBufferBytes = size_t{1} << 16;

  absl::Status Write(absl::string_view data) {
    if (fd_ < 0) return FailedPrecondition("'", path(), "' is closed");
    while (!data.empty()) {
      const size_t part = std::min(data.size(), kMaxTransfer);
      const ssize_t put = Uninterrupted([&] { return ::write(fd_, data.data(), part); });
      if (put < 0) return ErrnoStatus("write", path());
      data.remove_prefix(static_cast<size_t>(put));
    }
    return absl::OkStatus();
  }

  int fd_;
  std::string pending_;
};

class Posix final : public Env {
 public:
  int64_t NowMicros() override {
    timeval now;
    ::gettimeofday(&now, nullptr);
    return static_cast<int64_t>(now.tv_sec) * 1000000 + now.tv_usec;
  }

  uint64_t Random64() override {
    uint64_t value = 0;
    const ssize_t got = Uninterrupted([&] { return ::getrandom(&value, sizeof(value), 0); });
    // Kernels without the call: the clock, mixed so that near moments give far numbers.
    if (got != sizeof(value)) value = static_cast<uint64_t>(NowMicros()) * 0x9e3779b97f4a7c15u;
    return value;
  }

  std::string HostName() override {
    char name[256] = {};
    return ::gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
  }

  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    return OpenForReading(path, PathTrust::kOwner);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(const std::string& path) override {
    return OpenForWriting(path, WriteMode::kReplace, PathTrust::kOwner);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> NewAppendableFile(
      const std::string& path) override {
    return OpenForWriting(path, WriteMode::kAppend, PathTrust::kOwner);
  }

  bool FileExists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  bool IsDirectory(const std::string& path) override {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  }

  bool IsOrdinaryFile(const std::string& path) override {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  }

  absl::StatusOr<uint64_t> FileSize(const std::string& path) override {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return ErrnoStatus("look at", path);
    if (S_ISDIR(info.st_mode)) return FailedPrecondition("'", path, "' is a directory");
    return static_cast<uint64_t>(info.st_size);
  }

  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override {
    DIR* const directory = ::opendir(path.c_str());
    if (directory == nullptr) return ErrnoStatus("list", path);
    std::vector<std::string> names;
    for (errno = 0; const dirent* entry = ::readdir(directory); errno = 0) {
      const absl::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const absl::Status status = errno == 0 ? absl::OkStatus() : ErrnoStatus("list", path);
    ::closedir(directory);
    RETURN_IF_ERROR(status);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status CreateDirectory(const std::string& path) override {
    return Check(::mkdir(path.c_str(), 0777), "create directory", path);
  }
  absl::Status DeleteDirectory(const std::string& path) override {
    return Check(::rmdir(path.c_str()), "delete directory", path);
  }
  absl::Status DeleteFile(const std::string& path) override {
    return Check(::unlink(path.c_str()), "delete", path);
  }
  absl::Status RenameFile(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
    return ErrnoStatus("rename", absl::StrCat(from, "' to '", to));
  }

  absl::Status SyncDirectory(const std::string& path) override {
    const int fd =
        Uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return ErrnoStatus("open directory", path);
    const bool synced = Uninterrupted([&] { return ::fsync(fd); }) == 0;
    // File systems that cannot sync a directory say so with these.
    const absl::Status status = synced || errno == EINVAL || errno == ENOTSUP || errno == EROFS
                                    ? absl::OkStatus()
                                    : ErrnoStatus("sync directory", path);
    ::close(fd);
    return status;
  }

 private:
  static absl::Status Check(int result, absl::string_view doing, const std::string& path) {
    return result == 0 ? absl::OkStatus() : ErrnoStatus(doing, path);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(const std::string& path,
                                                                 PathTrust trust) {
  ASSIGN_OR_RETURN(const int fd, Open(path, O_RDONLY, trust, true));
  return std::unique_ptr<RandomAccessFile>(std::make_unique<PosixRandomAccessFile>(path, fd));
}

absl::StatusOr<std::unique_ptr<WritableFile>> OpenForWriting(const std::string& path,
                                                             WriteMode mode, PathTrust trust) {
  const int flags = O_WRONLY | O_CREAT | (mode == WriteMode::kAppend ? O_APPEND : O_TRUNC);
  ASSIGN_OR_RETURN(const int fd, Open(path, flags, trust, trust == PathTrust::kGraph));
  return std::unique_ptr<WritableFile>(std::make_unique<PosixWritableFile>(path, fd));
}

Env& PosixEnv() {
  static Posix* const env = new Posix;
  return *env;
}

}  // namespace weir
