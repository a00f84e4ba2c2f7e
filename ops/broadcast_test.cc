#include "weir/ops/broadcast.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(BroadcastTo, Values) {
  OpTest("BroadcastTo")
      .In<float>({2, 1}, {1, 2})
      .In<int32_t>({2}, {2, 3})
      .Expect<float>({2, 3}, {1, 1, 1, 2, 2, 2});
  OpTest("BroadcastTo")
      .In<float>({3}, {1, 2, 3})
      .In<int64_t>({2}, {2, 3})
      .Expect<float>({2, 3}, {1, 2, 3, 1, 2, 3});
  OpTest("BroadcastTo")
      .In<std::string>({}, {"a"})
      .In<int32_t>({2}, {1, 2})
      .Expect<std::string>({1, 2}, {"a", "a"});
  OpTest("BroadcastTo")
      .In<float>({2, 1, 2}, {1, 2, 3, 4})
      .In<int32_t>({3}, {2, 2, 2})
      .Expect<float>({2, 2, 2}, {1, 2, 1, 2, 3, 4, 3, 4});
  OpTest("BroadcastTo").In<float>({1}, {1}).In<int32_t>({2}, {0, 1}).Expect<float>({0, 1}, {});
}

TEST(BroadcastTo, Errors) {
  OpTest("BroadcastTo")
      .In<float>({2}, {1, 2})
      .In<int32_t>({1}, {3})
      .ExpectError("does not broadcast");
  OpTest("BroadcastTo")
      .In<float>({1, 2}, {1, 2})
      .In<int32_t>({1}, {2})
      .ExpectError("does not broadcast");
}

TEST(BroadcastTo, Shape) {
  EXPECT_SHAPE(ShapeTest("BroadcastTo").In("[?]").Const(Tensor::Vector<int32_t>({2, 3})), "[2,3]");
  EXPECT_SHAPE(ShapeTest("BroadcastTo").In("[1]").In("[2]", DT_INT32), "[?,?]");
}

TEST(BroadcastTo, Gradient) {
  const Tensor shape = Tensor::Vector<int32_t>({2, 3, 2});
  for (const Shape& x :
       {Shape({}), Shape({2}), Shape({1}), Shape({3, 1}), Shape({2, 1, 2}), Shape({2, 3, 2})}) {
    GradientTest("BroadcastTo").In(x).Const(shape).Check();
  }
}

TEST(BroadcastArgs, Values) {
  OpTest("BroadcastArgs")
      .In<int32_t>({2}, {2, 1})
      .In<int32_t>({3}, {4, 1, 3})
      .Expect<int32_t>({3}, {4, 2, 3});
  OpTest("BroadcastArgs").In<int32_t>({1}, {2}).In<int32_t>({1}, {3}).ExpectError("Incompatible");
  EXPECT_SHAPE(ShapeTest("BroadcastArgs").In("[2]", DT_INT32).In("[3]", DT_INT32), "[3]");
}

TEST(BroadcastGradientArgs, NamesTheStretchedAxes) {
  const auto args = [] { return OpTest("BroadcastGradientArgs"); };
  args()
      .In<int32_t>({2}, {2, 1})
      .In<int32_t>({2}, {2, 3})
      .Expect<int32_t>({1}, {1})
      .Expect<int32_t>({0}, {});
  args()
      .In<int64_t>({1}, {3})
      .In<int64_t>({3}, {1, 2, 3})
      .Expect<int64_t>({2}, {0, 1})
      .Expect<int64_t>({1}, {0});
  args()
      .In<int32_t>({2}, {1, 1})
      .In<int32_t>({2}, {1, 1})
      .Expect<int32_t>({0}, {})
      .Expect<int32_t>({0}, {});
  args()
      .In<int32_t>({2}, {1, 1})
      .In<int32_t>({2}, {1, 4})
      .Expect<int32_t>({2}, {0, 1})
      .Expect<int32_t>({1}, {0});
  args().In<int32_t>({0}, {}).In<int32_t>({1}, {0}).Expect<int32_t>({1}, {0}).Expect<int32_t>({0},
                                                                                              {});
  args().In<int32_t>({1}, {2}).In<int32_t>({1}, {3}).ExpectError("Incompatible");
  EXPECT_SHAPE(ShapeTest("BroadcastGradientArgs").In("[2]", DT_INT32).In("[3]", DT_INT32),
               "[?];[?]");
}

}  // namespace
}  // namespace weir
