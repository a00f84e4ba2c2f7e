#include "weir/tests/program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <tuple>
#include <utility>

#include "gtest/gtest.h"
#include "weir/core/env.h"

namespace weir {
namespace {

int OpenForWriting(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

// Runs in the child; does not return.
void Become(const std::string& program, const std::vector<std::string>& args, int out, int err,
            uint64_t memory_bytes) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  if (memory_bytes > 0) {
    const rlimit limit = {memory_bytes, memory_bytes};
    setrlimit(RLIMIT_AS, &limit);
  }
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execv(program.c_str(), argv.data());
  _exit(127);
}

// Both ends of a new terminal, ours first.
std::pair<int, int> OpenTerminal() {
  const int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_EQ(grantpt(ours), 0);
  EXPECT_EQ(unlockpt(ours), 0);
  return {ours, open(ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC)};
}

std::string ReadAll(int fd) {
  std::string all;
  char buffer[4096];
  for (ssize_t got; (got = read(fd, buffer, sizeof(buffer))) > 0;) all.append(buffer, got);
  return all;
}

}  // namespace

std::string FreshDirectory() {
  std::string name = testing::TempDir() + "/weir_XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  return name;
}

ProgramResult RunProgram(const std::string& program, const std::vector<std::string>& args,
                         const ProgramOptions& options) {
  static const std::string directory = FreshDirectory();
  const std::string out_path = options.out_path.empty() ? directory + "/out" : options.out_path;
  const int out = OpenForWriting(out_path);
  int ours = -1, err = -1;
  if (options.terminal) {
    std::tie(ours, err) = OpenTerminal();
  } else {
    err = OpenForWriting(directory + "/err");
  }
  const pid_t child = fork();
  if (child == 0) Become(program, args, out, err, options.memory_bytes);
  close(out);
  close(err);
  ProgramResult result;
  if (options.terminal) result.err = ReadAll(ours);  // Until the child is gone.
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  if (options.out_path.empty()) result.out = PosixEnv().ReadFileToString(out_path).value();
  if (options.terminal) {
    close(ours);
  } else {
    result.err = PosixEnv().ReadFileToString(directory + "/err").value();
  }
  return result;
}

}  // namespace weir
