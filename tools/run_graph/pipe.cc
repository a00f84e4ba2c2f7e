#include "weir/tools/run_graph/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"

namespace weir::run_graph {
namespace {

absl::Status ErrnoStatus(const std::string& path) {
  const int error = errno;
  return absl::Status(absl::ErrnoToStatusCode(error),
                      absl::StrCat("cannot read '", path, "': ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::string> ReadPipe(const std::string& path, uint64_t limit) {
  // To open a pipe in the plain way is to wait for its other end.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoStatus(path);
  const auto close = absl::MakeCleanup([fd] { ::close(fd); });
  struct stat info;
  if (::fstat(fd, &info) != 0) return ErrnoStatus(path);
  if (!S_ISFIFO(info.st_mode)) {
    return FailedPrecondition("cannot read '", path, "': neither an ordinary file nor a pipe");
  }
  std::string content;
  for (char piece[1 << 16];;) {
    const ssize_t got = ::read(fd, piece, sizeof(piece));
    if (got > 0) {
      content.append(piece, static_cast<size_t>(got));
      if (content.size() > limit) {
        return ResourceExhausted("'", path, "' has more than ", limit, " bytes");
      }
    } else if (got == 0) {
      break;
    } else if (errno == EAGAIN) {
      pollfd wait = {fd, POLLIN, 0};
      (void)::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return ErrnoStatus(path);
    }
  }
  if (content.empty())
    return FailedPrecondition("cannot read '", path, "': it is empty, and nobody writes to it");
  return content;
}

}  // namespace weir::run_graph
