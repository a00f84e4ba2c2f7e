// Kernels of the GPU whose outputs' sizes depend on elements, over the emulated CUDA runtime.

#include <cuda_runtime.h>

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

// Every element is one of few numbers.
Tensor FewNumbers(DataType type, const Shape& shape, int different, uint32_t seed = 1) {
  Tensor numbers = Numbers(DT_INT32, shape, seed);
  Tensor result = Tensor::Make(type, shape).value();
  const absl::Status status = DispatchReal(type, [&]<typename T>(TypeTag<T>) {
    for (int64_t i = 0; i < shape.num_elements(); ++i) {
      result.mutable_data<T>()[i] =
          T(static_cast<float>((numbers.data<int32_t>()[i] + 100) * 7919 % different));
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return result;
}

Operation BuildOf(const char* op, const Scope& scope, const std::vector<Output>& in) {
  OpBuilder builder = scope.Op(op);
  for (const Output& input : in) builder.In(input);
  return builder.Build();
}

void ExpectSameOf(const char* op, const std::vector<Tensor>& inputs) {
  SCOPED_TRACE(
      absl::StrCat(op, " ", DataTypeName(inputs[0].dtype()), " ", inputs[0].shape().ToString()));
  ExpectSame(inputs, 0, [&](const Scope& scope, const std::vector<Output>& in) {
    return BuildOf(op, scope, in);
  });
}

TEST(CudaWhereTest, FindsPositionsInOrder) {
  for (const DataType type : {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE, DT_INT8, DT_INT64}) {
    ExpectSameOf("Where", {FewNumbers(type, {7, 11, 130}, 3)});
  }
  ExpectSameOf("Where", {Numbers(DT_BOOL, {300000})});
  ExpectSameOf("Where", {Tensor::Make(DT_BOOL, {0, 3}).value()});
  ExpectSameOf("Where", {Tensor::Make(DT_FLOAT, {20, 2, 2, 2, 2, 2, 2, 2}).value()});
  ExpectSameOf("Where", {Tensor::Scalar<float>(2)});
}

TEST(CudaWhereTest, ZeroHasEitherSign) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ExpectSameOf("Where", {Tensor::Vector<float>({0.0f, -0.0f, 1e-45f, -1e-45f, nan, -nan})});
  ExpectSameOf("Where", {Tensor::Vector<Complex64>({{0, -0.0f}, {-0.0f, 1}, {2, 0}, {nan, 0}})});
  ExpectSameOf("Where", {Tensor::Vector<Complex128>({{-0.0, 0}, {0, 1}, {2, 0}})});
}

void ExpectSameUnique(const Tensor& x, DataType index_type = DT_INT32) {
  SCOPED_TRACE(absl::StrCat(DataTypeName(x.dtype()), " ", x.shape().ToString()));
  ExpectSame({x}, 0, [&](const Scope& scope, const std::vector<Output>& in) {
    return scope.Op("UniqueWithCounts").In(in[0]).Attr("out_idx", index_type).Build();
  });
}

TEST(CudaUniqueTest, NumbersInOrderOfAppearance) {
  for (const DataType type :
       {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE, DT_INT8, DT_INT16, DT_INT32, DT_INT64}) {
    ExpectSameUnique(FewNumbers(type, {3000}, 97));
    ExpectSameUnique(FewNumbers(type, {20}, 3), DT_INT64);
  }
  ExpectSameUnique(Numbers(DT_FLOAT, {100000}));
  ExpectSameUnique(FewNumbers(DT_FLOAT, {100000}, 1));
  ExpectSameUnique(Tensor::Make(DT_FLOAT, {0}).value());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ExpectSameUnique(Tensor::Vector<float>({nan, 0.0f, 1, -0.0f, nan, 1, -1, -nan, 0.0f}));
}

TEST(CudaUniqueTest, SlicesAlongAnAxis) {
  for (const int64_t axis : {0, 1, -1}) {
    for (const DataType type : {DT_HALF, DT_DOUBLE, DT_INT32}) {
      for (const Shape& shape : {Shape({200, 3, 2}), Shape({3, 70, 2}), Shape({2, 3, 150})}) {
        ExpectSameOf("UniqueWithCountsV2",
                     {FewNumbers(type, shape, 2), Tensor::Vector<int64_t>({axis})});
      }
    }
  }
  ExpectSameOf("UniqueV2", {Tensor::Make(DT_FLOAT, {5, 0}).value(), Tensor::Vector<int64_t>({0})});
  ExpectSameOf("UniqueV2", {Tensor::Make(DT_FLOAT, {5, 0}).value(), Tensor::Vector<int64_t>({1})});
}

TEST(CudaListDiffTest, FindsWhatIsMissing) {
  for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT8, DT_INT64}) {
    ExpectSameOf("ListDiff", {FewNumbers(type, {5000}, 83), FewNumbers(type, {40}, 83, 7)});
    ExpectSameOf("ListDiff", {FewNumbers(type, {50}, 83), Tensor::Make(type, {0}).value()});
    ExpectSameOf("ListDiff", {Tensor::Make(type, {0}).value(), FewNumbers(type, {50}, 83)});
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ExpectSameOf("ListDiff",
               {Tensor::Vector<float>({nan, 0.0f, 1}), Tensor::Vector<float>({nan, -0.0f, 2})});
}

BuildOp Partition(int partitions) {
  return [partitions](const Scope& scope, const std::vector<Output>& in) {
    return scope.Op("DynamicPartition")
        .In(in[0])
        .In(in[1])
        .Attr("num_partitions", partitions)
        .Build();
  };
}

TEST(CudaDynamicPartitionTest, RowsKeepTheirOrder) {
  const auto expect_same = [](const Tensor& data, const Shape& lead, int partitions, int used) {
    SCOPED_TRACE(absl::StrCat(data.shape().ToString(), " ", partitions));
    ExpectSame({data, FewNumbers(DT_INT32, lead, used)}, 0, Partition(partitions));
  };
  expect_same(Numbers(DT_FLOAT, {3000}), {3000}, 2, 2);
  expect_same(Numbers(DT_FLOAT, {3000, 4}), {3000}, 5, 3);
  expect_same(Numbers(DT_HALF, {40, 50, 3}), {40, 50}, 7, 7);
  expect_same(Numbers(DT_INT8, {40, 50, 3}), {40}, 3, 3);
  expect_same(Numbers(DT_DOUBLE, {2000, 300}), {2000}, 4, 4);
  expect_same(Numbers(DT_FLOAT, {2000}), {2000}, 400, 101);
  expect_same(Numbers(DT_FLOAT, {0, 3}), {0}, 3, 3);
  expect_same(Numbers(DT_FLOAT, {10, 0}), {10}, 3, 3);
}

TEST(CudaDynamicPartitionTest, ReportsRowsOfNoPartition) {
  const Tensor data = Numbers(DT_FLOAT, {2, 2});
  const auto got = RunOnGpu({data, Tensor::Of<int32_t>({2, 2}, {0, 1, 2, -1})}, Partition(2));
  EXPECT_EQ(got.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(got.status().message().find("partitions[1,0] = 2 is not in [0, 2)"),
            absl::string_view::npos)
      << got.status();
}

BuildOp StitchOf(const char* op) {
  return [op](const Scope& scope, const std::vector<Output>& in) {
    const auto half = in.begin() + static_cast<std::ptrdiff_t>(in.size() / 2);
    return scope.Op(op)
        .InList(std::vector<Output>(in.begin(), half))
        .InList(std::vector<Output>(half, in.end()))
        .Build();
  };
}

TEST(CudaDynamicStitchTest, TheLastRowStays) {
  for (const char* op : {"DynamicStitch", "ParallelDynamicStitch"}) {
    for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT64}) {
      // Gaps, and several rows for one place.
      ExpectSame({FewNumbers(DT_INT32, {3000}, 101), FewNumbers(DT_INT32, {2, 3}, 300, 5),
                  Numbers(type, {3000, 5}), Numbers(type, {2, 3, 5}, 2)},
                 0, StitchOf(op));
      ExpectSame({Tensor::Scalar<int32_t>(700), Numbers(type, {4})}, 0, StitchOf(op));
      ExpectSame({Tensor::Make(DT_INT32, {0}).value(), Numbers(type, {0, 4})}, 0, StitchOf(op));
      ExpectSame({Tensor::Vector<int32_t>({3, 1}), Numbers(type, {2, 0})}, 0, StitchOf(op));
    }
  }
}

