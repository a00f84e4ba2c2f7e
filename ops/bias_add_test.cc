#include "weir/ops/bias_add.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(BiasAdd, Shape) {
  EXPECT_SHAPE(ShapeTest("BiasAdd").In("[?,4]").In("[4]"), "[?,4]");
  EXPECT_SHAPE(ShapeTest("BiasAdd").In("[2,?]").In("[4]"), "[2,4]");
  EXPECT_SHAPE(ShapeTest("BiasAdd").In("[2,?,5,6]").In("[4]").Attr("data_format", "NCHW"),
               "[2,4,5,6]");
  EXPECT_SHAPE_ERROR(ShapeTest("BiasAdd").In("[2,3]").In("[4]"), "channels");
  EXPECT_SHAPE_ERROR(ShapeTest("BiasAdd").In("[4]").In("[4]"), "rank");
  EXPECT_SHAPE(ShapeTest("BiasAddV1").In("[2,?]").In("[4]"), "[2,4]");
  EXPECT_SHAPE(ShapeTest("BiasAddGrad").In("[2,?,5]"), "[5]");
  EXPECT_SHAPE(ShapeTest("BiasAddGrad").In("[2,3,5]").Attr("data_format", "NCHW"), "[3]");
  EXPECT_SHAPE(ShapeTest("BiasAddGrad").In("<unknown>"), "[?]");
}

TEST(BiasAdd, AddsAlongTheChannels) {
  OpTest("BiasAdd")
      .In<float>({2, 2}, {1, 2, 3, 4})
      .In<float>({2}, {10, 20})
      .Expect<float>({2, 2}, {11, 22, 13, 24});
  OpTest("BiasAdd")
      .Attr("data_format", "NCHW")
      .In<int32_t>({1, 2, 2}, {1, 2, 3, 4})
      .In<int32_t>({2}, {10, 20})
      .Expect<int32_t>({1, 2, 2}, {11, 12, 23, 24});
  OpTest("BiasAddV1").In<float>({0, 2}, {}).In<float>({2}, {1, 2}).Expect<float>({0, 2}, {});
}

TEST(BiasAdd, RefusesABiasOfAnotherSize) {
  OpTest("BiasAdd").In<float>({2, 2}, {1, 2, 3, 4}).In<float>({3}, {1, 2, 3}).ExpectError("bias");
}

TEST(BiasAddGrad, SumsAllButTheChannels) {
  OpTest("BiasAddGrad").In<float>({3, 2}, {1, 2, 3, 4, 5, 6}).Expect<float>({2}, {9, 12});
  OpTest("BiasAddGrad")
      .Attr("data_format", "NCHW")
      .In<float>({1, 2, 3}, {1, 2, 3, 4, 5, 6})
      .Expect<float>({2}, {6, 15});
  OpTest("BiasAddGrad").In<float>({0, 2}, {}).Expect<float>({2}, {0, 0});
}

TEST(BiasAddGrad, LongSumsKeepTheirDigits) {
  absl::StatusOr<Tensor> ones = Tensor::Make(DT_FLOAT, {300000, 2});
  ASSERT_TRUE(ones.ok());
  for (float& v : ones->mutable_values<float>()) v = 0.1f;
  OpTest("BiasAddGrad").In(*ones).Tolerance(1e-5, 0).Expect<float>({2}, {30000, 30000});
}

TEST(BiasAdd, Gradients) {
  GradientTest("BiasAdd").In({3, 2}).In({2}).Check();
  GradientTest("BiasAdd").In({2, 3, 2}).In({2}).Check();
  GradientTest("BiasAdd").Attr("data_format", "NCHW").In({2, 3, 2, 2}).In({3}).Check();
  GradientTest("BiasAddV1").In({3, 2}).In({2}).Check();
  GradientTest("BiasAddGrad").In({3, 2}).Check();
  GradientTest("BiasAddGrad").Attr("data_format", "NCHW").In({2, 3, 2, 2}).Check();
}

}  // namespace
}  // namespace weir
