#include "weir/ops/clip.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ClipByValue, Shape) {
  EXPECT_SHAPE(ShapeTest("ClipByValue").In("[?,3]").In("[]").In("[2,3]"), "[?,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("ClipByValue").In("[2,3]").In("[3]").In("[]"), "bound");
}

TEST(ClipByValue, ScalarAndElementBounds) {
  OpTest("ClipByValue")
      .In<float>({4}, {-2, 0.5f, 3, kNan})
      .In<float>({}, {-1})
      .In<float>({}, {1})
      .Expect<float>({4}, {-1, 0.5f, 1, kNan});
  OpTest("ClipByValue")
      .In<int32_t>({3}, {1, 5, 9})
      .In<int32_t>({3}, {2, 2, 2})
      .In<int32_t>({}, {6})
      .Expect<int32_t>({3}, {2, 5, 6});
  OpTest("ClipByValue")
      .In<Half>({2}, {-1, 9})
      .In<Half>({}, {0})
      .In<Half>({}, {4})
      .Expect<Half>({2}, {0, 4});
  OpTest("ClipByValue")
      .In<float>({2}, {1, 2})
      .In<float>({3}, {0, 0, 0})
      .In<float>({}, {1})
      .ExpectError("");
}

TEST(ClipByValue, GradientGoesToTheElementOrItsBound) {
  GradientTest("ClipByValue")
      .In(Tensor::Of<double>({4}, {-2, -0.5, 0.5, 2}))
      .In(Tensor::Scalar(-1.0))
      .In(Tensor::Of<double>({4}, {1, 1, 0.2, 1}))
      .Check();
}

TEST(ClipByValue, TheLowBoundWinsWhereBoundsCross) {
  const Tensor low = Tensor::Of<int32_t>({2}, {3, 3}), t = Tensor::Of<int32_t>({2}, {1, 5});
  OpTest("ClipByValue").In(t).In<int32_t>({}, {3}).In<int32_t>({}, {2}).Expect(low);
  OpTest("ClipByValue").In(t).In(low).In<int32_t>({}, {2}).Expect(low);
}

}  // namespace
}  // namespace weir
