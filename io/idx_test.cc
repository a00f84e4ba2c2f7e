#include "weir/io/idx.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "weir/io/byte_stream.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

constexpr char kPath[] = "/images";

absl::StatusOr<Tensor> Read(const std::string& content) {
  MemoryEnv env;
  env.SetContent(kPath, content);
  return ReadIdx(env, kPath);
}

std::string Gzip(const std::string& content) {
  MemoryEnv env;
  auto file = NewDeflateFile(env.NewWritableFile("/gz").value(), Compression::kGzip);
  EXPECT_TRUE(file->Append(content).ok());
  EXPECT_TRUE(file->Close().ok());
  return env.Content("/gz");
}

bool Same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         absl::string_view(a.raw_data(), a.bytes()) == absl::string_view(b.raw_data(), b.bytes());
}

TEST(Idx, LabelsAndImages) {
  const std::string labels = absl::HexStringToBytes("0000080100000003070209");
  EXPECT_TRUE(Same(Read(labels).value(), Tensor::Vector<uint8_t>({7, 2, 9})));
  EXPECT_TRUE(Same(Read(Gzip(labels)).value(), Tensor::Vector<uint8_t>({7, 2, 9})));
  const std::string images = absl::HexStringToBytes(
      "00000803000000010000000200000003"
      "000102fdfeff");
  EXPECT_TRUE(Same(Read(images).value(), Tensor::Of<uint8_t>({1, 2, 3}, {0, 1, 2, 253, 254, 255})));
}

TEST(Idx, AllTypesComeBack) {
  MemoryEnv env;
  for (const DataType dtype : {DT_UINT8, DT_INT8, DT_INT16, DT_INT32, DT_FLOAT, DT_DOUBLE}) {
    for (const Shape& shape : {Shape(), Shape({3, 2}), Shape({0, 5})}) {
      Tensor tensor = Tensor::Make(dtype, shape).value();
      for (size_t i = 0; i < tensor.bytes(); ++i) tensor.mutable_raw_data()[i] = i * 5;
      ASSERT_TRUE(WriteIdx(env, kPath, tensor).ok());
      EXPECT_TRUE(Same(ReadIdx(env, kPath).value(), tensor)) << DataTypeName(dtype);
    }
  }
  EXPECT_TRUE(absl::IsInvalidArgument(WriteIdx(env, kPath, Tensor::Scalar(true))));
  EXPECT_TRUE(absl::IsNotFound(ReadIdx(env, "/none").status()));
}

TEST(Idx, ElementsAreBigEndian) {
  const Tensor numbers = Tensor::Vector<int32_t>({1, -2});
  EXPECT_TRUE(
      Same(Read(absl::HexStringToBytes("00000c010000000200000001fffffffe")).value(), numbers));
}

TEST(Idx, DamageIsFound) {
  const std::string whole = absl::HexStringToBytes("00000b0200000001000000020007fff9");
  for (const std::string& file : {whole, Gzip(whole)}) {
    for (size_t size = 0; size < file.size(); ++size) {
      const absl::Status status = Read(file.substr(0, size)).status();
      EXPECT_TRUE(absl::IsDataLoss(status)) << size;
      EXPECT_NE(status.message().find(kPath), absl::string_view::npos) << status;
    }
    for (size_t bit = 0; bit < file.size() * 8; ++bit) {
      std::string damaged = file;
      damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      (void)Read(damaged);  // Must only end.
    }
  }
  EXPECT_TRUE(absl::IsDataLoss(Read(whole + "x").status()));
  EXPECT_TRUE(absl::IsDataLoss(Read(absl::HexStringToBytes("00000a0100000000")).status()));
  const std::string huge = absl::HexStringToBytes("00000803ffffffffffffffffffffffff");
  EXPECT_TRUE(absl::IsDataLoss(Read(huge).status()));
  const std::string large = absl::HexStringToBytes("0000080200010000ffffffff");
  EXPECT_TRUE(absl::IsDataLoss(Read(large).status()));
  EXPECT_TRUE(absl::IsDataLoss(Read(Gzip(large)).status()));
}

}  // namespace
}  // namespace weir
