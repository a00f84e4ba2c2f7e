#include "weir/ops/bincount.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

const Tensor kValues = Tensor::Vector<int32_t>({1, 3, 1, 7});

TEST(Bincount, Shape) {
  EXPECT_SHAPE(ShapeTest("Bincount").In("[?]", DT_INT32).Const(Tensor::Scalar<int32_t>(5)).In("?"),
               "[5]");
  EXPECT_SHAPE(ShapeTest("Bincount").In("[?]", DT_INT32).In("[]", DT_INT32).In("?"), "[?]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("Bincount").In("[?]", DT_INT32).Const(Tensor::Scalar<int32_t>(-1)).In("?"),
      "negative");
}

TEST(Bincount, CountsOrSumsWeights) {
  OpTest("Bincount")
      .In(kValues)
      .In<int32_t>({}, {5})
      .In<float>({0}, {})
      .Expect<float>({5}, {0, 2, 0, 1, 0});
  OpTest("Bincount")
      .In(kValues)
      .In<int32_t>({}, {4})
      .In<double>({4}, {.5, 2, .25, 9})
      .Expect<double>({4}, {0, .75, 0, 2});
}

TEST(Bincount, Errors) {
  OpTest("Bincount")
      .In<int32_t>({1}, {-1})
      .In<int32_t>({}, {2})
      .In<float>({0}, {})
      .ExpectError("non-negative");
  OpTest("Bincount").In(kValues).In<int32_t>({}, {2}).In<float>({1}, {1}).ExpectError("");
}

}  // namespace
}  // namespace weir
