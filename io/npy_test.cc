#include "weir/io/npy.h"

#include <sys/resource.h>

#include <functional>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "weir/io/npy_format.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

constexpr char kPath[] = "/a.npy";

// An array file of version 1 with this dictionary.
std::string Npy(const std::string& dictionary, const std::string& data) {
  std::string file = "\x93NUMPY\x01";
  file.push_back('\0');
  file.push_back(static_cast<char>(dictionary.size()));
  file.push_back('\0');
  return file + dictionary + data;
}

absl::StatusOr<Tensor> Read(const std::string& content) {
  MemoryEnv env;
  env.SetContent(kPath, content);
  return ReadNpy(env, kPath);
}

bool Same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DT_STRING) return a.values<std::string>() == b.values<std::string>();
  return absl::string_view(a.raw_data(), a.bytes()) == absl::string_view(b.raw_data(), b.bytes());
}

TEST(Npy, GoldenBytes) {
  MemoryEnv env;
  ASSERT_TRUE(WriteNpy(env, kPath, Tensor::Of<float>({2, 3}, {0, 1, 2, 3, 4, 5})).ok());
  std::string golden("\x93NUMPY\x01\x00v\x00", 10);
  golden += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  golden.resize(127, ' ');
  golden += "\n";
  for (const char* v : {"00000000", "0000803f", "00000040", "00004040", "00008040", "0000a040"}) {
    golden += absl::HexStringToBytes(v);
  }
  EXPECT_EQ(absl::CHexEscape(env.Content(kPath)), absl::CHexEscape(golden));
}

TEST(Npy, HeadersAreNumPys) {
  MemoryEnv env;
  const auto header = [&](const Tensor& tensor) {
    EXPECT_TRUE(WriteNpy(env, kPath, tensor).ok());
    const std::string content = env.Content(kPath);
    return content.substr(10, content.find('}') - 9);
  };
  EXPECT_EQ(header(Tensor::Scalar(3.0)), "{'descr': '<f8', 'fortran_order': False, 'shape': (), }");
  EXPECT_EQ(header(Tensor::Vector<bool>({true, false})),
            "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }");
  EXPECT_EQ(header(Tensor::Vector<std::string>({"ab", "c"})),
            "{'descr': '|S2', 'fortran_order': False, 'shape': (2,), }");
}

TEST(Npy, AllTypesComeBack) {
  MemoryEnv env;
  for (int type = 1; type <= DT_UINT64; ++type) {
    const DataType dtype = static_cast<DataType>(type);
    if (!IsPlainType(dtype)) continue;
    for (const Shape& shape : {Shape(), Shape({3}), Shape({2, 0, 3}), Shape({2, 3, 2})}) {
      Tensor tensor = Tensor::Make(dtype, shape).value();
      for (size_t i = 0; i < tensor.bytes(); ++i) tensor.mutable_raw_data()[i] = i % 2;
      ASSERT_TRUE(WriteNpy(env, kPath, tensor).ok());
      const Tensor read = ReadNpy(env, kPath).value();
      EXPECT_TRUE(IsQuantizedType(dtype) || read.dtype() == dtype) << DataTypeName(dtype);
      EXPECT_TRUE(Same(read.Reinterpreted(dtype, read.shape()), tensor)) << DataTypeName(dtype);
    }
  }
  const Tensor text = Tensor::Of<std::string>({2, 2}, {"ab", "", "cde", std::string("\0x", 2)});
  ASSERT_TRUE(WriteNpy(env, kPath, text).ok());
  EXPECT_TRUE(Same(ReadNpy(env, kPath).value(), text));
  EXPECT_FALSE(WriteNpy(env, kPath, Tensor::Scalar(std::string("a\0", 2))).ok());
  EXPECT_FALSE(WriteNpy(env, kPath, Tensor::Make(DT_RESOURCE, {}).value()).ok());
}