TEST(CudaDynamicStitchTest, ReportsNegativeIndices) {
  const auto got = RunOnGpu({Tensor::Vector<int32_t>({1, 0}), Tensor::Vector<int32_t>({5, -3, -4}),
                             Numbers(DT_FLOAT, {2}), Numbers(DT_FLOAT, {3})},
                            StitchOf("DynamicStitch"));
  EXPECT_EQ(got.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(got.status().message().find("indices[1][1] = -3 is not in"), absl::string_view::npos)
      << got.status();
}

// What is counted on the device is copied to the host, which can fail like all else.
TEST(CudaWhereTest, ReadingBackFails) {
  const SessionOptions options = WithGpu();
  const Scope scope = Scope::Root();
  const Output x = scope.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const Output where = scope.Device("/gpu:0").Op("Where").In(x).Build();
  const Session session = Session::Create(scope, options).value();
  const Tensor value = Numbers(DT_FLOAT, {100});
  ASSERT_TRUE(session.Run({{x, value}}, {where}, {}).ok());
  cuda_emulation::FailCall("cudaMemcpyAsync", 1, cudaErrorInvalidValue);
  const auto got = session.Run({{x, value}}, {where}, {});
  EXPECT_NE(got.status().message().find("GPU:0"), absl::string_view::npos) << got.status();
}

}  // namespace
}  // namespace weir
