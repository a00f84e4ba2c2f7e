#include "weir/ops/one_hot.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

const Tensor& Depth() {
  static const Tensor* const depth = new Tensor(Tensor::Scalar<int32_t>(3));
  return *depth;
}

TEST(OneHot, Shape) {
  EXPECT_SHAPE(ShapeTest("OneHot").In("[2,?]", DT_INT64).Const(Depth()).In("[]").In("[]"),
               "[2,?,3]");
  EXPECT_SHAPE(
      ShapeTest("OneHot").In("[2,?]", DT_INT64).Const(Depth()).In("[]").In("[]").Attr("axis", 0),
      "[3,2,?]");
  EXPECT_SHAPE(ShapeTest("OneHot").In("[2]", DT_INT64).In("[]", DT_INT32).In("[]").In("[]"),
               "[2,?]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("OneHot").In("[2]", DT_INT64).Const(Depth()).In("[]").In("[]").Attr("axis", 2),
      "Expected axis");
  EXPECT_SHAPE_ERROR(
      ShapeTest("OneHot").In("[2]", DT_INT64).Const(Tensor::Scalar<int32_t>(-1)).In("[]").In("[]"),
      "non-negative");
}

TEST(OneHot, Values) {
  OpTest("OneHot")
      .In<int64_t>({4}, {0, 2, -1, 3})
      .In(Depth())
      .In<float>({}, {5})
      .In<float>({}, {1})
      .Expect<float>({4, 3}, {5, 1, 1, 1, 1, 5, 1, 1, 1, 1, 1, 1});
  OpTest("OneHot")
      .In<uint8_t>({2}, {1, 0})
      .In(Depth())
      .In<bool>({}, {true})
      .In<bool>({}, {false})
      .Attr("axis", 0)
      .Expect<bool>({3, 2}, {false, true, true, false, false, false});
  OpTest("OneHot")
      .In<int32_t>({0}, {})
      .In(Depth())
      .In<std::string>({}, {"on"})
      .In<std::string>({}, {"off"})
      .Expect<std::string>({0, 3}, {});
}

}  // namespace
}  // namespace weir
