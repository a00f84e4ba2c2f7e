#include "weir/io/tensor_bundle.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "weir/core/crc32c.h"
#include "weir/io/bundle_files.h"
#include "weir/io/coding.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

constexpr char kPrefix[] = "/model";
constexpr char kIndex[] = "/model.index";
constexpr char kData[] = "/model.data-00000-of-00001";

using Tensors = std::map<std::string, Tensor>;

absl::Status Save(Env& env, const Tensors& tensors, const std::string& prefix = kPrefix) {
  ASSIGN_OR_RETURN(const auto writer, BundleWriter::Create(env, prefix));
  for (const auto& [name, tensor] : tensors) RETURN_IF_ERROR(writer->Add(name, tensor));
  return writer->Finish();
}

absl::StatusOr<Tensors> Load(Env& env, const std::string& prefix = kPrefix) {
  ASSIGN_OR_RETURN(const auto reader, BundleReader::Open(env, prefix));
  ASSIGN_OR_RETURN(const auto infos, reader->List());
  Tensors tensors;
  for (const BundleReader::Info& info : infos) {
    ASSIGN_OR_RETURN(Tensor tensor, reader->Read(info.name));
    EXPECT_EQ(tensor.dtype(), info.dtype);
    EXPECT_EQ(tensor.shape(), info.shape);
    tensors.emplace(info.name, std::move(tensor));
  }
  return tensors;
}

bool Same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DT_STRING) return a.values<std::string>() == b.values<std::string>();
  return absl::string_view(a.raw_data(), a.bytes()) == absl::string_view(b.raw_data(), b.bytes());
}

void ExpectSame(const Tensors& a, const Tensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j) {
    EXPECT_EQ(i->first, j->first);
    EXPECT_TRUE(Same(i->second, j->second)) << i->first;
  }
}

Tensor Sequence(DataType dtype, const Shape& shape) {
  Tensor tensor = Tensor::Make(dtype, shape).value();
  for (size_t i = 0; i < tensor.bytes(); ++i) {
    tensor.mutable_raw_data()[i] = static_cast<char>(dtype == DT_BOOL ? i % 2 : i * 7 + 1);
  }
  return tensor;
}

Tensors SomeTensors() {
  Tensors tensors;
  for (int type = 1; type <= DT_UINT64; ++type) {
    const DataType dtype = static_cast<DataType>(type);
    if (!IsPlainType(dtype)) continue;
    tensors[DataTypeName(dtype)] = Sequence(dtype, Shape({2, 3}));
    tensors[DataTypeName(dtype) + "/empty"] = Sequence(dtype, Shape({0, 3}));
  }
  tensors["scalar"] = Tensor::Scalar(2.5f);
  tensors["text"] = Tensor::Of<std::string>(Shape({2, 2}), {"ab", "", std::string(1, '\0'), "c"});
  tensors["text/empty"] = Tensor::Make(DT_STRING, Shape({0})).value();
  tensors["text/long"] = Tensor::Scalar(std::string(100000, 'x'));
  return tensors;
}

TEST(TensorBundle, GoldenBytes) {
  MemoryEnv env;
  ASSERT_TRUE(Save(env, {{"v", Tensor::Vector<float>({1, 2})}}).ok());
  EXPECT_EQ(env.Files(), (std::vector<std::string>{kData, kIndex}));
  EXPECT_EQ(absl::BytesToHexString(env.Content(kData)), "0000803f00000040");
  std::string golden = absl::HexStringToBytes(
      "00000608011a02080100010f760801120412020802280835593ce535000000000100000000305593580000000001"
      "00000000c0f2a1b00001027700240000000001000000009460b2cd2908360e");
  golden.resize(113);
  golden += absl::HexStringToBytes("57fb808b247547db");
  EXPECT_EQ(absl::BytesToHexString(env.Content(kIndex)), absl::BytesToHexString(golden));
}

TEST(TensorBundle, GoldenStrings) {
  MemoryEnv env;
  ASSERT_TRUE(Save(env, {{"s", Tensor::Vector<std::string>({"ab", "c"})}}).ok());
  EXPECT_EQ(absl::BytesToHexString(env.Content(kData)), "020103717c67616263");
  const std::string index = env.Content(kIndex);
  std::string crc;
  AppendInt(uint32_t{0x5fd830d5}, &crc);
  EXPECT_NE(index.find(crc), std::string::npos);
}

