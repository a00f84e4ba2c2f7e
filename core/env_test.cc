#include "weir/core/env.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"

namespace weir {
namespace {

class EnvTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = absl::StrCat(::testing::TempDir(), "env_", env_.Random64());
    ASSERT_TRUE(env_.CreateDirectory(dir_).ok());
  }
  void TearDown() override {
    const std::vector<std::string> names = env_.ListDirectory(dir_).value();
    for (const std::string& name : names) {
      (void)env_.DeleteFile(Path(name));
    }
    EXPECT_TRUE(env_.DeleteDirectory(dir_).ok());
  }
  std::string Path(const std::string& name) const { return JoinPath(dir_, name); }

  Env& env_ = PosixEnv();
  std::string dir_;
};

TEST_F(EnvTest, WritesAndReads) {
  const std::string big(200000, 'x');
  auto file = env_.NewWritableFile(Path("f"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Append("ab").ok());
  EXPECT_TRUE((*file)->Append(big).ok());
  EXPECT_TRUE((*file)->Append("cd").ok());
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_EQ(env_.FileSize(Path("f")).value(), big.size() + 4);
  EXPECT_EQ(env_.ReadFileToString(Path("f")).value(), "ab" + big + "cd");

  auto read = env_.NewRandomAccessFile(Path("f"));
  ASSERT_TRUE(read.ok());
  char out[4];
  EXPECT_EQ((*read)->Read(big.size() + 2, 4, out).value(), 2u);
  EXPECT_EQ(std::string(out, 2), "cd");
  EXPECT_EQ((*read)->Read(UINT64_MAX - 1, 4, out).value(), 0u);
  EXPECT_TRUE((*read)->ReadExactly(0, 4, out).ok());
  const absl::Status status = (*read)->ReadExactly(big.size() + 2, 4, out);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_NE(status.message().find(Path("f")), absl::string_view::npos);
}

TEST_F(EnvTest, AClosedFileRefusesData) {
  auto file = env_.NewWritableFile(Path("f"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_TRUE((*file)->Append("late").ok());  // Only gathered.
  EXPECT_FALSE((*file)->Flush().ok());
}

TEST_F(EnvTest, Appends) {
  for (const char* part : {"one", "two"}) {
    auto file = env_.NewAppendableFile(Path("log"));
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE((*file)->Append(part).ok());
    EXPECT_TRUE((*file)->Flush().ok());
  }
  EXPECT_EQ(env_.ReadFileToString(Path("log")).value(), "onetwo");
}

TEST_F(EnvTest, ErrorsNamePathAndReason) {
  const auto missing = env_.NewRandomAccessFile(Path("none"));
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_EQ(missing.status().message(),
            absl::StrCat("cannot open '", Path("none"), "': No such file or directory"));
  EXPECT_TRUE(absl::IsNotFound(env_.FileSize(Path("none")).status()));
  EXPECT_TRUE(absl::IsNotFound(env_.ListDirectory(Path("none")).status()));
  EXPECT_TRUE(absl::IsNotFound(env_.DeleteFile(Path("none"))));
  EXPECT_TRUE(absl::IsNotFound(env_.CreateDirectory(Path("none/below"))));
  EXPECT_TRUE(absl::IsAlreadyExists(env_.CreateDirectory(dir_)));
  EXPECT_FALSE(env_.FileSize(dir_).ok());
  EXPECT_FALSE(env_.ReadFileToString(dir_).ok());
}

TEST_F(EnvTest, ReadingHonoursTheLimit) {
  ASSERT_TRUE(env_.AtomicWriteFile(Path("f"), "12345").ok());
  EXPECT_TRUE(env_.ReadFileToString(Path("f"), 5).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(env_.ReadFileToString(Path("f"), 4).status()));
}

TEST_F(EnvTest, FilesOfUnknownSizeAreReadToTheEnd) {
  EXPECT_FALSE(env_.ReadFileToString("/proc/self/status").value().empty());
}

TEST_F(EnvTest, ListsSortedNames) {
  for (const char* name : {"b", "a", "c"}) {
    ASSERT_TRUE(env_.AtomicWriteFile(Path(name), "").ok());
  }
  EXPECT_EQ(env_.ListDirectory(dir_).value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(env_.FileExists(Path("a")));
  EXPECT_FALSE(env_.FileExists(Path("d")));
  EXPECT_TRUE(env_.IsDirectory(dir_));
  EXPECT_FALSE(env_.IsDirectory(Path("a")));
}

TEST_F(EnvTest, AtomicWriteReplacesAndLeavesNothingBehind) {
  ASSERT_TRUE(env_.AtomicWriteFile(Path("f"), "old").ok());
  ASSERT_TRUE(env_.AtomicWriteFile(Path("f"), "new").ok());
  EXPECT_EQ(env_.ReadFileToString(Path("f")).value(), "new");
  EXPECT_EQ(env_.ListDirectory(dir_).value().size(), 1u);
  EXPECT_FALSE(env_.AtomicWriteFile(Path("none/f"), "x").ok());
  const absl::Status status = env_.AtomicWriteFile(Path("f"), [](WritableFile& file) {
    EXPECT_TRUE(file.Append("half").ok());
    return DataLoss("no more");
  });
  EXPECT_EQ(status.message(), "no more");
  EXPECT_EQ(env_.ReadFileToString(Path("f")).value(), "new");
  EXPECT_EQ(env_.ListDirectory(dir_).value().size(), 1u);
}

TEST_F(EnvTest, AtomicWriteLeavesDevicesAndPipesInTheirPlace) {
  const std::string pipe = Path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_TRUE(env_.AtomicWriteFile(pipe, "text").ok());
  char got[8];
  EXPECT_EQ(read(reader, got, sizeof(got)), 4);
  close(reader);
  EXPECT_FALSE(env_.IsOrdinaryFile(pipe));
  EXPECT_EQ(env_.ListDirectory(dir_).value().size(), 1u);
  EXPECT_TRUE(absl::IsResourceExhausted(env_.AtomicWriteFile("/dev/full", "x")));
  EXPECT_FALSE(env_.IsOrdinaryFile("/dev/full"));
}

TEST_F(EnvTest, OnlyOrdinaryFilesAreOpenedForReading) {
  const std::string pipe = Path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  // Without waiting for someone who writes.
  const absl::Status status = env_.NewRandomAccessFile(pipe).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(status.message(), absl::StrCat("cannot open '", pipe, "': not an ordinary file"));
  EXPECT_FALSE(env_.NewRandomAccessFile("/dev/zero").ok());
  EXPECT_FALSE(env_.NewRandomAccessFile(dir_).ok());
}

TEST_F(EnvTest, CreatesMissingDirectories) {
  EXPECT_TRUE(env_.CreateDirectories(Path("x/y/z")).ok());
  EXPECT_TRUE(env_.CreateDirectories(Path("x/y/z/")).ok());
  EXPECT_TRUE(env_.IsDirectory(Path("x/y/z")));
  EXPECT_FALSE(env_.DeleteDirectory(Path("x")).ok());  // Not empty.
  for (const char* name : {"x/y/z", "x/y", "x"}) {
    EXPECT_TRUE(env_.DeleteDirectory(Path(name)).ok());
  }
}

TEST_F(EnvTest, ClockAndRandomness) {
  EXPECT_GT(env_.NowMicros(), int64_t{1600000000} * 1000000);
  EXPECT_NE(env_.Random64(), env_.Random64());
  EXPECT_FALSE(env_.HostName().empty());
}

TEST(Path, Parts) {
  EXPECT_EQ(JoinPath("a/b", "c"), "a/b/c");
  EXPECT_EQ(JoinPath("a/", "c"), "a/c");
  EXPECT_EQ(JoinPath("", "c"), "c");
  EXPECT_EQ(JoinPath("a", "/c"), "/c");
  EXPECT_EQ(DirectoryOf("a/b/c"), "a/b");
  EXPECT_EQ(DirectoryOf("c"), ".");
  EXPECT_EQ(DirectoryOf("/c"), "/");
  EXPECT_EQ(DirectoryOf("a/b/"), "a");
  EXPECT_EQ(BaseName("a/b/c"), "c");
  EXPECT_EQ(BaseName("c"), "c");
  EXPECT_EQ(BaseName("/c/"), "c");
  EXPECT_EQ(BaseName("/"), "/");
}

}  // namespace
}  // namespace weir
