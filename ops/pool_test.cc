#include "weir/ops/pool.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

using Ints = std::vector<int64_t>;

template <typename Test>
Test Pool(const char* op, Ints ksize, Ints strides, const char* padding) {
  Test test(op);
  test.Attr("ksize", ksize).Attr("strides", strides).Attr("padding", padding);
  return test;
}

TEST(Pool, Shape) {
  for (const char* op : {"MaxPool", "AvgPool"}) {
    EXPECT_SHAPE(Pool<ShapeTest>(op, {1, 2, 3, 1}, {1, 2, 2, 1}, "VALID").In("[?,5,6,3]"),
                 "[?,2,2,3]");
    EXPECT_SHAPE(Pool<ShapeTest>(op, {1, 2, 3, 1}, {1, 2, 2, 1}, "SAME").In("[?,5,?,3]"),
                 "[?,3,?,3]");
    EXPECT_SHAPE_ERROR(Pool<ShapeTest>(op, {1, 2, 2, 1}, {1, 2, 2, 1}, "SAME").In("[5,6,3]"),
                       "rank 4");
    EXPECT_SHAPE_ERROR(Pool<ShapeTest>(op, {1, 9, 9, 1}, {1, 2, 2, 1}, "VALID").In("[1,5,6,3]"),
                       "negative");
    EXPECT_SHAPE_ERROR(Pool<ShapeTest>(op, {1, 0, 2, 1}, {1, 2, 2, 1}, "VALID").In("[1,5,6,3]"),
                       "ksize");
  }
  EXPECT_SHAPE(ShapeTest("MaxPoolV2")
                   .Attr("padding", "VALID")
                   .In("[1,4,4,2]")
                   .Const(Tensor::Vector<int32_t>({1, 2, 2, 1}))
                   .Const(Tensor::Vector<int32_t>({1, 2, 2, 1})),
               "[1,2,2,2]");
  EXPECT_SHAPE(ShapeTest("MaxPoolV2")
                   .Attr("padding", "VALID")
                   .In("[1,4,4,2]")
                   .In("[4]", DT_INT32)
                   .In("[4]", DT_INT32),
               "[?,?,?,?]");
}

