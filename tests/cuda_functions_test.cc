// Functions of elements on the GPU, over the emulated CUDA runtime: comparisons, complex numbers,
// special functions, and counts of elements.

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

BuildOp OpOf(const std::string& op) {
  return [op](const Scope& scope, const std::vector<Output>& in) {
    OpBuilder builder = scope.Op(op);
    for (const Output& x : in) builder.In(x);
    return Operation(builder.Build());
  };
}

template <typename T>
Tensor ComplexNumbers(const Shape& shape, uint32_t seed = 1) {
  constexpr DataType kPart = std::is_same_v<T, Complex64> ? DT_FLOAT : DT_DOUBLE;
  const Tensor re = Numbers(kPart, shape, seed), im = Numbers(kPart, shape, seed + 1);
  Tensor z = Tensor::Make(kDTypeOf<T>, shape).value();
  using F = typename T::value_type;
  for (int64_t i = 0; i < z.num_elements(); ++i) {
    z.mutable_data<T>()[i] = T(re.data<F>()[i], im.data<F>()[i]);
  }
  return z;
}

TEST(CudaCheckNumericsTest, TellsWhatThereIs) {
  const auto checked = [](const Tensor& x) {
    const auto ran = RunOnGpu({x}, [](const Scope& scope, const std::vector<Output>& in) {
      return scope.Op("CheckNumerics").In(in[0]).Attr("message", std::string("x")).Build();
    });
    return ran.ok() ? "ok" : std::string(ran.status().message());
  };
  std::vector<float> values(100'000, 1);
  const auto check = [&] { return checked(Tensor::Vector<float>(values)); };
  EXPECT_EQ(check(), "ok");
  values[99'999] = kInf;
  EXPECT_THAT(check(), testing::HasSubstr("x : Tensor had Inf values"));
  values[7] = kNan;
  EXPECT_THAT(check(), testing::HasSubstr("x : Tensor had Inf and NaN values"));
  EXPECT_THAT(checked(Tensor::Scalar<double>(kNan)),
              testing::HasSubstr("x : Tensor had NaN values"));
  EXPECT_EQ(checked(Numbers(DT_HALF, Shape({0, 3}))), "ok");
}

TEST(CudaEqualityTest, AllTypes) {
  const Shape shape({7, 123});
  std::vector<std::pair<Tensor, Tensor>> cases;
  for (const DataType type : {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE, DT_INT8, DT_INT16,
                              DT_INT64, DT_UINT8, DT_BOOL}) {
    cases.emplace_back(Numbers(type, shape), Numbers(type, {123}));  // Equal in the first row.
  }
  cases.emplace_back(ComplexNumbers<Complex64>(shape), ComplexNumbers<Complex64>({123}));
  cases.emplace_back(ComplexNumbers<Complex128>(shape), ComplexNumbers<Complex128>({123}));
  cases.emplace_back(Tensor::Of<float>({4}, {kNan, 0.0f, kInf, 1}),
                     Tensor::Of<float>({4}, {kNan, -0.0f, kInf, 2}));
  for (const auto& [x, y] : cases) {
    SCOPED_TRACE(DataTypeName(x.dtype()));
    ExpectSame({x, y}, 0, OpOf("Equal"));
    ExpectSame({x, y}, 0, OpOf("NotEqual"));
  }
}

TEST(CudaEqualityTest, Approximate) {
  for (const DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE, DT_INT64}) {
    SCOPED_TRACE(DataTypeName(type));
    for (const float tolerance : {0.5f, 3.0f}) {
      ExpectSame({Numbers(type, {2000}), Numbers(type, {2000}, 2)}, 0,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("ApproximateEqual")
                       .In(in[0])
                       .In(in[1])
                       .Attr("tolerance", tolerance)
                       .Build();
                 });
    }
  }
}

TEST(CudaComplexTest, PartsAndTheirNumbers) {
  const Shape shape({3, 335});
  const auto check = [&](const Tensor& z, DataType part, double tolerance) {
    for (const char* op : {"Real", "Imag", "ComplexAbs", "Angle"}) {
      SCOPED_TRACE(op);
      ExpectSame({z}, tolerance, [&](const Scope& scope, const std::vector<Output>& in) {
        return scope.Op(op).In(in[0]).Attr("Tout", part).Build();
      });
    }
    ExpectSame({z}, 0, OpOf("Conj"));
    ExpectSame({Numbers(part, shape), Numbers(part, {335}, 2)}, 0,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("Complex").In(in[0]).In(in[1]).Attr("Tout", z.dtype()).Build();
               });
  };
  check(ComplexNumbers<Complex64>(shape), DT_FLOAT, 1e-6);
  check(ComplexNumbers<Complex128>(shape), DT_DOUBLE, 1e-14);
}