TEST(Npy, OtherLayoutsAreRead) {
  const Tensor matrix = Tensor::Of<int16_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  const std::string row_major("\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06", 12);
  const std::string column_major("\x00\x01\x00\x04\x00\x02\x00\x05\x00\x03\x00\x06", 12);
  EXPECT_TRUE(Same(
      Read(Npy("{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }", row_major)).value(),
      matrix));
  EXPECT_TRUE(
      Same(Read(Npy("{\"shape\":(2L,3L),\"fortran_order\":True,\"descr\":\">i2\"}\n", column_major))
               .value(),
           matrix));
  EXPECT_TRUE(Same(Read(Npy("{'descr': '|S2', 'fortran_order': True, 'shape': (2, 2)}",
                            std::string("a\0b\0c\0d\0", 8)))
                       .value(),
                   Tensor::Of<std::string>({2, 2}, {"a", "c", "b", "d"})));
  std::string version2 = Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "\x07");
  version2[6] = 2;
  version2.insert(10, 2, '\0');
  EXPECT_TRUE(Same(Read(version2).value(), Tensor::Vector<uint8_t>({7})));
  EXPECT_TRUE(
      *Read(Npy("{'descr': '?', 'fortran_order': False, 'shape': ()}", "\x02"))->data<bool>());
}

TEST(Npy, WhatHasNoCounterpartIsNamed) {
  for (const char* descr : {"<U3", "|O", "<M8[ns]", "<f16", "x", "", "<", "|S", "|S-1", "|V3"}) {
    const absl::Status status =
        Read(Npy(absl::StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (1,)}"),
                 std::string(64, '\0')))
            .status();
    EXPECT_TRUE(absl::IsUnimplemented(status)) << descr << status;
    EXPECT_NE(status.message().find(kPath), absl::string_view::npos);
  }
}

TEST(Npy, BadHeaders) {
  for (const char* dictionary :
       {"",
        "{",
        "}",
        "{}",
        "[]",
        "{'descr': '<f4'}",
        "{'descr': '<f4', 'descr': '<f4'}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'other': 1, 'shape': ()}",
        "{'descr: '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,)}",
        "{'descr': '|S0', 'fortran_order': False, 'shape': (1000000000000,)}"}) {
    EXPECT_TRUE(absl::IsDataLoss(Read(Npy(dictionary, "1234")).status())) << dictionary;
  }
}

TEST(Npy, WideStringsTakeMemoryOnlyAsTheyArrive) {
  const auto peak_kilobytes = [] {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const auto wide = [](const char* shape) {
    return Npy(
        absl::StrCat("{'descr': '|S2147483647', 'fortran_order': False, 'shape': ", shape, "}"),
        "data");
  };
  const long before = peak_kilobytes();
  EXPECT_TRUE(Same(Read(wide("(0,)")).value(), Tensor::Vector<std::string>({})));
  EXPECT_TRUE(absl::IsDataLoss(Read(wide("(1,)")).status()));
  MemoryEnv env;
  env.SetContent(kPath, wide("()"));
  const auto file = env.NewRandomAccessFile(kPath).value();
  FileStream in(*file);  // An archive's member may claim to unpack to more than there is.
  EXPECT_TRUE(absl::IsDataLoss(ReadNpyArray(in, uint64_t{1} << 40).status()));
  EXPECT_LT(peak_kilobytes() - before, 100'000);
}

TEST(Npy, EveryCutIsAnErrorAndEveryFlippedBitHarmless) {
  MemoryEnv env;
  ASSERT_TRUE(WriteNpy(env, kPath, Tensor::Of<int32_t>({2, 2}, {1, 2, 3, 4})).ok());
  const std::string whole = env.Content(kPath);
  for (size_t size = 0; size < whole.size(); ++size) {
    const absl::Status status = Read(whole.substr(0, size)).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << size;
    EXPECT_NE(status.message().find(kPath), absl::string_view::npos) << status;
  }
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    (void)Read(damaged);  // Must only end: the format has no checksum.
  }
}

TEST(Npy, FailedWritesLeaveTheOlderFile) {
  const Tensor old = Tensor::Scalar(1.5f), longer = Tensor::Zeros(DT_FLOAT, Shape({100})).value();
  const std::vector<std::function<absl::Status(Env&, const Tensor&)>> writers = {
      [](Env& env, const Tensor& tensor) { return WriteNpy(env, kPath, tensor); },
      [](Env& env, const Tensor& tensor) { return WriteNpz(env, kPath, {{"a", tensor}}); },
  };
  for (const auto& write : writers) {
    int failures = 0;
    for (int n = 0;; ++n) {
      MemoryEnv env;
      ASSERT_TRUE(write(env, old).ok());
      const std::string before = env.Content(kPath);
      env.FailAfter(n);
      const absl::Status status = write(env, longer);
      EXPECT_EQ(env.Files(), std::vector<std::string>{kPath}) << n;
      if (status.ok()) break;
      ++failures;
      EXPECT_NE(status.message().find("No space left"), absl::string_view::npos) << status;
      // Syncing the directory, the last step, comes when the new file has its name.
      EXPECT_TRUE(env.Content(kPath) == before || env.Content(kPath).size() > 400) << n;
    }
    EXPECT_GE(failures, 5);  // Creating, writing, syncing, closing, renaming.
  }
  MemoryEnv env;
  ASSERT_TRUE(WriteNpy(env, kPath, old).ok());
  EXPECT_FALSE(WriteNpz(env, kPath, {{"a", old}, {"a", old}}).ok());
  EXPECT_TRUE(Same(ReadNpy(env, kPath).value(), old));
}

// --- Archives ---

const NamedTensors& Arrays() {
  static const NamedTensors* const arrays =
      new NamedTensors{{"w", Tensor::Of<float>({2, 2}, {1, 2, 3, 4})},
                       {"scope/b", Tensor::Vector<int64_t>({5})},
                       {"s", Tensor::Vector<std::string>({"ab", "c"})}};
  return *arrays;
}

void ExpectSame(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_TRUE(Same(a[i].second, b[i].second));
  }
}

