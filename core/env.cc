// What every Env does alike, in terms of its virtual calls.

#include "weir/core/env.h"

#include <algorithm>
#include <utility>

namespace weir {

absl::Status RandomAccessFile::ReadExactly(uint64_t offset, size_t bytes, char* out) const {
  ASSIGN_OR_RETURN(const size_t got, Read(offset, bytes, out));
  if (got == bytes) return absl::OkStatus();
  return DataLoss("'", path(), "' ends at byte ", offset + got, ", but bytes ", offset, " to ",
                  offset + bytes, " were wanted");
}

absl::StatusOr<std::string> Env::ReadFileToString(const std::string& path, uint64_t limit) {
  ASSIGN_OR_RETURN(const uint64_t size, FileSize(path));
  const auto too_large = [&] {
    return ResourceExhausted("'", path, "' has more than ", limit, " bytes");
  };
  if (size > limit) return too_large();
  ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, NewRandomAccessFile(path));
  // The size is a first guess only: pipes and files of the kernel report 0.
  std::string content;
  for (size_t want = static_cast<size_t>(size) + 1;; want = 1 << 16) {
    const size_t at = content.size();
    content.resize(at + want);
    ASSIGN_OR_RETURN(const size_t got, file->Read(at, want, content.data() + at));
    content.resize(at + got);
    if (content.size() > limit) return too_large();
    if (got < want) return content;
  }
}

absl::Status Env::CreateDirectories(const std::string& path) {
  if (path.empty() || IsDirectory(path)) return absl::OkStatus();
  const std::string parent = DirectoryOf(path);
  if (parent != path && parent != ".") RETURN_IF_ERROR(CreateDirectories(parent));
  const absl::Status status = CreateDirectory(path);
  // Someone else may have been faster.
  if (absl::IsAlreadyExists(status) && IsDirectory(path)) return absl::OkStatus();
  return status;
}

absl::Status Env::AtomicWriteFile(const std::string& path, absl::string_view content) {
  return AtomicWriteFile(path, [&](WritableFile& file) { return file.Append(content); });
}

absl::Status Env::AtomicWriteFile(const std::string& path,
                                  absl::FunctionRef<absl::Status(WritableFile&)> write) {
  const bool in_place = FileExists(path) && !IsDirectory(path) && !IsOrdinaryFile(path);
  const std::string target = in_place ? path : absl::StrCat(path, ".tmp", Random64());
  const auto write_all = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, NewWritableFile(target));
    RETURN_IF_ERROR(write(*file));
    RETURN_IF_ERROR(file->Sync());
    RETURN_IF_ERROR(file->Close());
    return in_place ? absl::OkStatus() : RenameFile(target, path);
  };
  const absl::Status status = write_all();
  if (in_place) return status;
  if (!status.ok()) {
    (void)DeleteFile(target);
    return status;
  }
  return SyncDirectory(DirectoryOf(path));
}

std::string JoinPath(absl::string_view directory, absl::string_view name) {
  if (directory.empty() || (!name.empty() && name[0] == '/')) return std::string(name);
  return absl::StrCat(directory, directory.back() == '/' ? "" : "/", name);
}

std::string DirectoryOf(absl::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  if (slash == 0) return "/";
  return std::string(path.substr(0, slash));
}

std::string BaseName(absl::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos || path.size() == 1) return std::string(path);
  return std::string(path.substr(slash + 1));
}

}  // namespace weir
