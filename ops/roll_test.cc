#include "weir/ops/roll.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Roll, Values) {
  const Tensor x = Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto roll = [&](std::initializer_list<int32_t> shift, std::initializer_list<int64_t> axis,
                        std::initializer_list<float> want) {
    OpTest("Roll")
        .In(x)
        .In(Tensor::Vector<int32_t>(shift))
        .In(Tensor::Vector<int64_t>(axis))
        .Expect<float>({2, 3}, want);
  };
  roll({1}, {1}, {3, 1, 2, 6, 4, 5});
  roll({1}, {0}, {4, 5, 6, 1, 2, 3});
  roll({-1}, {-1}, {2, 3, 1, 5, 6, 4});
  roll({1, 1}, {0, 1}, {6, 4, 5, 3, 1, 2});
  roll({1, 1}, {1, 1}, {2, 3, 1, 5, 6, 4});
  roll({6}, {1}, {1, 2, 3, 4, 5, 6});
  roll({INT32_MIN}, {1}, {3, 1, 2, 6, 4, 5});
  OpTest("Roll").In(x).In<int32_t>({}, {1}).In<int64_t>({}, {2}).ExpectError("outside of [-2, 2)");
  OpTest("Roll")
      .In(x)
      .In<int32_t>({2}, {1, 2})
      .In<int64_t>({1}, {0})
      .ExpectError("must have the same size");
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
