#include "weir/tests/conformance/harness.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>

#include "absl/strings/str_cat.h"

namespace weir::conformance {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr size_t kMaxDetail = 2000;

bool WriteAll(int fd, const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = write(fd, at, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    bytes -= static_cast<size_t>(n);
  }
  return true;
}

bool ReadAll(int fd, void* data, size_t bytes) {
  char* at = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t n = read(fd, at, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    bytes -= static_cast<size_t>(n);
  }
  return true;
}

// What a worker writes back for a case; the detail's characters follow.
struct ReplyHeader {
  Outcome::Kind kind;
  uint32_t detail_bytes;
};

// One forked process and the two pipes to it.
class Worker {
 public:
  Worker(const Suite& suite, const std::string& root, const std::vector<std::string>& names,
         const std::string& scratch, bool show_output)
      : suite_(suite), root_(root), names_(names), scratch_(scratch), show_output_(show_output) {}
  // Later workers hold copies of this one's request pipe, so closing it would not end the process.
  ~Worker() {
    if (pid_ >= 0) kill(pid_, SIGKILL);
    Stop();
  }

  bool busy() const { return current_.has_value(); }
  size_t current() const { return *current_; }
  int reply_fd() const { return from_child_; }
  bool overdue(int timeout_s) const {
    return busy() && SteadyClock::now() - started_ > std::chrono::seconds(timeout_s);
  }

  // Hands over a case. Starts the process if there is none.
  absl::Status Give(size_t index) {
    if (pid_ < 0) RETURN_IF_ERROR(Start());
    current_ = index;
    started_ = SteadyClock::now();
    // A failed write shows as the end of the replies.
    (void)WriteAll(to_child_, &index, sizeof(index));
    return absl::OkStatus();
  }

  // The outcome of the current case, whose reply or end can be read.
  Outcome Take() {
    ReplyHeader header;
    Outcome outcome;
    bool complete = ReadAll(from_child_, &header, sizeof(header));
    if (complete) {
      outcome.kind = header.kind;
      outcome.detail.resize(header.detail_bytes);
      complete = ReadAll(from_child_, outcome.detail.data(), header.detail_bytes);
    }
    if (!complete) outcome = {Outcome::Kind::kCrashed, Stop()};
    current_.reset();
    return outcome;
  }

  Outcome TimedOut(int timeout_s) {
    kill(pid_, SIGKILL);
    Stop();
    current_.reset();
    return {Outcome::Kind::kCrashed, absl::StrCat("no end after ", timeout_s, " s")};
  }

 private:
  absl::Status Start() {
    int to_child[2], from_child[2];
    if (pipe2(to_child, O_CLOEXEC) != 0) return Internal("pipe: ", strerror(errno));
    if (pipe2(from_child, O_CLOEXEC) != 0) return Internal("pipe: ", strerror(errno));
    pid_ = fork();
    if (pid_ < 0) return Internal("fork: ", strerror(errno));
    if (pid_ == 0) {
      close(to_child[1]);
      close(from_child[0]);
      Serve(to_child[0], from_child[1]);
      _exit(0);
    }
    close(to_child[0]);
    close(from_child[1]);
    to_child_ = to_child[1];
    from_child_ = from_child[0];
    return absl::OkStatus();
  }

  // Ends the process; says how it ended.
  std::string Stop() {
    if (pid_ < 0) return "";
    close(to_child_);
    close(from_child_);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    if (WIFSIGNALED(status)) return absl::StrCat("crashed: ", strsignal(WTERMSIG(status)));
    return absl::StrCat("crashed: exit status ", WEXITSTATUS(status));
  }

  // The child's life: cases until the parent closes the pipe.
  void Serve(int requests, int replies) const {
    if (!show_output_) {
      const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
      dup2(nowhere, STDOUT_FILENO);
      dup2(nowhere, STDERR_FILENO);
    }
    size_t index;
    while (ReadAll(requests, &index, sizeof(index))) {
      const fs::path directory = fs::path(scratch_) / absl::StrCat(index);
      std::error_code error;
      fs::create_directories(directory, error);
      fs::current_path(directory, error);
      Outcome outcome = error
                            ? Outcome::Failed(absl::StrCat("working directory: ", error.message()))
                            : suite_.run(root_, names_[index]);
      fs::current_path(scratch_, error);
      fs::remove_all(directory, error);
      if (outcome.detail.size() > kMaxDetail) outcome.detail.resize(kMaxDetail);
      const ReplyHeader header{outcome.kind, static_cast<uint32_t>(outcome.detail.size())};
      if (!WriteAll(replies, &header, sizeof(header))) return;
      if (!WriteAll(replies, outcome.detail.data(), outcome.detail.size())) return;
    }
  }

  const Suite& suite_;
  const std::string& root_;
  const std::vector<std::string>& names_;
  const std::string& scratch_;
  const bool show_output_;
  pid_t pid_ = -1;
  int to_child_ = -1, from_child_ = -1;
  std::optional<size_t> current_;
  SteadyClock::time_point started_;
};

// A fresh directory that is removed in the end.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "weir_conformance_XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

std::vector<Outcome> RunCases(const Suite& suite, const std::string& root,
                              const std::vector<std::string>& names,
                              const HarnessOptions& options) {
  signal(SIGPIPE, SIG_IGN);  // A dead worker shows as a failed write.
  const ScratchDirectory scratch;
  std::vector<Outcome> outcomes(names.size(), Outcome::Failed("not run"));
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < std::max(1, options.jobs); ++i) {
    workers.push_back(
        std::make_unique<Worker>(suite, root, names, scratch.path(), options.show_output));
  }
  size_t next = 0;
  while (true) {
    std::vector<pollfd> polls;
    std::vector<Worker*> polled;
    for (const std::unique_ptr<Worker>& worker : workers) {
      if (!worker->busy() && next < names.size()) {
        const size_t index = next++;
        if (absl::Status status = worker->Give(index); !status.ok()) {
          outcomes[index] = Outcome::Failed(std::string(status.message()));
        }
      }
      if (!worker->busy()) continue;
      polls.push_back({worker->reply_fd(), POLLIN, 0});
      polled.push_back(worker.get());
    }
    if (polls.empty() && next >= names.size()) return outcomes;
    (void)poll(polls.data(), polls.size(), 500);
    for (size_t i = 0; i < polls.size(); ++i) {
      Worker& worker = *polled[i];
      const size_t index = worker.current();
      if (polls[i].revents != 0) {
        outcomes[index] = worker.Take();
      } else if (worker.overdue(options.timeout_s)) {
        outcomes[index] = worker.TimedOut(options.timeout_s);
      }
    }
  }
}

bool MatchesFilter(const std::string& filter, const std::string& name) {
  if (filter.empty()) return true;
  if (filter.find_first_of("*?[") == std::string::npos) {
    return name.find(filter) != std::string::npos;
  }
  return fnmatch(filter.c_str(), name.c_str(), 0) == 0;
}

}  // namespace weir::conformance
