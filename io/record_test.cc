#include "weir/io/record.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "weir/core/crc32c.h"
#include "weir/io/coding.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

constexpr char kPath[] = "/records";

using Records = std::vector<std::string>;

void Write(MemoryEnv& env, const Records& records, Compression compression = Compression::kNone) {
  RecordWriter writer(env.NewWritableFile(kPath).value(), compression);
  for (const std::string& record : records) ASSERT_TRUE(writer.Write(record).ok());
  ASSERT_TRUE(writer.Close().ok());
}

// All records up to the first error, and that error.
std::pair<Records, absl::Status> Read(MemoryEnv& env,
                                      Compression compression = Compression::kNone) {
  auto reader = RecordReader::Open(env, kPath, compression).value();
  Records records;
  for (std::string record;;) {
    const absl::Status status = reader->Read(&record);
    if (!status.ok()) return {records, status};
    records.push_back(record);
  }
}

TEST(Record, GoldenBytes) {
  MemoryEnv env;
  Write(env, {"", "hello"});
  EXPECT_EQ(absl::BytesToHexString(env.Content(kPath)),
            "0000000000000000"
            "29039807"
            "d8ea82a2"
            "0500000000000000"
            "eab2043e"
            "68656c6c6f"
            "bb1f1c19");
}

TEST(Record, ComesBackWithEveryCompression) {
  Records records = {"", "a", std::string(1000, 'x'), std::string("\0\xff", 2)};
  std::string noise;
  for (uint32_t i = 0; i < 700000; ++i) noise.push_back(static_cast<char>((i * 2654435761u) >> 24));
  records.push_back(noise);
  records.push_back("last");
  for (const char* name : {"", "ZLIB", "GZIP"}) {
    MemoryEnv env;
    const Compression compression = RecordCompression(name).value();
    Write(env, records, compression);
    const auto [read, status] = Read(env, compression);
    EXPECT_EQ(read, records) << name;
    EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  }
  EXPECT_FALSE(RecordCompression("zip").ok());
}

TEST(Record, EmptyFiles) {
  for (const Compression compression :
       {Compression::kNone, Compression::kZlib, Compression::kGzip}) {
    MemoryEnv env;
    Write(env, {}, compression);
    const auto [read, status] = Read(env, compression);
    EXPECT_TRUE(read.empty());
    EXPECT_TRUE(absl::IsOutOfRange(status));
  }
}

TEST(Record, FlushedRecordsCanBeReadBeforeTheEnd) {
  for (const Compression compression : {Compression::kNone, Compression::kZlib}) {
    MemoryEnv env;
    RecordWriter writer(env.NewWritableFile(kPath).value(), compression);
    ASSERT_TRUE(writer.Write("one").ok());
    ASSERT_TRUE(writer.Flush().ok());
    EXPECT_EQ(Read(env, compression).first, Records{"one"});
  }
}

TEST(Record, CutFilesGiveTheWholeRecords) {
  MemoryEnv env;
  Write(env, {"ab", "cde"});
  const std::string whole = env.Content(kPath);
  for (size_t size = 0; size < whole.size(); ++size) {
    env.SetContent(kPath, whole.substr(0, size));
    const auto [read, status] = Read(env);
    EXPECT_EQ(read.size(), size < 18 ? 0u : 1u);
    if (size == 0 || size == 18) {
      EXPECT_TRUE(absl::IsOutOfRange(status));
    } else {
      EXPECT_EQ(status, DataLoss("'/records': truncated record at ", size < 18 ? 0 : 18));
    }
  }
}

TEST(Record, EveryFlippedBitIsFound) {
  MemoryEnv env;
  Write(env, {"ab", "cde"});
  const std::string whole = env.Content(kPath);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    env.SetContent(kPath, damaged);
    const auto [read, status] = Read(env);
    EXPECT_EQ(read.size(), bit / 8 < 18 ? 0u : 1u);
    EXPECT_EQ(status, DataLoss("'/records': corrupted record at ", bit / 8 < 18 ? 0 : 18));
  }
}

TEST(Record, FalseLengthsTakeNoMemory) {
  for (const uint64_t length : {uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 4}) {
    std::string header;
    AppendInt(length, &header);
    AppendInt(MaskCrc(Crc32c(header)), &header);
    MemoryEnv env;
    env.SetContent(kPath, header + "data");
    EXPECT_EQ(Read(env).second, DataLoss("'/records': truncated record at 0"));
  }
}

TEST(Record, DamagedCompressedFilesEndInAnError) {
  for (const Compression compression : {Compression::kZlib, Compression::kGzip}) {
    MemoryEnv env;
    Write(env, {"ab", std::string(300, 'x'), "cde"}, compression);
    const std::string whole = env.Content(kPath);
    for (size_t size = 0; size < whole.size(); ++size) {
      env.SetContent(kPath, whole.substr(0, size));
      EXPECT_FALSE(absl::IsOutOfRange(Read(env, compression).second)) << size;
    }
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string damaged = whole;
      damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      env.SetContent(kPath, damaged);
      const auto [read, status] = Read(env, compression);
      EXPECT_TRUE(absl::IsDataLoss(status) || read.size() == 3) << status;
    }
  }
}

TEST(Record, ConcatenatedGzipMembersAreOneStream) {
  MemoryEnv env;
  Write(env, {"one"}, Compression::kGzip);
  const std::string first = env.Content(kPath);
  Write(env, {"two"}, Compression::kGzip);
  env.SetContent(kPath, first + env.Content(kPath));
  EXPECT_EQ(Read(env, Compression::kGzip).first, (Records{"one", "two"}));
}

TEST(Record, ErrorsStay) {
  MemoryEnv env;
  env.SetContent(kPath, "short");
  auto reader = RecordReader::Open(env, kPath).value();
  std::string record;
  const absl::Status status = reader->Read(&record);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_EQ(reader->Read(&record), status);
  EXPECT_TRUE(absl::IsNotFound(RecordReader::Open(env, "/none").status()));
}

TEST(Record, WriteErrorsAreReported) {
  for (const Compression compression : {Compression::kNone, Compression::kZlib}) {
    MemoryEnv env;
    RecordWriter writer(env.NewWritableFile(kPath).value(), compression);
    env.FailAfter(0, /*forever=*/true);
    const absl::Status written = writer.Write("data");
    const absl::Status closed = writer.Close();
    EXPECT_TRUE(absl::IsResourceExhausted(closed) || absl::IsResourceExhausted(written));
  }
}

}  // namespace
}  // namespace weir
