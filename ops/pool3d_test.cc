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
  EXPECT_SHAPE(Pool<ShapeTest>("AvgPool3DGrad", "SAME")
                   .Const(Tensor::Vector<int32_t>({2, 3, 4, 5, 2}))
                   .In("[2,2,2,3,2]"),
               "[2,3,4,5,2]");
  EXPECT_SHAPE(Pool<ShapeTest>("MaxPool3DGrad", "SAME")
                   .In("[2,3,4,5,2]")
                   .In("[2,2,2,3,2]")
                   .In("[2,2,2,3,2]"),
               "[2,3,4,5,2]");
  EXPECT_SHAPE(Pool<ShapeTest>("MaxPool3DGradGrad", "SAME")
                   .In("[2,3,4,5,2]")
                   .In("[2,2,2,3,2]")
                   .In("[2,3,4,5,2]"),
               "[2,2,2,3,2]");
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
  Pool<OpTest>("AvgPool3DGrad", "VALID")
      .In<int32_t>({5}, {1, 2, 2, 2, 1})
      .In<float>({1, 1, 1, 1, 1}, {8})
      .Expect<float>({1, 2, 2, 2, 1}, {1, 1, 1, 1, 1, 1, 1, 1});
}

// All different by more than the differences' step.
Tensor Distinct(const Shape& shape) {
  Tensor t = *Tensor::Make(DT_DOUBLE, shape);
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    t.mutable_data<double>()[i] = static_cast<double>(i * 37 % 101) / 10;
  }
  return t;
}

TEST(MaxPool3D, FirstAndSecondGradients) {
  const Shape image({1, 3, 4, 3, 2});
  for (const char* padding : {"SAME", "VALID"}) {
    Tensor narrow = *Tensor::Make(DT_FLOAT, image);
    const Tensor x = Distinct(image);
    for (int64_t i = 0; i < image.num_elements(); ++i) {
      narrow.mutable_data<float>()[i] = static_cast<float>(x.data<double>()[i]);
    }
    auto y = Pool<OpTest>("MaxPool3D", padding).In(narrow).Outputs();
    ASSERT_TRUE(y.ok()) << y.status();
    const Tensor& pooled = (*y)[0];
    const auto test = [&](const char* op) {
      GradientTest t = Pool<GradientTest>(op, padding);
      return t.Float();
    };
    test("MaxPool3D").In(x).Check();
    test("MaxPool3DGrad").In(x).Const(pooled).In(pooled.shape()).Check();
    test("MaxPool3DGradGrad").In(x).Const(pooled).In(image).Check();
  }
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
