#include "weir/ops/extract_image_patches.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

template <typename Test>
Test Patches(Test test, int64_t size, int64_t stride, int64_t rate, const char* padding) {
  const auto window = [](int64_t n) { return std::vector<int64_t>{1, n, n, 1}; };
  test.Attr("ksizes", window(size))
      .Attr("strides", window(stride))
      .Attr("rates", window(rate))
      .Attr("padding", padding);
  return test;
}

TEST(ExtractImagePatches, Shape) {
  const ShapeTest images = ShapeTest("ExtractImagePatches").In("[2,6,7,3]");
  EXPECT_SHAPE(Patches(images, 3, 2, 1, "VALID"), "[2,2,3,27]");
  EXPECT_SHAPE(Patches(images, 3, 2, 1, "SAME"), "[2,3,4,27]");
  EXPECT_SHAPE(Patches(images, 2, 1, 3, "VALID"), "[2,3,4,12]");
  EXPECT_SHAPE(Patches(ShapeTest("ExtractImagePatches").In("[?,?,7,3]"), 3, 2, 1, "VALID"),
               "[?,?,3,27]");
  EXPECT_SHAPE_ERROR(Patches(images, 8, 1, 1, "VALID"), "negative");
  EXPECT_SHAPE_ERROR(Patches(images, 0, 1, 1, "VALID"), "positive");
}

TEST(ExtractImagePatches, Values) {
  OpTest valid("ExtractImagePatches");
  valid.In<float>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6})
      .Attr("ksizes", std::vector<int64_t>{1, 2, 2, 1})
      .Attr("strides", std::vector<int64_t>{1, 1, 1, 1})
      .Attr("rates", std::vector<int64_t>{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .Expect<float>({1, 1, 2, 4}, {1, 2, 4, 5, 2, 3, 5, 6});
  OpTest same("ExtractImagePatches");
  same.In<int32_t>({1, 1, 3, 1}, {1, 2, 3})
      .Attr("ksizes", std::vector<int64_t>{1, 1, 3, 1})
      .Attr("strides", std::vector<int64_t>{1, 1, 2, 1})
      .Attr("rates", std::vector<int64_t>{1, 1, 1, 1})
      .Attr("padding", "SAME")
      .Expect<int32_t>({1, 1, 2, 3}, {0, 1, 2, 2, 3, 0});
}

TEST(ExtractImagePatches, Gradient) {
  const Tensor image = Tensor::Of<double>({1, 3, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  Patches(GradientTest("ExtractImagePatches").In(image), 2, 1, 1, "SAME").Check();
  Patches(GradientTest("ExtractImagePatches").In({2, 4, 5, 1}), 2, 2, 2, "VALID").Check();
}

}  // namespace
}  // namespace weir
