#include "weir/ops/cum.h"

#include <cmath>
#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

const Tensor kZero = Tensor::Scalar<int32_t>(0);

TEST(Cumulative, Shape) {
  EXPECT_SHAPE(ShapeTest("Cumsum").In("[?,3]").Const(kZero), "[?,3]");
  EXPECT_SHAPE(ShapeTest("CumulativeLogsumexp").In("[?,3]").Const(kZero), "[?,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("Cumsum").In("[3]").Const(Tensor::Scalar<int32_t>(1)), "axis 1");
  EXPECT_SHAPE_ERROR(ShapeTest("Cumprod").In("[3]").Const(Tensor::Vector<int32_t>({0})), "scalar");
}

TEST(Cumulative, FourWaysToRun) {
  const Tensor x = Tensor::Vector<float>({1, 2, 3});
  const auto sum = [&](bool exclusive, bool reverse) -> OpTest {
    OpTest test("Cumsum");
    test.In(x).In(kZero).Attr("exclusive", exclusive).Attr("reverse", reverse);
    return test;
  };
  sum(false, false).Expect<float>({3}, {1, 3, 6});
  sum(true, false).Expect<float>({3}, {0, 1, 3});
  sum(false, true).Expect<float>({3}, {6, 5, 3});
  sum(true, true).Expect<float>({3}, {5, 3, 0});
  OpTest("Cumprod").In(x).In(kZero).Attr("exclusive", true).Expect<float>({3}, {1, 1, 2});
}

TEST(Cumulative, AlongEachAxis) {
  const Tensor x = Tensor::Of<int32_t>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  OpTest("Cumsum").In(x).In(kZero).Expect<int32_t>({2, 2, 2}, {1, 2, 3, 4, 6, 8, 10, 12});
  OpTest("Cumsum").In(x).In<int64_t>({}, {1}).Expect<int32_t>({2, 2, 2},
                                                              {1, 2, 4, 6, 5, 6, 12, 14});
  OpTest("Cumprod").In(x).In<int32_t>({}, {-1}).Expect<int32_t>({2, 2, 2},
                                                                {1, 2, 3, 12, 5, 30, 7, 56});
  OpTest("Cumsum").In<float>({0, 2}, {}).In(kZero).Expect<float>({0, 2}, {});
  OpTest("Cumsum").In(x).In<int32_t>({}, {3}).ExpectError("axis");
}

TEST(Cumulative, LogSumExp) {
  const double ln2 = std::log(2.0);
  OpTest("CumulativeLogsumexp").In<double>({2}, {0, 0}).In(kZero).Expect<double>({2}, {0, ln2});
  OpTest("CumulativeLogsumexp")
      .In<float>({2}, {1000, 1000})
      .In(kZero)
      .Expect<float>({2}, {1000, 1000.6931f});
}

TEST(Cumulative, Gradients) {
  for (const char* op : {"Cumsum", "Cumprod", "CumulativeLogsumexp"}) {
    for (const bool exclusive : {false, true}) {
      for (const bool reverse : {false, true}) {
        if (exclusive && std::string(op) == "CumulativeLogsumexp") continue;  // Starts at -max.
        for (int32_t axis : {0, -1}) {
          GradientTest(op)
              .In({2, 3}, 0.5, 1.5)
              .Const(Tensor::Scalar(axis))
              .Attr("exclusive", exclusive)
              .Attr("reverse", reverse)
              .Check();
        }
      }
    }
  }
}

}  // namespace
}  // namespace weir