TEST(TensorBundle, AllTypesComeBack) {
  MemoryEnv env;
  const Tensors tensors = SomeTensors();
  ASSERT_TRUE(Save(env, tensors).ok());
  ExpectSame(Load(env).value(), tensors);
}

TEST(TensorBundle, ManyTensorsComeBack) {
  MemoryEnv env;
  Tensors tensors;
  for (int i = 0; i < 12000; ++i) {
    tensors[absl::StrCat("block_", i / 10, "/weight_", i)] = Tensor::Scalar(i);
  }
  ASSERT_TRUE(Save(env, tensors).ok());
  ExpectSame(Load(env).value(), tensors);
}

TEST(TensorBundle, MissingThings) {
  MemoryEnv env;
  EXPECT_TRUE(absl::IsNotFound(BundleReader::Open(env, kPrefix).status()));
  ASSERT_TRUE(Save(env, SomeTensors()).ok());
  const auto reader = BundleReader::Open(env, kPrefix).value();
  EXPECT_EQ(reader->Read("nothing").status(), NotFound("Key nothing not found in checkpoint"));
  EXPECT_TRUE(absl::IsNotFound(reader->Read("").status()));
  ASSERT_TRUE(env.DeleteFile(kData).ok());
  EXPECT_TRUE(absl::IsNotFound(reader->Read("float").status()));
}

TEST(TensorBundle, WriterRefuses) {
  MemoryEnv env;
  const Tensor v = Tensor::Vector<float>({1, 2});
  const auto error = [&](auto&& add) {
    auto writer = BundleWriter::Create(env, kPrefix).value();
    EXPECT_TRUE(writer->Add("v", v).ok());
    const absl::Status status = add(*writer);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_EQ(writer->Finish(), status);  // The first error stays.
    return std::string(status.message());
  };
  EXPECT_EQ(error([&](BundleWriter& w) { return w.Add("v", v); }), "Adding duplicate key: v");
  error([&](BundleWriter& w) { return w.Add("", v); });
  error([&](BundleWriter& w) { return w.Add("x", Tensor()); });
  error([&](BundleWriter& w) { return w.Add("x", Tensor::Make(DT_RESOURCE, {}).value()); });
  const TensorSlice half = TensorSlice::Parse("0,2").value();
  error([&](BundleWriter& w) { return w.AddSlice("v", Shape({4}), half, v); });
  error([&](BundleWriter& w) { return w.AddSlice("x", Shape({4, 2}), half, v); });
  error([&](BundleWriter& w) { return w.AddSlice("x", Shape({4}), half, Tensor::Scalar(1.f)); });
  error([&](BundleWriter& w) {
    EXPECT_TRUE(w.AddSlice("x", Shape({4}), half, v).ok());
    return w.AddSlice("x", Shape({4}), half, v);
  });
  error([&](BundleWriter& w) {
    EXPECT_TRUE(w.AddSlice("x", Shape({4}), half, v).ok());
    return w.AddSlice("x", Shape({5}), TensorSlice::Parse("2,2").value(), v);
  });
  EXPECT_TRUE(env.Files().empty());  // Nothing is left behind.
  EXPECT_FALSE(BundleWriter::Create(env, "").ok());
  EXPECT_FALSE(BundleWriter::Create(env, "/").ok());
  EXPECT_FALSE(BundleWriter::Create(env, "/none/model").ok());
}

TEST(TensorBundle, NothingFollowsFinish) {
  MemoryEnv env;
  auto writer = BundleWriter::Create(env, kPrefix).value();
  EXPECT_TRUE(writer->Finish().ok());
  EXPECT_FALSE(writer->Add("v", Tensor::Scalar(1)).ok());
  EXPECT_FALSE(writer->Finish().ok());
  writer.reset();
  EXPECT_TRUE(Load(env).value().empty());
}

