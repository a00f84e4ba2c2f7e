// Kernels of the GPU that go along rows, over the emulated CUDA runtime: running sums and the
// largest elements.

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

TEST(CudaCumTest, LinesOfAllLengths) {
  struct Case {
    Shape shape;
    int axis;
  };
  const Case cases[] = {
      {{20}, 0},       {{300}, 0},   {{40000}, 0},      {{3, 257}, 1},
      {{2, 9001}, -1}, {{70, 3}, 0}, {{2, 5000, 3}, 1}, {{9000, 40}, 1},
      {{40, 9000}, 0}, {{0, 3}, 1},  {{3, 0}, 1},       {{2, 100, 64}, 1},
  };
  for (const Case& c : cases) {
    for (const bool exclusive : {false, true}) {
      for (const bool reverse : {false, true}) {
        const auto check = [&](const char* op, DataType type, double tolerance) {
          SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", c.shape.ToString(), " ",
                                    exclusive, reverse));
          ExpectSame({Numbers(type, c.shape), Tensor::Scalar<int32_t>(c.axis)}, tolerance,
                     [&](const Scope& scope, const std::vector<Output>& in) {
                       return scope.Op(op)
                           .In(in[0])
                           .In(in[1])
                           .Attr("exclusive", exclusive)
                           .Attr("reverse", reverse)
                           .Build();
                     });
        };
        check("Cumsum", DT_FLOAT, 1e-6);
        check("Cumsum", DT_INT32, 0);
        check("Cumprod", DT_INT64, 0);
        if (c.shape.num_elements() < 1000) check("Cumsum", DT_HALF, 2e-3);
        if (c.shape.num_elements() < 30000) check("CumulativeLogsumexp", DT_DOUBLE, 1e-10);
      }
    }
  }
}

void ExpectSameTop(const Tensor& x, int32_t k) {
  SCOPED_TRACE(absl::StrCat(DataTypeName(x.dtype()), " ", x.shape().ToString(), " ", k));
  ExpectSame({x, Tensor::Scalar<int32_t>(k)}, 0,
             [](const Scope& scope, const std::vector<Output>& in) {
               return scope.Op("TopKV2").In(in[0]).In(in[1]).Build();
             });
}

TEST(CudaTopKTest, RowsOfAllLengths) {
  for (const DataType type : {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE, DT_INT32, DT_INT64}) {
    ExpectSameTop(Numbers(type, {5, 7}), 1);
    ExpectSameTop(Numbers(type, {5, 7}), 7);
    ExpectSameTop(Numbers(type, {3, 2, 300}), 17);  // Integers have equal elements.
    ExpectSameTop(Numbers(type, {2, 3000}), 700);
  }
  ExpectSameTop(Numbers(DT_FLOAT, {3000, 5}), 2);  // More rows than blocks.
  ExpectSameTop(Numbers(DT_INT32, {4000}), 4000);
  ExpectSameTop(Numbers(DT_FLOAT, {0, 5}), 2);
  ExpectSameTop(Numbers(DT_FLOAT, {3, 5}), 0);
}

// Blocks look at parts of them first; most elements have equals in other parts.
TEST(CudaTopKTest, FewLongRows) {
  for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT64}) {
    ExpectSameTop(Numbers(type, {2, 50001}), 9);
  }
  ExpectSameTop(Numbers(DT_INT32, {1, 40000}), 2000);
  Tensor x = Tensor::Make(DT_FLOAT, {1, 30000}).value();
  std::fill_n(x.mutable_data<float>(), 30000, std::numeric_limits<float>::quiet_NaN());
  x.mutable_data<float>()[29999] = -std::numeric_limits<float>::infinity();
  ExpectSameTop(x, 3);
}

TEST(CudaTopKTest, UnsortedHaveTheOrderOfTheHeap) {
  const auto expect_same = [](const Tensor& x, int32_t k) {
    SCOPED_TRACE(absl::StrCat(DataTypeName(x.dtype()), " ", x.shape().ToString(), " ", k));
    ExpectSame({x, Tensor::Scalar<int32_t>(k)}, 0,
               [](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("TopKV2").In(in[0]).In(in[1]).Attr("sorted", false).Build();
               });
  };
  for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT32}) {
    for (const int32_t k : {2, 30, 699, 700}) expect_same(Numbers(type, {3, 700}), k);
    expect_same(Numbers(type, {1, 20000}), 50);
  }
  expect_same(Numbers(DT_FLOAT, {3000, 5}), 3);
}

TEST(CudaTopKTest, SpecialNumbersHaveTheirPlaces) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x =
      Tensor::Of<float>({2, 10}, {nan,   -kInf, 0.0f,  -0.0f, kInf, -1,  0.0f, -nan, 1,   kInf,  //
                                  -0.0f, 0.0f,  -0.0f, nan,   nan,  nan, nan,  nan,  nan, nan});
  for (const int32_t k : {1, 4, 6, 8, 10}) ExpectSameTop(x, k);
}

TEST(CudaInTopKTest, CountsWhatIsLarger) {
  Tensor predictions = Numbers(DT_FLOAT, {50, 70});
  float* const x = predictions.mutable_data<float>();
  x[5 * 70 + 69] = std::numeric_limits<float>::infinity();
  x[6 * 70] = std::numeric_limits<float>::quiet_NaN();
  std::vector<int64_t> targets(50);
  for (int64_t i = 0; i < 50; ++i) targets[i] = i * 3 % 72 - 1;  // Two are outside.
  for (const int64_t k : {0, 1, 20, 70}) {
    SCOPED_TRACE(k);
    ExpectSame({predictions, Tensor::Vector<int64_t>(targets), Tensor::Scalar<int64_t>(k)}, 0,
               [](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("InTopKV2").In(in[0]).In(in[1]).In(in[2]).Build();
               });
    ExpectSame({predictions, Tensor::Vector<int64_t>(targets)}, 0,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("InTopK").In(in[0]).In(in[1]).Attr("k", k).Build();
               });
  }
}

}  // namespace
}  // namespace weir
