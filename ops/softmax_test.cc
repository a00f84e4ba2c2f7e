#include "weir/ops/softmax.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Softmax, Shape) {
  EXPECT_SHAPE(ShapeTest("Softmax").In("[?,3]"), "[?,3]");
  EXPECT_SHAPE(ShapeTest("LogSoftmax").In("[?]"), "[?]");
  EXPECT_SHAPE_ERROR(ShapeTest("Softmax").In("[]"), "rank");
}

TEST(Softmax, Values) {
  OpTest("Softmax")
      .In<float>({1, 3}, {1, 2, 3})
      .Expect<float>({1, 3}, {.09003057f, .24472847f, .66524096f});
  OpTest("Softmax").In<double>({2, 1}, {5, -5}).Expect<double>({2, 1}, {1, 1});
  OpTest("Softmax").In<float>({0, 3}, {}).Expect<float>({0, 3}, {});
  OpTest("Softmax").In<float>({2, 0}, {}).Expect<float>({2, 0}, {});
  OpTest("LogSoftmax")
      .In<float>({1, 3}, {1, 2, 3})
      .Expect<float>({1, 3}, {-2.4076059f, -1.4076059f, -.40760596f});
}

TEST(Softmax, LargeLogitsDoNotOverflow) {
  OpTest("Softmax").In<float>({2}, {1000, -1000}).Expect<float>({2}, {1, 0});
  OpTest("LogSoftmax").In<float>({2}, {1000, -1000}).Expect<float>({2}, {0, -2000});
}

TEST(Softmax, HalfSumsInFloat) {
  absl::StatusOr<Tensor> x = Tensor::Zeros(DT_HALF, {4096});
  ASSERT_TRUE(x.ok());
  absl::StatusOr<std::vector<Tensor>> y = OpTest("Softmax").In(*x).Outputs();
  ASSERT_TRUE(y.ok()) << y.status();
  EXPECT_FLOAT_EQ(float((*y)[0].data<Half>()[17]), 1.0f / 4096);
}

TEST(Softmax, Gradients) {
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    GradientTest(op).In({3}).Check();
    GradientTest(op).In({2, 3}).Check();
    GradientTest(op).In({2, 3, 4}).Check();
    GradientTest(op).In({2, 1}).Check();
  }
}

}  // namespace
}  // namespace weir