TEST(TensorBundle, AnyFailureLeavesTheOlderCheckpoint) {
  const Tensors old_tensors = {{"v", Tensor::Vector<float>({1, 2})}};
  const Tensors new_tensors = {{"v", Tensor::Vector<float>({3, 4})}, {"w", Tensor::Scalar(5)}};
  for (int n = 0;; ++n) {
    MemoryEnv env;
    ASSERT_TRUE(Save(env, old_tensors).ok());
    env.FailAfter(n);
    const absl::Status status = Save(env, new_tensors);
    env.Heal();
    // What only makes room or waits for the directory comes when the new files are in place.
    const Tensors loaded = Load(env).value();
    if (status.ok()) {
      ExpectSame(loaded, new_tensors);
      if (n > 20) break;
    } else if (loaded.size() == 1) {
      ExpectSame(loaded, old_tensors);
      EXPECT_EQ(env.Files().size(), 2u);
    } else {
      ExpectSame(loaded, new_tensors);
    }
    ASSERT_LT(n, 100);
  }
}

TEST(TensorBundle, AFullDiskLeavesTheOlderCheckpoint) {
  const Tensors old_tensors = {{"v", Tensor::Vector<float>({1, 2})}};
  MemoryEnv env;
  ASSERT_TRUE(Save(env, old_tensors).ok());
  env.FailAfter(1, /*forever=*/true);
  EXPECT_TRUE(absl::IsResourceExhausted(Save(env, SomeTensors())));
  env.Heal();
  ExpectSame(Load(env).value(), old_tensors);
}

TEST(TensorBundle, WhatWasSavedSurvivesALossOfPower) {
  MemoryEnv env;
  const Tensors tensors = SomeTensors();
  ASSERT_TRUE(Save(env, tensors).ok());
  env.LosePower();
  ExpectSame(Load(env).value(), tensors);
}

TEST(TensorBundle, StraysAreRemovedAndOthersFilesKept) {
  MemoryEnv env;
  const std::vector<std::string> strays = {
      "/model.index.tempstate12", "/model.data-00000-of-00001.tempstate12",
      "/model.data-00000-of-00002", "/model.data-00001-of-00002"};
  const std::vector<std::string> kept = {"/model.meta", "/model.data-notes", "/model2.index",
                                         "/model-1.data-00000-of-00002", "/checkpoint"};
  for (const std::string& path : strays) env.SetContent(path, "x");
  for (const std::string& path : kept) env.SetContent(path, "x");
  ASSERT_TRUE(Save(env, {{"v", Tensor::Scalar(1)}}).ok());
  for (const std::string& path : strays) EXPECT_FALSE(env.FileExists(path)) << path;
  for (const std::string& path : kept) EXPECT_TRUE(env.FileExists(path)) << path;
}

TEST(TensorBundle, BigEndianCheckpointsAreRead) {
  MemoryEnv env;
  Tensors tensors = SomeTensors();
  ASSERT_TRUE(Save(env, tensors).ok());
  auto reader = BundleReader::Open(env, kPrefix).value();
  const auto table = Table::Open(env, kIndex).value();
  // The same files as a machine of the other byte order writes them.
  std::string data = env.Content(kData);
  std::map<std::string, BundleEntryProto> entries;
  for (const auto& [name, tensor] : tensors) {
    BundleEntryProto entry;
    ASSERT_TRUE(entry.ParseFromString(Table::Find(table, name).value()));
    const size_t width = tensor.dtype() == DT_STRING     ? 1
                         : IsComplexType(tensor.dtype()) ? DataTypeSize(tensor.dtype()) / 2
                                                         : DataTypeSize(tensor.dtype());
    if (width > 1) {
      char* const bytes = data.data() + entry.offset();
      SwapBytes(bytes, width, entry.size() / width);
      entry.set_crc32c(MaskCrc(ExtendCrc32c(0, bytes, entry.size())));
    }
    entries[name] = entry;
  }
  BundleHeaderProto header = reader->header();
  header.set_endianness(BundleHeaderProto::BIG);
  ASSERT_TRUE(WriteBundleIndex(env, kIndex, header, entries).ok());
  env.SetContent(kData, data);
  ExpectSame(Load(env).value(), tensors);
}

// --- Slices ---