TEST(Npz, ComesBack) {
  MemoryEnv env;
  ASSERT_TRUE(WriteNpz(env, kPath, Arrays()).ok());
  ExpectSame(ReadNpz(env, kPath).value(), Arrays());
  ASSERT_TRUE(WriteNpz(env, kPath, {}).ok());
  EXPECT_TRUE(ReadNpz(env, kPath).value().empty());
  const NamedTensors twice = {{"a", Tensor::Scalar(1)}, {"a", Tensor::Scalar(2)}};
  EXPECT_TRUE(absl::IsInvalidArgument(WriteNpz(env, kPath, twice)));
}

// What numpy.savez_compressed(a=int32 [0, 1, 2], b=100 float64 zeros) writes: deflated members
// whose local headers have their sizes in the 64-bit extra field.
constexpr char kCompressedByNumPy[] =
    "504b03042d00000008000000210002ecbda9ffffffffffffffff05001400612e6e7079010010008c0000000000"
    "00004c000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a2aea3a09e965f54529498"
    "179f5f94920a12774bcc294e058a17672416a402f91ac63a9a3a0ab50a14002e062060046226200600504b0304"
    "2d0000000800000021007c7d9d1affffffffffffffff05001400622e6e707901001000a0030000000000004e00"
    "0000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e965f54529498179f5f94"
    "920a12774bcc294e058a17672416a402f91a8606063a9a3a0ab50a64032e8651300a46014e0000504b01022d03"
    "2d00000008000000210002ecbda94c0000008c000000050000000000000000000000800100000000612e6e7079"
    "504b01022d032d0000000800000021007c7d9d1a4e000000a00300000500000000000000000000008001830000"
    "00622e6e7079504b0506000000000200020066000000080100000000";

TEST(Npz, CompressedArchivesAreRead) {
  MemoryEnv env;
  const std::string whole = absl::HexStringToBytes(kCompressedByNumPy);
  env.SetContent(kPath, whole);
  const NamedTensors expected = {{"a", Tensor::Vector<int32_t>({0, 1, 2})},
                                 {"b", Tensor::Zeros(DT_DOUBLE, Shape({100})).value()}};
  ExpectSame(ReadNpz(env, kPath).value(), expected);
  env.SetContent(kPath, whole + "a comment");  // Its length is not checked.
  ExpectSame(ReadNpz(env, kPath).value(), expected);
}

TEST(Npz, DamageIsFound) {
  MemoryEnv env;
  ASSERT_TRUE(WriteNpz(env, kPath, Arrays()).ok());
  for (const std::string& whole :
       {env.Content(kPath), absl::HexStringToBytes(kCompressedByNumPy)}) {
    env.SetContent(kPath, whole);
    const NamedTensors expected = ReadNpz(env, kPath).value();
    for (size_t size = 0; size < whole.size(); ++size) {
      env.SetContent(kPath, whole.substr(0, size));
      EXPECT_TRUE(absl::IsDataLoss(ReadNpz(env, kPath).status())) << size;
    }
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string damaged = whole;
      damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      env.SetContent(kPath, damaged);
      const absl::StatusOr<NamedTensors> read = ReadNpz(env, kPath);
      if (!read.ok()) continue;
      // Names and counts have no checksum; arrays have.
      for (const auto& [name, tensor] : *read) {
        bool known = false;
        for (const auto& [other, original] : expected) known |= Same(tensor, original);
        EXPECT_TRUE(known) << bit;
      }
    }
  }
}

}  // namespace
}  // namespace weir
