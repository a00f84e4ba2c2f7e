#include "weir/core/folder_env.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "gtest/gtest.h"

namespace weir {
namespace {

class FolderEnvTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/folder_env_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    outside_ = name;
    folder_ = name + "/folder";
    ASSERT_TRUE(PosixEnv().CreateDirectory(folder_).ok());
    ASSERT_TRUE(PosixEnv().AtomicWriteFile(outside_ + "/secret", "secret").ok());
    env_ = NewFolderEnv(PosixEnv(), folder_);
  }
  void TearDown() override { std::filesystem::remove_all(outside_); }

  std::string outside_, folder_;
  std::unique_ptr<Env> env_;
};

void ExpectWorks(Env& env, const std::string& path) {
  EXPECT_TRUE(env.AtomicWriteFile(path, "text").ok()) << path;
  EXPECT_EQ(env.ReadFileToString(path).value_or("?"), "text") << path;
  EXPECT_TRUE(env.DeleteFile(path).ok()) << path;
}

TEST_F(FolderEnvTest, FilesBeneathTheFolderOnly) {
  ExpectWorks(*env_, folder_ + "/f");
  ExpectWorks(*env_, folder_ + "/../folder/f");
  for (const std::string& path :
       {outside_ + "/secret", folder_ + "/../secret", folder_ + "x/f", std::string()}) {
    EXPECT_TRUE(absl::IsPermissionDenied(env_->ReadFileToString(path).status())) << path;
    EXPECT_TRUE(absl::IsPermissionDenied(env_->NewWritableFile(path).status())) << path;
    EXPECT_TRUE(absl::IsPermissionDenied(env_->NewAppendableFile(path).status())) << path;
  }
  EXPECT_TRUE(absl::IsNotFound(env_->NewRandomAccessFile(folder_ + "/none").status()));
}

TEST_F(FolderEnvTest, TheRootAllowsEverything) {
  const std::unique_ptr<Env> root = NewFolderEnv(PosixEnv(), "/");
  ExpectWorks(*root, folder_ + "/f");
  EXPECT_TRUE(root->IsDirectory("/"));
}

TEST_F(FolderEnvTest, RelativePathsStartAtTheWorkingDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  const std::unique_ptr<Env> here = NewFolderEnv(PosixEnv(), ".");
  ExpectWorks(*here, "f");
  ExpectWorks(*here, "./f");
  EXPECT_TRUE(absl::IsPermissionDenied(here->NewWritableFile("../f").status()));
  std::filesystem::current_path(before);
}

TEST_F(FolderEnvTest, AMissingFolderAllowsNothing) {
  for (const std::string& folder : {std::string(), folder_ + "/none"}) {
    const std::unique_ptr<Env> none = NewFolderEnv(PosixEnv(), folder);
    EXPECT_TRUE(absl::IsPermissionDenied(none->NewWritableFile(folder_ + "/f").status()));
  }
}

TEST_F(FolderEnvTest, LinksThatLeadOutAreNotFollowed) {
  const std::string link = folder_ + "/link";
  ASSERT_EQ(symlink((outside_ + "/secret").c_str(), link.c_str()), 0);
  EXPECT_FALSE(env_->ReadFileToString(link).ok());
  EXPECT_FALSE(env_->NewWritableFile(link).ok());
  // One that leads nowhere yet is no way to make a file outside.
  const std::string dangling = folder_ + "/dangling";
  ASSERT_EQ(symlink((outside_ + "/new").c_str(), dangling.c_str()), 0);
  EXPECT_FALSE(env_->NewWritableFile(dangling).ok());
  EXPECT_FALSE(env_->NewAppendableFile(dangling).ok());
  EXPECT_FALSE(PosixEnv().FileExists(outside_ + "/new"));
  EXPECT_EQ(PosixEnv().ReadFileToString(outside_ + "/secret").value(), "secret");
}

TEST_F(FolderEnvTest, LinksSwappedInMeanwhileAreNotFollowed) {
  const std::string inner = folder_ + "/d", aside = folder_ + "/aside", link = folder_ + "/link";
  ASSERT_TRUE(PosixEnv().CreateDirectory(inner).ok());
  ASSERT_TRUE(PosixEnv().AtomicWriteFile(inner + "/secret", "ours").ok());
  ASSERT_EQ(symlink(outside_.c_str(), link.c_str()), 0);
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    while (!done.load()) {
      (void)(rename(inner.c_str(), aside.c_str()) || rename(link.c_str(), inner.c_str()) ||
             rename(inner.c_str(), link.c_str()) || rename(aside.c_str(), inner.c_str()));
    }
  });
  std::string followed;
  for (int i = 0; i < 10'000; ++i) {
    const absl::StatusOr<std::unique_ptr<RandomAccessFile>> file =
        env_->NewRandomAccessFile(inner + "/secret");
    if (!file.ok()) continue;
    char got[4];
    if ((*file)->ReadExactly(0, 4, got).ok() && got[0] != 'o') followed.assign(got, 4);
  }
  done.store(true);
  swapper.join();
  EXPECT_EQ(followed, "");
}

TEST_F(FolderEnvTest, OrdinaryFilesOnly) {
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const bool has_reader : {false, true}) {  // Neither call may wait for the other end.
    const int reader = has_reader ? open(pipe.c_str(), O_RDONLY | O_NONBLOCK) : -1;
    EXPECT_FALSE(env_->NewRandomAccessFile(pipe).ok());
    EXPECT_FALSE(env_->NewWritableFile(pipe).ok());
    EXPECT_FALSE(env_->NewAppendableFile(pipe).ok());
    if (has_reader) close(reader);
  }
  EXPECT_FALSE(env_->NewRandomAccessFile(folder_).ok());
  const std::unique_ptr<Env> devices = NewFolderEnv(PosixEnv(), "/dev");
  EXPECT_TRUE(absl::IsFailedPrecondition(devices->NewRandomAccessFile("/dev/zero").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(devices->NewWritableFile("/dev/null").status()));
}

}  // namespace
}  // namespace weir
