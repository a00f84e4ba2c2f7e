#include "weir/ops/cross.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Cross, Shape) {
  EXPECT_SHAPE(ShapeTest("Cross").In("[?,3]").In("[2,?]"), "[2,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("Cross").In("[2]").In("[2]"), "innermost");
}

TEST(Cross, VectorProducts) {
  OpTest("Cross")
      .In<float>({2, 3}, {1, 0, 0, 1, 2, 3})
      .In<float>({2, 3}, {0, 1, 0, 4, 5, 6})
      .Expect<float>({2, 3}, {0, 0, 1, -3, 6, -3});
  OpTest("Cross")
      .In<int8_t>({3}, {1, 2, 3})
      .In<int8_t>({3}, {4, 5, 6})
      .Expect<int8_t>({3}, {-3, 6, -3});
  OpTest("Cross").In<float>({0, 3}, {}).In<float>({0, 3}, {}).Expect<float>({0, 3}, {});
  OpTest("Cross").In<float>({2}, {1, 2}).In<float>({2}, {1, 2}).ExpectError("innermost");
}

TEST(Cross, Gradient) { GradientTest("Cross").In({2, 3}).In({2, 3}).Check(); }

}  // namespace
}  // namespace weir