TEST(CudaSpecialTest, OfOneNumber) {
  for (const DataType type : {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE}) {
    for (const char* op : {"Lgamma", "Digamma", "BesselI0e", "BesselI1e"}) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      ExpectSame({Numbers(type, {1003})}, ToleranceOf(type), OpOf(op));
      ExpectSame({Numbers(type, {100}, 1, 50)}, ToleranceOf(type), OpOf(op));
    }
  }
  const Tensor x = Tensor::Of<float>({8}, {0.0f, -0.0f, -1, -2, kInf, -kInf, kNan, 1e-40f});
  for (const char* op : {"Lgamma", "Digamma", "BesselI0e", "BesselI1e"}) {
    ExpectSame({x}, 1e-6, OpOf(op));
  }
}

TEST(CudaSpecialTest, OfSeveralNumbers) {
  for (const DataType type : {DT_FLOAT, DT_DOUBLE}) {
    const Tensor a = Numbers(type, {5, 77}, 1, 2.5), x = Numbers(type, {77}, 2, 2.2);
    for (const char* op : {"Igamma", "Igammac", "IgammaGradA", "Zeta"}) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      ExpectSame({a, x}, ToleranceOf(type), OpOf(op));
      ExpectSame({Numbers(type, {100}), Numbers(type, {100}, 3)}, ToleranceOf(type), OpOf(op));
    }
  }
  ExpectSame({Tensor::Of<double>({4, 1}, {0, 1, 3, 0.5}), Numbers(DT_DOUBLE, {50}, 1, 2.5)}, 1e-12,
             OpOf("Polygamma"));
  const Tensor part = Tensor::Of<double>({5}, {0, 0.1, 0.5, 0.93, 1});
  ExpectSame({Numbers(DT_DOUBLE, {5}, 1, 3), Tensor::Scalar<double>(2.5), part}, 1e-12,
             OpOf("Betainc"));
}

TEST(CudaCrossTest, ManyVectors) {
  for (const DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE, DT_INT64}) {
    SCOPED_TRACE(DataTypeName(type));
    ExpectSame({Numbers(type, {700, 3}), Numbers(type, {700, 3}, 2)}, ToleranceOf(type),
               OpOf("Cross"));
  }
}

TEST(CudaCountingTest, Bincount) {
  std::vector<int32_t> values(5000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int32_t>(i * i % 61);
  const Tensor arr = Tensor::Vector<int32_t>(values), size = Tensor::Scalar<int32_t>(50);
  for (const DataType type : {DT_FLOAT, DT_DOUBLE, DT_INT64}) {
    SCOPED_TRACE(DataTypeName(type));
    ExpectSame({arr, size, Numbers(type, {0})}, 0, OpOf("Bincount"));
  }
  ExpectSame({arr, size, Numbers(DT_INT64, {5000})}, 0, OpOf("Bincount"));
}

TEST(CudaCountingTest, NegativeValuesCountNowhere) {
  const auto bins = RunOnGpu(
      {Tensor::Of<int32_t>({3}, {-1, 1, 1}), Tensor::Scalar<int32_t>(2), Numbers(DT_FLOAT, {0})},
      OpOf("Bincount"));
  ASSERT_TRUE(bins.ok()) << bins.status();
  ExpectClose(*bins, {Tensor::Of<float>({2}, {0, 2})}, 0);
}

TEST(CudaCountingTest, HistogramFixedWidth) {
  for (const DataType type : {DT_FLOAT, DT_DOUBLE}) {
    for (const DataType count : {DT_INT32, DT_INT64}) {
      const Tensor range = type == DT_FLOAT ? Tensor::Of<float>({2}, {-1.5f, 1})
                                            : Tensor::Of<double>({2}, {-1.5, 1});
      ExpectSame({Numbers(type, {40, 100}), range, Tensor::Scalar<int32_t>(17)}, 0,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("HistogramFixedWidth")
                       .In(in[0])
                       .In(in[1])
                       .In(in[2])
                       .Attr("dtype", count)
                       .Build();
                 });
    }
  }
}

TEST(CudaCountingTest, BucketizeWithAnyNumberOfBoundaries) {
  for (const int count : {0, 1, 7, 512, 513, 1500}) {
    SCOPED_TRACE(count);
    std::vector<float> boundaries;
    for (int i = 0; i < count; ++i) {
      boundaries.push_back(4.0f * static_cast<float>(i) / static_cast<float>(count) - 2);
    }
    for (const DataType type : {DT_INT64, DT_FLOAT, DT_DOUBLE}) {
      ExpectSame({Numbers(type, {3000})}, 0,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("Bucketize").In(in[0]).Attr("boundaries", boundaries).Build();
                 });
    }
  }
}

}  // namespace
}  // namespace weir
