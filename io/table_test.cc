#include "weir/io/table.h"

#include <snappy.h>

#include <map>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "weir/core/crc32c.h"
#include "weir/io/coding.h"
#include "weir/io/table_format.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

using Entries = std::map<std::string, std::string>;

constexpr char kPath[] = "/t";

void WriteTable(MemoryEnv& env, const Entries& entries) {
  auto file = env.NewWritableFile(kPath);
  TableBuilder builder(**file);
  for (const auto& [key, value] : entries) ASSERT_TRUE(builder.Add(key, value).ok());
  ASSERT_TRUE(builder.Finish().ok());
}

// All entries; the first error of opening or reading otherwise.
absl::StatusOr<Entries> ReadTable(MemoryEnv& env) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Table> table, Table::Open(env, kPath));
  Entries entries;
  std::string last;
  Table::Iterator it(table);
  RETURN_IF_ERROR(it.SeekToFirst());
  while (it.valid()) {
    EXPECT_TRUE(entries.empty() || last < it.key());
    last = std::string(it.key());
    entries.emplace(last, it.value());
    RETURN_IF_ERROR(it.Next());
  }
  return entries;
}

std::string Block(std::string contents, TableBlockType type) {
  contents.push_back(static_cast<char>(type));
  const uint32_t crc = MaskCrc(Crc32c(contents));
  AppendInt(crc, &contents);
  return contents;
}

// A table file of one data block and an index, whose blocks are stored as `type` says.
std::string OneBlockTable(const std::string& data, TableBlockType type = kTableBlockPlain) {
  const auto stored = [&](const std::string& contents) {
    std::string packed = contents;
    if (type == kTableBlockSnappy) snappy::Compress(contents.data(), contents.size(), &packed);
    return Block(packed, type);
  };
  const std::string data_block = stored(data);
  std::string handle;
  AppendVarint(0, &handle);
  AppendVarint(data_block.size() - kTableTrailerBytes, &handle);
  TableBlockBuilder index(1);
  index.Add("\xff", handle);
  const std::string index_block = stored(index.Finish());
  std::string file = data_block + index_block;
  std::string footer;
  for (int i = 0; i < 2; ++i) {  // Some block must be the metaindex; nobody looks inside.
    AppendVarint(data_block.size(), &footer);
    AppendVarint(index_block.size() - kTableTrailerBytes, &footer);
  }
  footer.resize(kTableFooterBytes - 8);
  AppendInt(kTableMagic, &footer);
  return file + footer;
}

TEST(Table, GoldenBytes) {
  MemoryEnv env;
  WriteTable(env, {{"", std::string(absl::HexStringToBytes("08011a020801"))},
                   {"v", std::string(absl::HexStringToBytes("0801120412020802280835593ce535"))}});
  std::string golden = absl::HexStringToBytes(
      "00000608011a02080100010f760801120412020802280835593ce535000000000100000000305593580000000001"
      "00000000c0f2a1b00001027700240000000001000000009460b2cd2908360e");
  golden.resize(113);
  golden += absl::HexStringToBytes("57fb808b247547db");
  EXPECT_EQ(absl::BytesToHexString(env.Content(kPath)), absl::BytesToHexString(golden));
}

TEST(Table, EmptyTable) {
  MemoryEnv env;
  WriteTable(env, {});
  EXPECT_EQ(ReadTable(env).value(), Entries());
  const auto table = Table::Open(env, kPath).value();
  EXPECT_TRUE(absl::IsNotFound(Table::Find(table, "x").status()));
}

TEST(Table, ManyBlocks) {
  Entries entries;
  for (int i = 0; i < 5000; ++i) {
    entries[absl::StrCat("layer_", i % 70, "/weights_", i)] =
        std::string(200 + i % 300, 'a' + i % 26);
  }
  entries["big"] = std::string(700000, 'x');
  entries[std::string("\xff\xff", 2)] = "last";
  MemoryEnv env;
  WriteTable(env, entries);
  EXPECT_EQ(ReadTable(env).value(), entries);

  const auto table = Table::Open(env, kPath).value();
  for (const auto& [key, value] : entries) {
    EXPECT_EQ(Table::Find(table, key).value(), value);
    EXPECT_TRUE(absl::IsNotFound(Table::Find(table, key + "~").status()));
    Table::Iterator it(table);
    ASSERT_TRUE(it.Seek(key + '\0').ok());
    const auto next = entries.upper_bound(key);
    ASSERT_EQ(it.valid(), next != entries.end());
    if (it.valid()) {
      EXPECT_EQ(it.key(), next->first);
    }
  }
}

TEST(Table, KeysMustIncrease) {
  MemoryEnv env;
  auto file = env.NewWritableFile(kPath);
  TableBuilder builder(**file);
  EXPECT_TRUE(builder.Add("b", "").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(builder.Add("b", "")));
  EXPECT_FALSE(builder.Finish().ok());
}

