#include "weir/ops/top_k.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor K(int32_t k) { return Tensor::Scalar<int32_t>(k); }

TEST(TopK, Shape) {
  EXPECT_SHAPE(ShapeTest("TopKV2").In("[?,5]").Const(K(2)), "[?,2];[?,2]");
  EXPECT_SHAPE(ShapeTest("TopKV2").In("[3,5]").In("[]", DT_INT32), "[3,?];[3,?]");
  EXPECT_SHAPE(ShapeTest("TopKV2").In("?").Const(K(2)), "<unknown>;<unknown>");
  EXPECT_SHAPE_ERROR(ShapeTest("TopKV2").In("[3]").Const(K(4)), "at least k = 4");
  EXPECT_SHAPE_ERROR(ShapeTest("TopKV2").In("[3]").Const(K(-1)), "negative");
  EXPECT_SHAPE_ERROR(ShapeTest("TopKV2").In("[]").Const(K(0)), "rank");
}

TEST(TopK, LargestFirstAndLowerIndexAmongEquals) {
  const Tensor x = Tensor::Of<float>({2, 4}, {1, 3, 3, 2, -1, -2, -1, -4});
  OpTest("TopKV2")
      .In(x)
      .In(K(3))
      .Expect<float>({2, 3}, {3, 3, 2, -1, -1, -2})
      .Expect<int32_t>({2, 3}, {1, 2, 3, 0, 2, 1});
  OpTest("TopKV2").In(x).In(K(1)).Expect<float>({2, 1}, {3, -1}).Expect<int32_t>({2, 1}, {1, 0});
  OpTest("TopKV2").In(x).In(K(0)).Expect<float>({2, 0}, {}).Expect<int32_t>({2, 0}, {});
  OpTest("TopKV2").In<uint8_t>({2}, {3, 200}).In(K(2)).Expect<uint8_t>({2}, {200, 3});
  OpTest("TopKV2").In<float>({0, 2}, {}).In(K(1)).Expect<float>({0, 1}, {});
  OpTest("TopKV2").In(x).In(K(5)).ExpectError("at least k = 5");
}

// What TensorFlow returned.
TEST(TopK, WithoutAnOrderTheyAreInThatOfTheHeap) {
  OpTest("TopKV2")
      .In<float>({8}, {5, 1, 9, 3, 7, 2, 8, 9})
      .In(K(4))
      .Attr("sorted", false)
      .Expect<float>({4}, {7, 8, 9, 9})
      .Expect<int32_t>({4}, {4, 6, 2, 7});
  OpTest("TopKV2")
      .In<float>({8}, {5, 1, 9, 3, 7, 2, 8, 9})
      .In(K(8))
      .Attr("sorted", false)
      .Expect<float>({8}, {9, 9, 8, 7, 5, 3, 2, 1})
      .Expect<int32_t>({8}, {2, 7, 6, 4, 0, 3, 5, 1});
}

TEST(TopK, NanComesLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  OpTest("TopKV2")
      .In<float>({3}, {nan, 1, 2})
      .In(K(2))
      .Expect<float>({2}, {2, 1})
      .Expect<int32_t>({2}, {2, 1});
}

TEST(TopK, Gradient) {
  GradientTest("TopKV2").In({5}).Const(K(2)).Check();
  GradientTest("TopKV2").In({2, 3, 4}).Const(K(2)).Check();
  GradientTest("TopKV2").In({2, 3}).Const(K(0)).Check();
}

TEST(TopK, FirstVersionHasKAsAnAttr) {
  const auto k = [](auto test, int64_t n) { return test.Attr("k", n); };
  EXPECT_SHAPE(k(ShapeTest("TopK"), 2).In("[?,5]"), "[?,2];[?,2]");
  EXPECT_SHAPE_ERROR(k(ShapeTest("TopK"), 4).In("[3]"), "at least k = 4");
  OpTest("TopK")
      .Attr("k", 2)
      .In<float>({2, 3}, {1, 3, 2, -1, -1, -4})
      .Expect<float>({2, 2}, {3, 2, -1, -1})
      .Expect<int32_t>({2, 2}, {1, 2, 0, 1});
  k(GradientTest("TopK"), 2).In({2, 3, 4}).Check();
}

TEST(NthElement, FromEitherEnd) {
  EXPECT_SHAPE(ShapeTest("NthElement").In("[?,5]").Const(K(2)), "[?]");
  EXPECT_SHAPE_ERROR(ShapeTest("NthElement").In("[5]").Const(K(5)), "more than n = 5");
  const Tensor x = Tensor::Of<float>({2, 3}, {3, 1, 2, 6, 5, 4});
  OpTest("NthElement").In(x).In(K(0)).Expect<float>({2}, {1, 4});
  OpTest("NthElement").In(x).In(K(0)).Attr("reverse", true).Expect<float>({2}, {3, 6});
  OpTest("NthElement").In(x).In(K(1)).Expect<float>({2}, {2, 5});
  OpTest("NthElement").In(x).In(K(3)).ExpectError("n");
  GradientTest("NthElement").In({2, 4}).Const(K(2)).Check();
}

}  // namespace
}  // namespace weir