TEST(TensorBundle, SlicesMakeUpTheWhole) {
  MemoryEnv env;
  const Tensor whole = Sequence(DT_FLOAT, Shape({6, 4}));
  auto writer = BundleWriter::Create(env, kPrefix).value();
  const auto rows = [&](int64_t begin, int64_t end) {
    return whole.SliceRows(begin, end).value().Clone().value();
  };
  const auto slice = [](const char* text) { return TensorSlice::Parse(text).value(); };
  ASSERT_TRUE(writer->AddSlice("w", Shape({6, 4}), slice("0,2:0,4"), rows(0, 2)).ok());
  ASSERT_TRUE(writer->AddSlice("w", Shape({6, 4}), slice("2,4:-"), rows(2, 6)).ok());
  ASSERT_TRUE(writer->AddSlice("all", Shape({6, 4}), slice("0,6:-"), whole).ok());
  ASSERT_TRUE(writer->Add("a", Tensor::Scalar(1)).ok());
  ASSERT_TRUE(writer->Finish().ok());

  const auto reader = BundleReader::Open(env, kPrefix).value();
  const auto infos = reader->List().value();
  ASSERT_EQ(infos.size(), 3u);
  EXPECT_EQ(infos[0].name, "a");
  EXPECT_FALSE(infos[1].sliced);
  EXPECT_EQ(infos[2].name, "w");
  EXPECT_TRUE(infos[2].sliced);
  EXPECT_EQ(infos[2].shape, Shape({6, 4}));
  for (const char* name : {"w", "all"}) {
    EXPECT_TRUE(Same(reader->Read(name).value(), whole)) << name;
    EXPECT_TRUE(Same(reader->ReadSlice(name, slice("1,3:-")).value(), rows(1, 4))) << name;
    EXPECT_TRUE(Same(reader->ReadSlice(name, slice("2,4:0,4")).value(), rows(2, 6))) << name;
    const Tensor column = reader->ReadSlice(name, slice("-:3,1")).value();
    EXPECT_EQ(column.shape(), Shape({6, 1}));
    EXPECT_EQ(column.data<uint32_t>()[5], whole.data<uint32_t>()[23]);
    EXPECT_TRUE(absl::IsInvalidArgument(reader->ReadSlice(name, slice("1,6:-")).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(reader->ReadSlice(name, slice("1,2")).status()));
  }
}

TEST(TensorBundle, MissingSlicesAreNamed) {
  MemoryEnv env;
  auto writer = BundleWriter::Create(env, kPrefix).value();
  const Tensor part = Sequence(DT_INT64, Shape({2}));
  ASSERT_TRUE(writer->AddSlice("w", Shape({6}), TensorSlice::Parse("1,2").value(), part).ok());
  ASSERT_TRUE(writer->Finish().ok());
  const auto reader = BundleReader::Open(env, kPrefix).value();
  const TensorSlice wanted = TensorSlice::Parse("2,2").value();
  EXPECT_EQ(reader->ReadSlice("w", wanted).status().message(),
            "Does not have sufficient slices for partitioned tensor w to restore in slice_spec: "
            "2,2 (1 elements are in no stored slice)");
  EXPECT_TRUE(reader->ReadSlice("w", TensorSlice::Parse("2,1").value()).ok());
}

TEST(TensorBundle, PartsThatShareBytesAreRefused) {
  // Many entries that claim the same few bytes must not add up to a large tensor.
  MemoryEnv env;
  auto writer = BundleWriter::Create(env, kPrefix).value();
  const Tensor part = Sequence(DT_UINT8, Shape({4}));
  for (const char* text : {"0,4", "4,4"}) {
    ASSERT_TRUE(writer->AddSlice("w", Shape({8}), TensorSlice::Parse(text).value(), part).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());
  const auto table = Table::Open(env, kIndex).value();
  std::map<std::string, BundleEntryProto> entries;
  Table::Iterator it(table);
  for (absl::Status s = it.SeekToFirst(); s.ok() && it.valid(); s = it.Next()) {
    if (!it.key().empty()) {
      BundleEntryProto& entry = entries[std::string(it.key())];
      ASSERT_TRUE(entry.ParseFromString(std::string(it.value())));
      entry.set_offset(0);
    }
  }
  const BundleHeaderProto header = BundleReader::Open(env, kPrefix).value()->header();
  ASSERT_TRUE(WriteBundleIndex(env, kIndex, header, entries).ok());
  env.SetContent(kData, env.Content(kData).substr(0, 4));
  EXPECT_TRUE(absl::IsDataLoss(BundleReader::Open(env, kPrefix).value()->Read("w").status()));
}

// --- Merging ---

TEST(TensorBundle, Merge) {
  MemoryEnv env;
  for (const char* dir : {"/t0", "/t1", "/out"}) ASSERT_TRUE(env.CreateDirectory(dir).ok());
  const Tensor a = Tensor::Scalar(1.5f), b = Sequence(DT_INT32, Shape({3}));
  const Tensor whole = Sequence(DT_FLOAT, Shape({4}));
  for (int i = 0; i < 2; ++i) {
    auto writer = BundleWriter::Create(env, absl::StrCat("/t", i, "/part")).value();
    ASSERT_TRUE(writer->Add(i == 0 ? "b" : "a", i == 0 ? b : a).ok());
    const TensorSlice slice = TensorSlice::Parse(i == 0 ? "0,2" : "2,2").value();
    ASSERT_TRUE(writer->AddSlice("w", Shape({4}), slice, *whole.SliceRows(2 * i, 2 * i + 2)).ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
  ASSERT_TRUE(MergeBundles(env, {"/t0/part", "/t1/part"}, "/out/model").ok());
  EXPECT_EQ(env.Files(),
            (std::vector<std::string>{"/out/model.data-00000-of-00002",
                                      "/out/model.data-00001-of-00002", "/out/model.index"}));
  EXPECT_FALSE(env.IsDirectory("/t0"));
  ExpectSame(Load(env, "/out/model").value(), {{"a", a}, {"b", b}, {"w", whole}});
}

TEST(TensorBundle, MergeRefusesTensorsOfTheSameName) {
  MemoryEnv env;
  const Tensors tensors = {{"v", Tensor::Scalar(1)}};
  ASSERT_TRUE(Save(env, tensors, "/a").ok());
  ASSERT_TRUE(Save(env, tensors, "/b").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(MergeBundles(env, {"/a", "/b"}, "/model")));
  EXPECT_TRUE(absl::IsNotFound(MergeBundles(env, {"/a", "/none"}, "/model")));
  EXPECT_TRUE(absl::IsInvalidArgument(MergeBundles(env, {}, "/model")));
  ExpectSame(Load(env, "/a").value(), tensors);
}

TEST(TensorBundle, AFailedMergeLeavesTheInputs) {
  for (int n = 0; n < 8; ++n) {
    MemoryEnv env;
    ASSERT_TRUE(Save(env, {{"v", Tensor::Scalar(1)}}, "/a").ok());
    ASSERT_TRUE(Save(env, {{"w", Tensor::Scalar(2)}}, "/b").ok());
    env.FailAfter(n);
    const absl::Status status = MergeBundles(env, {"/a", "/b"}, "/model");
    env.Heal();
    if (!status.ok() && !env.FileExists(kIndex)) {
      EXPECT_TRUE(Load(env, "/a").ok()) << n;
      EXPECT_TRUE(Load(env, "/b").ok()) << n;
      EXPECT_EQ(env.Files().size(), 4u) << n;
    } else {
      EXPECT_EQ(Load(env).value().size(), 2u) << n;
    }
  }
}

// --- Damage ---

class DamagedBundle : public ::testing::Test {
 protected:
  void SetUp() override {
    tensors_ = {{"s", Tensor::Vector<std::string>({"ab", "", "cde"})},
                {"v", Tensor::Vector<float>({1, 2})},
                {"w", Tensor::Scalar(true)}};
    ASSERT_TRUE(Save(env_, tensors_).ok());
  }
  // Reading must end in an error that names the file, or in the right values.
  void ExpectErrorOrSame(const std::string& what) {
    const absl::StatusOr<Tensors> loaded = Load(env_);
    if (loaded.ok()) {
      ExpectSame(*loaded, tensors_);
    } else {
      EXPECT_NE(loaded.status().message().find("/model."), absl::string_view::npos)
          << what << ": " << loaded.status();
    }
  }

  MemoryEnv env_;
  Tensors tensors_;
};

TEST_F(DamagedBundle, EveryCutOfTheData) {
  const std::string whole = env_.Content(kData);
  for (size_t size = 0; size < whole.size(); ++size) {
    env_.SetContent(kData, whole.substr(0, size));
    EXPECT_TRUE(absl::IsDataLoss(Load(env_).status())) << size;
    ExpectErrorOrSame(absl::StrCat("cut at ", size));
  }
}

TEST_F(DamagedBundle, EveryFlippedBitOfTheData) {
  const std::string whole = env_.Content(kData);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    env_.SetContent(kData, damaged);
    EXPECT_TRUE(absl::IsDataLoss(Load(env_).status())) << bit;
  }
}

TEST_F(DamagedBundle, EveryCutAndEveryFlippedBitOfTheIndex) {
  const std::string whole = env_.Content(kIndex);
  for (size_t size = 0; size < whole.size(); ++size) {
    env_.SetContent(kIndex, whole.substr(0, size));
    EXPECT_TRUE(absl::IsDataLoss(Load(env_).status())) << size;
    ExpectErrorOrSame(absl::StrCat("cut at ", size));
  }
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    env_.SetContent(kIndex, damaged);
    ExpectErrorOrSame(absl::StrCat("bit ", bit));
  }
}

TEST_F(DamagedBundle, AnyEntryWhoseChecksumsFit) {
  // Damage in front of the checksums: every byte of every entry and of the header takes every
  // value of some, and the table around it is sound.
  const auto reader = BundleReader::Open(env_, kPrefix).value();
  const auto table = Table::Open(env_, kIndex).value();
  for (const char* key : {"", "s", "v", "w"}) {
    const std::string value = Table::Find(table, key).value();
    for (size_t at = 0; at < value.size(); ++at) {
      for (const int byte : {0x00, 0x01, 0x07, 0x0a, 0x12, 0x14, 0x3f, 0x7f, 0x80, 0xff}) {
        auto file = env_.NewWritableFile(kIndex).value();
        TableBuilder builder(*file);
        for (const char* other : {"", "s", "v", "w"}) {
          std::string stored = Table::Find(table, other).value();
          if (other == absl::string_view(key)) stored[at] = static_cast<char>(byte);
          ASSERT_TRUE(builder.Add(other, stored).ok());
        }
        ASSERT_TRUE(builder.Finish().ok());
        const absl::StatusOr<Tensors> loaded = Load(env_);  // Must only end.
        (void)loaded;
      }
    }
  }
}

TEST_F(DamagedBundle, HugeClaimsTakeNoMemory) {
  BundleHeaderProto header = BundleReader::Open(env_, kPrefix).value()->header();
  std::map<std::string, BundleEntryProto> entries;
  BundleEntryProto& entry = entries["v"];
  entry.set_dtype(DT_FLOAT);
  entry.mutable_shape()->add_dim()->set_size(int64_t{1} << 60);
  entry.set_size(int64_t{1} << 62);
  const auto load = [&] {
    EXPECT_TRUE(WriteBundleIndex(env_, kIndex, header, entries).ok());
    return Load(env_).status();
  };
  EXPECT_TRUE(absl::IsDataLoss(load()));
  entry.set_dtype(DT_STRING);
  EXPECT_TRUE(absl::IsDataLoss(load()));
  entry.set_size(8);
  EXPECT_TRUE(absl::IsDataLoss(load()));
  entry.set_offset(INT64_MAX);
  EXPECT_TRUE(absl::IsDataLoss(load()));
  entry.set_offset(-1);
  EXPECT_TRUE(absl::IsDataLoss(load()));
  entry.set_shard_id(7);
  EXPECT_TRUE(absl::IsDataLoss(load()));
  header.set_num_shards(INT32_MAX);
  EXPECT_TRUE(absl::IsNotFound(load()));  // The shard's file.
  TensorSlice::Parse("0,1152921504606846976")->ToProto(entry.add_slices());
  EXPECT_TRUE(absl::IsDataLoss(load()));
  header.mutable_version()->set_min_consumer(2);
  EXPECT_TRUE(absl::IsInvalidArgument(load()));
}

}  // namespace
}  // namespace weir
