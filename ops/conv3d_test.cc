#include "weir/ops/conv3d.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

using Ints = std::vector<int64_t>;

TEST(Conv3D, Shape) {
  const auto conv = [] {
    return ShapeTest("Conv3D").Attr("strides", Ints{1, 1, 2, 2, 1}).Attr("padding", "SAME");
  };
  EXPECT_SHAPE(conv().In("[?,3,7,8,3]").In("[3,3,3,3,5]"), "[?,3,4,4,5]");
  EXPECT_SHAPE_ERROR(conv().In("[2,7,8,3]").In("[3,3,3,3,5]"), "rank 5");
  const auto back = [](const char* op) {
    return ShapeTest(op).Attr("strides", Ints{1, 1, 2, 2, 1}).Attr("padding", "SAME");
  };
  EXPECT_SHAPE(back("Conv3DBackpropInputV2")
                   .Const(Tensor::Vector<int32_t>({2, 3, 7, 8, 3}))
                   .In("[3,3,3,3,5]")
                   .In("[2,3,4,4,5]"),
               "[2,3,7,8,3]");
  EXPECT_SHAPE(back("Conv3DBackpropFilterV2")
                   .In("[2,3,7,8,3]")
                   .Const(Tensor::Vector<int32_t>({3, 3, 3, 3, 5}))
                   .In("[2,3,4,4,5]"),
               "[3,3,3,3,5]");
}

TEST(Conv3D, Values) {
  OpTest("Conv3D")
      .Attr("strides", Ints{1, 1, 1, 1, 1})
      .Attr("padding", "VALID")
      .In<float>({1, 2, 1, 2, 1}, {1, 2, 3, 4})
      .In<float>({2, 1, 1, 1, 1}, {10, 1})
      .Expect<float>({1, 1, 1, 2, 1}, {13, 24});
}

TEST(Conv3D, BackpropValues) {
  const auto with = [](OpTest&& test) -> OpTest& {
    return test.Attr("strides", Ints{1, 1, 1, 1, 1}).Attr("padding", "VALID");
  };
  with(OpTest("Conv3DBackpropInputV2"))
      .In<int32_t>({5}, {1, 1, 1, 3, 1})
      .In<float>({1, 1, 2, 1, 1}, {10, 100})
      .In<float>({1, 1, 1, 2, 1}, {2, 3})
      .Expect<float>({1, 1, 1, 3, 1}, {20, 230, 300});
  with(OpTest("Conv3DBackpropFilterV2"))
      .In<float>({1, 1, 1, 3, 1}, {1, 2, 3})
      .In<int32_t>({5}, {1, 1, 2, 1, 1})
      .In<float>({1, 1, 1, 2, 1}, {2, 3})
      .Expect<float>({1, 1, 2, 1, 1}, {8, 13});
}

TEST(Conv3D, Gradients) {
  const auto test = [&](const char* op) {
    return GradientTest(op).Attr("strides", Ints{1, 1, 2, 1, 1}).Attr("padding", "SAME");
  };
  test("Conv3D").In({2, 2, 3, 3, 2}).In({2, 2, 2, 2, 2}).Check();
  test("Conv3DBackpropInputV2")
      .Const(Tensor::Vector<int32_t>({2, 2, 3, 3, 2}))
      .In({2, 2, 2, 2, 2})
      .In({2, 2, 2, 3, 2})
      .Check();
  test("Conv3DBackpropFilterV2")
      .In({2, 2, 3, 3, 2})
      .Const(Tensor::Vector<int32_t>({2, 2, 2, 2, 2}))
      .In({2, 2, 2, 3, 2})
      .Check();
}

}  // namespace
}  // namespace weir
