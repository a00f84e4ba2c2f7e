#include "weir/ops/roll.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Roll, Values) {
  const auto roll = [](std::initializer_list<int32_t> shift, std::initializer_list<int64_t> axis) {
    return OpTest("Roll")
        .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
        .In<int32_t>({static_cast<int64_t>(shift.size())}, shift)
        .In<int64_t>({static_cast<int64_t>(axis.size())}, axis);
  };
  roll({1}, {1}).Expect<float>({2, 3}, {3, 1, 2, 6, 4, 5});
  roll({1}, {0}).Expect<float>({2, 3}, {4, 5, 6, 1, 2, 3});
  roll({-1}, {-1}).Expect<float>({2, 3}, {2, 3, 1, 5, 6, 4});
  roll({1, 1}, {0, 1}).Expect<float>({2, 3}, {6, 4, 5, 3, 1, 2});
  roll({1, 1}, {1, 1}).Expect<float>({2, 3}, {2, 3, 1, 5, 6, 4});
  roll({6}, {1}).Expect<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  roll({INT32_MIN}, {1}).Expect<float>({2, 3}, {3, 1, 2, 6, 4, 5});
  roll({1}, {2}).ExpectError("outside of [-2, 2)");
  roll({1, 2}, {0}).ExpectError("must have the same size");
  OpTest("Roll")
      .In<std::string>({2}, {"a", "b"})
      .In<int32_t>({}, {1})
      .In<int32_t>({}, {0})
      .Expect<std::string>({2}, {"b", "a"});
  OpTest("Roll").In<float>({0}, {}).In<int32_t>({}, {1}).In<int32_t>({}, {0}).Expect<float>({0},
                                                                                            {});
}

TEST(Roll, Shape) {
  EXPECT_SHAPE(ShapeTest("Roll").In("[?,3]").In("[?]", DT_INT32).In("[2]", DT_INT32), "[?,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("Roll").In("[]").In("[]", DT_INT32).In("[]", DT_INT32), "rank");
}

TEST(Roll, Gradient) {
  GradientTest("Roll")
      .In({2, 3})
      .Const(Tensor::Vector<int32_t>({1, 2}))
      .Const(Tensor::Vector<int32_t>({1, 0}))
      .Check();
}

}  // namespace
}  // namespace weir
