#include "weir/core/folder_env.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "weir/core/posix_file.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

class FolderEnv final : public Env {
 public:
  FolderEnv(Env& base, const std::string& folder) : base_(base) {
    if (folder.empty()) return;
    std::error_code error;
    const fs::path canonical = fs::canonical(folder, error);
    if (!error) root_ = canonical.string();
  }

  int64_t NowMicros() override { return base_.NowMicros(); }
  uint64_t Random64() override { return base_.Random64(); }
  std::string HostName() override { return "localhost"; }  // A graph need not know the machine.

  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    return OpenForReading(resolved, PathTrust::kGraph);
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(const std::string& path) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    return OpenForWriting(resolved, WriteMode::kReplace, PathTrust::kGraph);
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> NewAppendableFile(
      const std::string& path) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    return OpenForWriting(resolved, WriteMode::kAppend, PathTrust::kGraph);
  }
  bool FileExists(const std::string& path) override {
    return Resolve(path).ok() && base_.FileExists(path);
  }
  bool IsDirectory(const std::string& path) override {
    return Resolve(path).ok() && base_.IsDirectory(path);
  }
  bool IsOrdinaryFile(const std::string& path) override {
    return Resolve(path).ok() && base_.IsOrdinaryFile(path);
  }
  absl::StatusOr<uint64_t> FileSize(const std::string& path) override {
    RETURN_IF_ERROR(Resolve(path).status());
    return base_.FileSize(path);
  }
  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override {
    RETURN_IF_ERROR(Resolve(path).status());
    return base_.ListDirectory(path);
  }
  absl::Status CreateDirectory(const std::string& path) override {
    RETURN_IF_ERROR(Resolve(path).status());
    return base_.CreateDirectory(path);
  }
  absl::Status DeleteDirectory(const std::string& path) override {
    RETURN_IF_ERROR(Resolve(path).status());
    return base_.DeleteDirectory(path);
  }
  absl::Status DeleteFile(const std::string& path) override {
    RETURN_IF_ERROR(Resolve(path).status());
    return base_.DeleteFile(path);
  }
  absl::Status RenameFile(const std::string& from, const std::string& to) override {
    RETURN_IF_ERROR(Resolve(from).status());
    RETURN_IF_ERROR(Resolve(to).status());
    return base_.RenameFile(from, to);
  }
  absl::Status SyncDirectory(const std::string& path) override {
    RETURN_IF_ERROR(Resolve(path).status());
    return base_.SyncDirectory(path);
  }

 private:
  static absl::Status Denied(const std::string& path, absl::string_view why) {
    return absl::PermissionDeniedError(absl::StrCat("'", path, "' ", why));
  }

  // The path without links and dots, which lies beneath the folder.
  absl::StatusOr<std::string> Resolve(const std::string& path) const {
    if (root_.empty()) return Denied(path, "may not be touched: no folder was allowed");
    if (path.size() > 4096 || absl::StrContains(path, std::string(1, '\0'))) {
      return Denied(path.substr(0, 64), "is not a path");
    }
    // Resolves links in the part that exists, so that none can lead out. Absolute first: a relative
    // path of which nothing exists would stay relative.
    std::error_code error;
    fs::path resolved = fs::absolute(path, error);
    if (!error) resolved = fs::weakly_canonical(resolved, error);
    const std::string text = resolved.string();
    const std::string beneath = JoinPath(root_, "");
    if (error || (text != root_ && !absl::StartsWith(text, beneath))) {
      return Denied(path, absl::StrCat("lies outside the allowed folder ", root_));
    }
    return text;
  }

  Env& base_;
  std::string root_;
};

}  // namespace

std::unique_ptr<Env> NewFolderEnv(Env& base, const std::string& folder) {
  return std::make_unique<FolderEnv>(base, folder);
}

}  // namespace weir