TEST(Pool, ShapesOfGradients) {
  const auto pool = [](const char* op) {
    return Pool<ShapeTest>(op, {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID");
  };
  const char* const image = "[2,4,4,3]";
  const char* const pooled = "[2,2,2,3]";
  EXPECT_SHAPE(pool("MaxPoolGrad").In(image).In(pooled).In(pooled), image);
  EXPECT_SHAPE(pool("MaxPoolGradGrad").In(image).In(pooled).In(image), pooled);
  EXPECT_SHAPE(pool("AvgPoolGrad").Const(Tensor::Vector<int32_t>({2, 4, 4, 3})).In(pooled), image);
  EXPECT_SHAPE(pool("MaxPoolWithArgmax").In(image), "[2,2,2,3];[2,2,2,3]");
  EXPECT_SHAPE(pool("MaxPoolGradWithArgmax").In(image).In(pooled).In(pooled, DT_INT64), image);
  EXPECT_SHAPE(pool("MaxPoolGradGradWithArgmax").In(image).In(image).In(pooled, DT_INT64), pooled);
  const Tensor window = Tensor::Vector<int32_t>({1, 2, 2, 1});
  EXPECT_SHAPE(ShapeTest("MaxPoolGradV2")
                   .Attr("padding", "VALID")
                   .In(image)
                   .In(pooled)
                   .In(pooled)
                   .Const(window)
                   .Const(window),
               image);
  EXPECT_SHAPE(ShapeTest("MaxPoolGradGradV2")
                   .Attr("padding", "VALID")
                   .In(image)
                   .In(pooled)
                   .In(image)
                   .Const(window)
                   .Const(window),
               pooled);
}

TEST(MaxPool, Values) {
  Pool<OpTest>("MaxPool", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
      .In<float>({1, 2, 4, 1}, {1, 2, -3, -4, 5, 0, -6, -1})
      .Expect<float>({1, 1, 2, 1}, {5, -1});
  Pool<OpTest>("MaxPool", {1, 2, 2, 1}, {1, 1, 1, 1}, "SAME")
      .In<int16_t>({1, 2, 2, 1}, {-1, -2, -3, -4})
      .Expect<int16_t>({1, 2, 2, 1}, {-1, -2, -3, -4});
  Pool<OpTest>("MaxPool", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
      .In<float>({0, 4, 4, 1}, {})
      .Expect<float>({0, 2, 2, 1}, {});
}

TEST(MaxPool, OverChannels) {
  Pool<OpTest>("MaxPool", {1, 1, 1, 2}, {1, 1, 1, 2}, "VALID")
      .In<float>({1, 1, 2, 4}, {1, 2, 3, 4, 8, 7, 6, 5})
      .Expect<float>({1, 1, 2, 2}, {2, 4, 8, 6});
  Pool<OpTest>("MaxPool", {1, 2, 2, 2}, {1, 1, 1, 1}, "VALID")
      .In<float>({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
      .ExpectError("channels");
}

TEST(MaxPool, ChannelsFirst) {
  Pool<OpTest>("MaxPool", {1, 1, 2, 2}, {1, 1, 2, 2}, "VALID")
      .Attr("data_format", "NCHW")
      .In<float>({1, 2, 2, 2}, {1, 2, 3, 4, 8, 7, 6, 5})
      .Expect<float>({1, 2, 1, 1}, {4, 8});
}

TEST(MaxPool, SecondVersionsTakeTheWindowAsInput) {
  const Tensor window = Tensor::Vector<int32_t>({1, 1, 2, 1});
  const Tensor x = Tensor::Of<float>({1, 1, 4, 1}, {1, 3, 4, 2});
  const Tensor y = Tensor::Of<float>({1, 1, 2, 1}, {3, 4});
  const auto with = [](OpTest&& test) -> OpTest& { return test.Attr("padding", "VALID"); };
  with(OpTest("MaxPoolV2")).In(x).In(window).In(window).Expect(y);
  with(OpTest("MaxPoolGradV2"))
      .In(x)
      .In(y)
      .In<float>({1, 1, 2, 1}, {5, 6})
      .In(window)
      .In(window)
      .Expect<float>({1, 1, 4, 1}, {0, 5, 6, 0});
  with(OpTest("MaxPoolGradGradV2"))
      .In(x)
      .In(y)
      .In<float>({1, 1, 4, 1}, {5, 6, 7, 8})
      .In(window)
      .In(window)
      .Expect<float>({1, 1, 2, 1}, {6, 7});
  with(OpTest("MaxPoolV2")).In(x).In<int32_t>({3}, {1, 2, 1}).In(window).ExpectError("ksize");
}

TEST(MaxPoolGrad, TiesGoToTheFirst) {
  Pool<OpTest>("MaxPoolGrad", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
      .In<float>({1, 2, 2, 1}, {3, 3, 3, 3})
      .In<float>({1, 1, 1, 1}, {3})
      .In<float>({1, 1, 1, 1}, {7})
      .Expect<float>({1, 2, 2, 1}, {7, 0, 0, 0});
}

TEST(MaxPoolGrad, OverlappingWindowsAdd) {
  Pool<OpTest>("MaxPoolGrad", {1, 1, 2, 1}, {1, 1, 1, 1}, "VALID")
      .In<float>({1, 1, 3, 1}, {1, 9, 1})
      .In<float>({1, 1, 2, 1}, {9, 9})
      .In<float>({1, 1, 2, 1}, {1, 2})
      .Expect<float>({1, 1, 3, 1}, {0, 3, 0});
}

TEST(MaxPoolGrad, RefusesOtherShapes) {
  Pool<OpTest>("MaxPoolGrad", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
      .In<float>({1, 2, 2, 1}, {3, 3, 3, 3})
      .In<float>({1, 1, 1, 1}, {3})
      .In<float>({1, 1, 1, 2}, {7, 7})
      .ExpectError("shape");
}

TEST(AvgPool, PaddingDoesNotCount) {
  Pool<OpTest>("AvgPool", {1, 2, 2, 1}, {1, 1, 1, 1}, "SAME")
      .In<float>({1, 2, 2, 1}, {1, 2, 3, 4})
      .Expect<float>({1, 2, 2, 1}, {2.5f, 3, 3.5f, 4});
  Pool<OpTest>("AvgPoolGrad", {1, 2, 2, 1}, {1, 1, 1, 1}, "SAME")
      .In<int32_t>({4}, {1, 2, 2, 1})
      .In<float>({1, 2, 2, 1}, {4, 2, 2, 1})
      .Expect<float>({1, 2, 2, 1}, {1, 2, 2, 4});
}

TEST(MaxPoolWithArgmax, CountsWithinTheImageOrTheBatch) {
  for (bool batch : {false, true}) {
    const int64_t second = batch ? 4 : 0;
    Pool<OpTest>("MaxPoolWithArgmax", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
        .Attr("include_batch_in_index", batch)
        .In<float>({2, 2, 2, 1}, {1, 2, 3, 2, 9, 2, 9, 4})
        .Expect<float>({2, 1, 1, 1}, {3, 9})
        .Expect<int64_t>({2, 1, 1, 1}, {2, second});
    Pool<OpTest>("MaxPoolGradWithArgmax", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
        .Attr("include_batch_in_index", batch)
        .In<float>({2, 2, 2, 1}, {1, 2, 3, 2, 9, 2, 9, 4})
        .In<float>({2, 1, 1, 1}, {5, 6})
        .In<int64_t>({2, 1, 1, 1}, {2, second})
        .Expect<float>({2, 2, 2, 1}, {0, 0, 5, 0, 6, 0, 0, 0});
    Pool<OpTest>("MaxPoolGradGradWithArgmax", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
        .Attr("include_batch_in_index", batch)
        .In<float>({2, 2, 2, 1}, {1, 2, 3, 2, 9, 2, 9, 4})
        .In<float>({2, 2, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8})
        .In<int64_t>({2, 1, 1, 1}, {2, second})
        .Expect<float>({2, 1, 1, 1}, {3, 5});
  }
}

TEST(MaxPoolWithArgmax, RefusesPositionsOutsideTheInput) {
  for (int64_t bad : {-1, 4}) {
    Pool<OpTest>("MaxPoolGradWithArgmax", {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")
        .In<float>({1, 2, 2, 1}, {1, 2, 3, 2})
        .In<float>({1, 1, 1, 1}, {5})
        .In<int64_t>({1, 1, 1, 1}, {bad})
        .ExpectError("no position");
  }
}

// All different, so that small changes keep the maxima where they are.
Tensor Distinct(const Shape& shape) {
  absl::StatusOr<Tensor> t = Tensor::Make(DT_DOUBLE, shape);
  if (!t.ok()) return Tensor();
  const int64_t n = shape.num_elements();
  for (int64_t i = 0; i < n; ++i) {
    t->mutable_data<double>()[i] = static_cast<double>(i * 37 % 101) / 10;
  }
  return *std::move(t);
}

TEST(Pool, FirstAndSecondGradients) {
  const Shape image({2, 4, 5, 2});
  for (const char* padding : {"SAME", "VALID"}) {
    for (const Ints& strides : {Ints{1, 2, 2, 1}, Ints{1, 1, 2, 1}}) {
      const auto test = [&](const char* op) {
        return Pool<GradientTest>(op, {1, 2, 3, 1}, strides, padding);
      };
      auto y =
          Pool<OpTest>("MaxPool", {1, 2, 3, 1}, strides, padding).In(Distinct(image)).Outputs();
      ASSERT_TRUE(y.ok()) << y.status();
      const Tensor& pooled = (*y)[0];
      test("MaxPool").In(Distinct(image)).Check();
      test("AvgPool").In(image).Check();
      test("MaxPoolGrad").In(Distinct(image)).Const(pooled).In(pooled.shape()).Check();
      test("MaxPoolGradGrad").In(Distinct(image)).Const(pooled).In(image).Check();
      test("AvgPoolGrad").Const(Tensor::Vector<int32_t>({2, 4, 5, 2})).In(pooled.shape()).Check();
      test("MaxPoolWithArgmax").In(Distinct(image)).Outputs(1).Check();
      auto with_argmax = Pool<OpTest>("MaxPoolWithArgmax", {1, 2, 3, 1}, strides, padding)
                             .In(Distinct(image))
                             .Outputs();
      ASSERT_TRUE(with_argmax.ok()) << with_argmax.status();
      const Tensor& argmax = (*with_argmax)[1];
      test("MaxPoolGradWithArgmax").Const(Distinct(image)).In(pooled.shape()).Const(argmax).Check();
      test("MaxPoolGradGradWithArgmax").Const(Distinct(image)).In(image).Const(argmax).Check();
      const auto second = [&](const char* op) { return GradientTest(op).Attr("padding", padding); };
      const Tensor window = Tensor::Vector<int32_t>({1, 2, 3, 1});
      const Tensor step = Tensor::Vector<int32_t>(
          {1, static_cast<int32_t>(strides[1]), static_cast<int32_t>(strides[2]), 1});
      second("MaxPoolV2").In(Distinct(image)).Const(window).Const(step).Check();
      second("MaxPoolGradV2")
          .In(Distinct(image))
          .Const(pooled)
          .In(pooled.shape())
          .Const(window)
          .Const(step)
          .Check();
      second("MaxPoolGradGradV2")
          .In(Distinct(image))
          .Const(pooled)
          .In(image)
          .Const(window)
          .Const(step)
          .Check();
    }
  }
  Pool<GradientTest>("MaxPool", {1, 1, 1, 2}, {1, 1, 1, 2}, "VALID").In(Distinct(image)).Check();
}

}  // namespace
}  // namespace weir
