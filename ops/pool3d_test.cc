#include "weir/ops/pool3d.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

using Ints = std::vector<int64_t>;

template <typename Test>
Test Pool(const char* op, const char* padding) {
  Test test(op);
  test.Attr("ksize", Ints{1, 2, 2, 2, 1}).Attr("strides", Ints{1, 2, 2, 2, 1});
  test.Attr("padding", padding);
  return test;
}

TEST(Pool3D, Shape) {
  EXPECT_SHAPE(Pool<ShapeTest>("MaxPool3D", "SAME").In("[?,3,4,5,2]"), "[?,2,2,3,2]");
  EXPECT_SHAPE(Pool<ShapeTest>("AvgPool3D", "VALID").In("[?,3,4,5,2]"), "[?,1,2,2,2]");
  EXPECT_SHAPE_ERROR(Pool<ShapeTest>("AvgPool3D", "VALID").In("[3,4,5,2]"), "rank 5");
}

TEST(Pool3D, Values) {
  Pool<OpTest>("MaxPool3D", "VALID")
      .In<float>({1, 2, 2, 2, 1}, {1, 2, 3, 9, 5, 6, 7, 8})
      .Expect<float>({1, 1, 1, 1, 1}, {9});
  Pool<OpTest>("AvgPool3D", "VALID")
      .In<float>({1, 2, 2, 2, 1}, {1, 2, 3, 9, 5, 6, 7, 7})
      .Expect<float>({1, 1, 1, 1, 1}, {5});
  Pool<OpTest>("MaxPool3DGrad", "VALID")
      .In<float>({1, 2, 2, 2, 1}, {1, 2, 3, 9, 5, 6, 7, 8})
      .In<float>({1, 1, 1, 1, 1}, {9})
      .In<float>({1, 1, 1, 1, 1}, {2})
      .Expect<float>({1, 2, 2, 2, 1}, {0, 0, 0, 2, 0, 0, 0, 0});
  Pool<OpTest>("MaxPool3DGradGrad", "VALID")
      .In<float>({1, 2, 2, 2, 1}, {1, 2, 3, 9, 5, 6, 7, 8})
      .In<float>({1, 1, 1, 1, 1}, {9})
      .In<float>({1, 2, 2, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8})
      .Expect<float>({1, 1, 1, 1, 1}, {4});
}

TEST(Pool3D, Gradients) {
  Pool<GradientTest>("AvgPool3D", "SAME").In({2, 3, 4, 3, 2}).Check();
  Pool<GradientTest>("AvgPool3DGrad", "SAME")
      .Const(Tensor::Vector<int32_t>({2, 3, 4, 3, 2}))
      .In({2, 2, 2, 2, 2})
      .Check();
}

}  // namespace
}  // namespace weir
