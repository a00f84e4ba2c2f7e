#include "weir/core/tensor.h"

#include "gtest/gtest.h"
#include "weir/proto/tensor.pb.h"

namespace weir {
namespace {

// Counts, and has memory for so many bytes.
class LimitedAllocator final : public Allocator {
 public:
  explicit LimitedAllocator(size_t limit) : left(limit) {}
  void* Allocate(size_t bytes) override {
    if (bytes > left) return nullptr;
    left -= bytes;
    return HeapAllocator().Allocate(bytes);
  }
  void Deallocate(void* data, size_t bytes) override {
    left += bytes;
    HeapAllocator().Deallocate(data, bytes);
  }
  size_t left;
};

TEST(Tensor, Make) {
  const Tensor tensor = Tensor::Make(DT_FLOAT, {2, 3}).value();
  EXPECT_EQ(tensor.bytes(), 24u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.raw_data()) % Allocator::kAlignment, 0u);
  EXPECT_FALSE(Tensor().initialized());
  EXPECT_TRUE(absl::IsInvalidArgument(Tensor::Make(DT_INVALID, {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Tensor::Make(DT_FLOAT_REF, {}).status()));
  const Shape huge = Shape::Make({int64_t{1} << 62}).value();
  EXPECT_TRUE(absl::IsInvalidArgument(Tensor::Make(DT_FLOAT, huge).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Tensor::Make(DT_INT8, huge).status()));
}

TEST(Tensor, MemoryComesFromAndGoesBackToTheAllocator) {
  LimitedAllocator allocator(100);
  {
    const Tensor a = Tensor::Zeros(DT_FLOAT, {10}, allocator).value();
    EXPECT_EQ(allocator.left, 60u);
    const Tensor copy = a;
    EXPECT_EQ(allocator.left, 60u);
    EXPECT_TRUE(absl::IsResourceExhausted(Tensor::Make(DT_FLOAT, {20}, allocator).status()));
    EXPECT_EQ(copy.data<float>()[9], 0.0f);
  }
  EXPECT_EQ(allocator.left, 100u);
}

TEST(Tensor, CopiesShareElementsAndClonesDoNot) {
  Tensor a = Tensor::Vector<int32_t>({1, 2, 3});
  EXPECT_TRUE(a.UniquelyOwned());
  Tensor shared = a;
  const Tensor clone = a.Clone().value();
  EXPECT_FALSE(a.UniquelyOwned());
  EXPECT_TRUE(a.SharesBufferWith(shared));
  EXPECT_FALSE(a.SharesBufferWith(clone));
  shared.mutable_data<int32_t>()[0] = 9;
  EXPECT_EQ(a.data<int32_t>()[0], 9);
  EXPECT_EQ(clone.data<int32_t>()[0], 1);
  const Tensor text = Tensor::Vector<std::string>({"a", std::string(100, 'b')});
  EXPECT_EQ(text.Clone()->data<std::string>()[1].size(), 100u);
}

TEST(Tensor, Views) {
  const Tensor a = Tensor::Of<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(a.Reshaped({3, 2})->ToString(), "int32 [3,2] {1, 2, 3, 4, 5, 6}");
  EXPECT_TRUE(absl::IsInvalidArgument(a.Reshaped({4}).status()));
  EXPECT_EQ(a.SliceRows(1, 2)->ToString(), "int32 [1,3] {4, 5, 6}");
  EXPECT_EQ(a.SliceRows(2, 2)->num_elements(), 0);
  EXPECT_FALSE(a.SliceRows(1, 3).ok());
  EXPECT_FALSE(a.SliceRows(-1, 1).ok());
  EXPECT_FALSE(a.SliceRows(2, 1).ok());
  EXPECT_FALSE(Tensor::Scalar(1).SliceRows(0, 1).ok());
  EXPECT_EQ(Tensor::Scalar(1.0f).Reinterpreted(DT_INT32, {1}).ToString(), "int32 [1] {1065353216}");
}

TEST(Tensor, ToString) {
  EXPECT_EQ(Tensor().ToString(), "invalid []");
  EXPECT_EQ(Tensor::Vector<int32_t>({1, 2, 3}).ToString(2), "int32 [3] {1, 2, ...}");
  EXPECT_EQ(Tensor::Scalar("a\"\n").ToString(), "string [] {\"a\\\"\\n\"}");
  EXPECT_EQ(Tensor::Scalar(true).ToString(), "bool [] {true}");
  EXPECT_EQ(Tensor::Scalar(int8_t{-3}).ToString(), "int8 [] {-3}");
  EXPECT_EQ(Tensor::Scalar(Half(1.5f)).ToString(), "half [] {1.5}");
  EXPECT_EQ(Tensor::Scalar(Complex64(1, -2)).ToString(), "complex64 [] {(1,-2)}");
  EXPECT_EQ(Tensor::Scalar(QInt32{7}).ToString(), "qint32 [] {7}");
  EXPECT_EQ(Tensor::Make(DT_VARIANT, {1})->ToString(), "variant [1] {variant}");
}

TEST(Tensor, SmallIntegerArguments) {
  EXPECT_EQ(IntScalar(Tensor::Scalar(int64_t{7}), "axis").value(), 7);
  EXPECT_EQ(IntScalar(Tensor::Vector<int32_t>({7}), "axis").value(), 7);
  EXPECT_EQ(IntScalar(Tensor::Vector<int32_t>({7, 8}), "axis").status(),
            InvalidArgument("axis must be a scalar, but has shape [2]"));
  EXPECT_EQ(IntScalar(Tensor::Scalar(1.0f), "axis").status(),
            InvalidArgument("axis must be int32 or int64, but is float"));
  EXPECT_EQ(IntVector(Tensor::Scalar(3), "dims").value(), Dims({3}));
  EXPECT_FALSE(IntVector(Tensor::Of<int32_t>({1, 1}, {3}), "dims").ok());
  EXPECT_FALSE(IntVector(Tensor::Scalar(1.0f), "dims").ok());
  EXPECT_EQ(ShapeFromTensor(Tensor::Vector<int64_t>({2, 3}), "shape").value(), Shape({2, 3}));
  EXPECT_FALSE(ShapeFromTensor(Tensor::Vector<int64_t>({-1}), "shape").ok());
}

// --- Messages ---

bool Same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DT_STRING) return a.values<std::string>() == b.values<std::string>();
  return absl::string_view(a.raw_data(), a.bytes()) == absl::string_view(b.raw_data(), b.bytes());
}

TEST(TensorProto, AllTypesComeBack) {
  for (int type = 1; type <= DT_UINT64; ++type) {
    const DataType dtype = static_cast<DataType>(type);
    if (!IsPlainType(dtype)) continue;
    for (const Shape& shape : {Shape(), Shape({1}), Shape({2, 3}), Shape({0})}) {
      Tensor tensor = Tensor::Make(dtype, shape).value();
      for (size_t i = 0; i < tensor.bytes(); ++i) {
        tensor.mutable_raw_data()[i] = static_cast<char>(dtype == DT_BOOL ? i % 2 : 40 + i);
      }
      TensorProto proto;
      ASSERT_TRUE(TensorToProto(tensor, &proto).ok());
      EXPECT_TRUE(Same(TensorFromProto(proto).value(), tensor)) << DataTypeName(dtype);
    }
  }
  const Tensor text = Tensor::Vector<std::string>({"a", "", "bcd"});
  TensorProto proto;
  ASSERT_TRUE(TensorToProto(text, &proto).ok());
  EXPECT_TRUE(Same(TensorFromProto(proto).value(), text));
  EXPECT_FALSE(TensorToProto(Tensor::Make(DT_RESOURCE, {}).value(), &proto).ok());
  EXPECT_FALSE(TensorToProto(Tensor(), &proto).ok());
}

TensorProto Proto(DataType dtype, std::initializer_list<int64_t> dims) {
  TensorProto proto;
  proto.set_dtype(dtype);
  for (const int64_t d : dims) proto.mutable_tensor_shape()->add_dim()->set_size(d);
  return proto;
}

TEST(TensorProto, TheLastValueIsRepeated) {
  TensorProto proto = Proto(DT_INT32, {4});
  EXPECT_EQ(TensorFromProto(proto)->ToString(), "int32 [4] {0, 0, 0, 0}");
  proto.add_int_val(1);
  proto.add_int_val(2);
  EXPECT_EQ(TensorFromProto(proto)->ToString(), "int32 [4] {1, 2, 2, 2}");
  proto.mutable_tensor_shape()->mutable_dim(0)->set_size(1);
  EXPECT_EQ(TensorFromProto(proto)->ToString(), "int32 [1] {1}");
}

TEST(TensorProto, TypedFields) {
  TensorProto complex = Proto(DT_COMPLEX64, {2});
  for (const float v : {1.0f, 2.0f, 3.0f, 4.0f}) complex.add_scomplex_val(v);
  EXPECT_EQ(TensorFromProto(complex)->ToString(), "complex64 [2] {(1,2), (3,4)}");
  TensorProto half = Proto(DT_HALF, {2});
  half.add_half_val(0x3c00);
  EXPECT_EQ(TensorFromProto(half)->ToString(), "half [2] {1, 1}");
  TensorProto small = Proto(DT_UINT8, {1});
  small.add_int_val(255);
  EXPECT_EQ(TensorFromProto(small)->ToString(), "uint8 [1] {255}");
}

TEST(TensorProto, ContentMustFitExactly) {
  TensorProto proto = Proto(DT_FLOAT, {2});
  for (const size_t size : {1u, 4u, 7u, 9u, 16u}) {
    proto.set_tensor_content(std::string(size, 'x'));
    EXPECT_TRUE(absl::IsInvalidArgument(TensorFromProto(proto).status())) << size;
  }
  TensorProto bools = Proto(DT_BOOL, {3});
  bools.set_tensor_content(std::string("\0\1\7", 3));
  EXPECT_EQ(TensorFromProto(bools)->ToString(), "bool [3] {false, true, true}");
}

TEST(TensorProto, StringsInContent) {
  TensorProto proto = Proto(DT_STRING, {3});
  const std::string content("\1\0\2abc", 6);
  proto.set_tensor_content(content);
  EXPECT_EQ(TensorFromProto(proto)->ToString(), "string [3] {\"a\", \"\", \"bc\"}");
  for (size_t size = 1; size < content.size(); ++size) {
    proto.set_tensor_content(content.substr(0, size));
    EXPECT_FALSE(TensorFromProto(proto).ok()) << size;
  }
  proto.set_tensor_content(content + "d");
  EXPECT_FALSE(TensorFromProto(proto).ok());
  proto.set_tensor_content("\xff\xff\xff\xff\x0f\0\0");
  EXPECT_FALSE(TensorFromProto(proto).ok());
}

TEST(TensorProto, HostileMessages) {
  EXPECT_FALSE(TensorFromProto(Proto(DT_INVALID, {1})).ok());
  EXPECT_FALSE(TensorFromProto(Proto(DT_FLOAT_REF, {1})).ok());
  EXPECT_FALSE(TensorFromProto(Proto(static_cast<DataType>(1000), {1})).ok());
  EXPECT_FALSE(TensorFromProto(Proto(DT_FLOAT, {-1})).ok());
  EXPECT_FALSE(TensorFromProto(Proto(DT_FLOAT, {INT64_MAX, INT64_MAX})).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(
      TensorFromProto(Proto(DT_FLOAT, {1 << 20}), /*byte_limit=*/1 << 20).status()));
  EXPECT_FALSE(TensorFromProto(Proto(DT_RESOURCE, {1})).ok());
  EXPECT_TRUE(TensorFromProto(Proto(DT_FLOAT, {0, INT64_MAX / 8})).ok());
}

}  // namespace
}  // namespace weir