TEST(Table, NothingFollowsFinish) {
  MemoryEnv env;
  auto file = env.NewWritableFile(kPath);
  TableBuilder builder(**file);
  EXPECT_TRUE(builder.Finish().ok());
  EXPECT_FALSE(builder.Add("b", "").ok());
  EXPECT_FALSE(builder.Finish().ok());
}

TEST(Table, WriteErrorsAreReported) {
  for (int n = 0; n < 4; ++n) {
    MemoryEnv env;
    auto file = env.NewWritableFile(kPath);
    env.FailAfter(n);
    TableBuilder builder(**file);
    EXPECT_TRUE(builder.Add("b", "").ok());
    EXPECT_TRUE(absl::IsResourceExhausted(builder.Finish()));
    EXPECT_FALSE(builder.Finish().ok());
  }
}

TEST(Table, SnappyBlocksAreRead) {
  TableBlockBuilder data(16);
  Entries entries;
  for (int i = 100; i < 200; ++i) {
    entries[absl::StrCat("key", i)] = std::string(50, 'v');
    data.Add(absl::StrCat("key", i), entries[absl::StrCat("key", i)]);
  }
  MemoryEnv env;
  env.SetContent(kPath, OneBlockTable(data.Finish(), kTableBlockSnappy));
  EXPECT_EQ(ReadTable(env).value(), entries);
}

TEST(Table, FalseSnappySizesAreRefusedBeforeMemoryIsTaken) {
  std::string claim;
  AppendVarint(0xfffffff0u, &claim);
  std::string file = Block(claim + "abc", kTableBlockSnappy);
  std::string footer;
  for (const uint64_t v : {uint64_t{0}, uint64_t{0}, uint64_t{0}, uint64_t{claim.size() + 3}}) {
    AppendVarint(v, &footer);
  }
  footer.resize(kTableFooterBytes - 8);
  AppendInt(kTableMagic, &footer);
  MemoryEnv env;
  env.SetContent(kPath, file + footer);
  const absl::Status status = ReadTable(env).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_EQ(status.message(), "'/t' at byte 0: corrupted compressed block contents");
}

TEST(Table, CraftedBlocks) {
  const auto entry = [](uint32_t shared, std::string key, std::string value) {
    std::string out;
    AppendVarint(shared, &out);
    AppendVarint(key.size(), &out);
    AppendVarint(value.size(), &out);
    return out + key + value;
  };
  const auto block = [](std::string entries, std::vector<uint32_t> restarts) {
    for (const uint32_t r : restarts) AppendInt(r, &entries);
    AppendInt(static_cast<uint32_t>(restarts.size()), &entries);
    return entries;
  };
  std::string cut;
  AppendVarint(0, &cut);
  AppendVarint(200, &cut);
  AppendVarint(0xffffffffu, &cut);
  const std::string cases[] = {
      "",                                                           // no tail
      std::string(4, '\xff'),                                       // no restart
      block("", {}),                                                // count 0
      std::string(4, '\0') + std::string(4, '\xff'),                // count beyond the block
      block(cut, {0}),                                              // entry leaves the block
      block(entry(1, "a", ""), {0}),                                // shares with nothing
      block(entry(0, "b", "") + entry(0, "a", ""), {0}),            // order
      block(entry(0, "b", "") + entry(1, "", ""), {0}),             // duplicate
      block(entry(0, "a", "") + entry(1, "b", ""), {0, 4, 99, 7}),  // restarts at odd places
  };
  for (const std::string& data : cases) {
    MemoryEnv env;
    env.SetContent(kPath, OneBlockTable(data));
    const auto table = Table::Open(env, kPath).value();
    Table::Iterator it(table);
    absl::Status status = it.SeekToFirst();
    while (status.ok() && it.valid()) status = it.Next();
    const absl::Status sought = it.Seek("zzz");
    EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsDataLoss(sought));
  }
}

TEST(Table, EveryCutIsAnError) {
  MemoryEnv env;
  WriteTable(env, {{"", "header"}, {"a", "1"}, {"ab", "2"}, {"b", std::string(100, 'x')}});
  const std::string whole = env.Content(kPath);
  for (size_t size = 0; size < whole.size(); ++size) {
    env.SetContent(kPath, whole.substr(0, size));
    EXPECT_TRUE(absl::IsDataLoss(ReadTable(env).status())) << size;
  }
}

TEST(Table, EveryFlippedBitIsAnError) {
  MemoryEnv env;
  const Entries entries = {{"", "header"}, {"a", "1"}, {"ab", "2"}, {"b", std::string(100, 'x')}};
  WriteTable(env, entries);
  const std::string whole = env.Content(kPath);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    env.SetContent(kPath, damaged);
    const absl::Status status = ReadTable(env).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << bit;
    EXPECT_NE(status.message().find(kPath), absl::string_view::npos);
  }
}

}  // namespace
}  // namespace weir
