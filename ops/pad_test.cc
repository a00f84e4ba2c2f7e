#include "weir/ops/pad.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Paddings(std::initializer_list<int32_t> pairs) {
  return Tensor::Of<int32_t>({static_cast<int64_t>(pairs.size()) / 2, 2}, pairs);
}

TEST(Pad, Shape) {
  EXPECT_SHAPE(ShapeTest("Pad").In("[2,?]").Const(Paddings({1, 2, 3, 4})), "[5,?]");
  EXPECT_SHAPE(ShapeTest("PadV2").In("[2,?]").Const(Paddings({1, 2, 3, 4})).In("[]"), "[5,?]");
  EXPECT_SHAPE(
      ShapeTest("MirrorPad").In("[4,?]").Const(Paddings({1, 2, 3, 3})).Attr("mode", "SYMMETRIC"),
      "[7,?]");
  EXPECT_SHAPE(ShapeTest("Pad").In("[2,3]").In("[2,2]", DT_INT32), "[?,?]");
  EXPECT_SHAPE(ShapeTest("Pad").In("<unknown>").In("[3,2]", DT_INT32), "[?,?,?]");
  EXPECT_SHAPE(ShapeTest("Pad").In("[]").Const(Paddings({})), "[]");
  EXPECT_SHAPE_ERROR(ShapeTest("Pad").In("[2]").Const(Paddings({-1, 0})), "non-negative");
  EXPECT_SHAPE_ERROR(ShapeTest("Pad").In("[2]").Const(Paddings({1, 0, 1, 0})), "2 dimensions");
  EXPECT_SHAPE_ERROR(ShapeTest("Pad").In("[2]").In("[1,3]", DT_INT32), "[rank, 2]");
  EXPECT_SHAPE(ShapeTest("MirrorPadGrad").In("[7]").Const(Paddings({2, 1})).Attr("mode", "REFLECT"),
               "[4]");
}

TEST(Pad, Values) {
  OpTest("Pad")
      .In<float>({2, 2}, {1, 2, 3, 4})
      .In(Paddings({0, 1, 1, 0}))
      .Expect<float>({3, 3}, {0, 1, 2, 0, 3, 4, 0, 0, 0});
  OpTest("PadV2")
      .In<int32_t>({2}, {1, 2})
      .In(Paddings({1, 2}))
      .In<int32_t>({}, {9})
      .Expect<int32_t>({5}, {9, 1, 2, 9, 9});
  OpTest("Pad")
      .In<std::string>({1}, {"a"})
      .In(Paddings({1, 0}))
      .Expect<std::string>({2}, {"", "a"});
  OpTest("Pad").In<float>({0, 1}, {}).In(Paddings({1, 0, 0, 1})).Expect<float>({1, 2}, {0, 0});
}

TEST(Pad, RefusesBadPaddings) {
  OpTest("Pad").In<float>({2}, {1, 2}).In(Paddings({-1, 0})).ExpectError("non-negative");
  OpTest("Pad")
      .In<float>({2}, {1, 2})
      .In(Tensor::Of<int64_t>({1, 2}, {int64_t{1} << 62, int64_t{1} << 62}))
      .ExpectError("too large");
}

TEST(Pad, Gradient) {
  GradientTest("Pad").In({2, 3}).Const(Paddings({1, 0, 2, 1})).Check();
  GradientTest("PadV2").In({3}).Const(Paddings({1, 2})).Const(Tensor::Scalar<double>(0.5)).Check();
}

TEST(MirrorPad, Values) {
  OpTest("MirrorPad")
      .In<float>({3}, {1, 2, 3})
      .In(Paddings({2, 1}))
      .Attr("mode", "REFLECT")
      .Expect<float>({6}, {3, 2, 1, 2, 3, 2});
  OpTest("MirrorPad")
      .In<float>({3}, {1, 2, 3})
      .In(Paddings({3, 1}))
      .Attr("mode", "SYMMETRIC")
      .Expect<float>({7}, {3, 2, 1, 1, 2, 3, 3});
  OpTest("MirrorPad")
      .In<int32_t>({2, 2}, {1, 2, 3, 4})
      .In(Paddings({1, 0, 0, 1}))
      .Attr("mode", "REFLECT")
      .Expect<int32_t>({3, 3}, {3, 4, 3, 1, 2, 1, 3, 4, 3});
  OpTest("MirrorPad")
      .In<float>({2}, {1, 2})
      .In(Paddings({2, 0}))
      .Attr("mode", "REFLECT")
      .ExpectError("less than the dimension size");
}

TEST(MirrorPad, Gradient) {
  for (const char* mode : {"REFLECT", "SYMMETRIC"}) {
    GradientTest("MirrorPad").In({3, 4}).Const(Paddings({2, 1, 0, 3})).Attr("mode", mode).Check();
    GradientTest("MirrorPadGrad")
        .In({6, 7})
        .Const(Paddings({2, 1, 0, 3}))
        .Attr("mode", mode)
        .Check();
  }
}

TEST(MirrorPadGrad, Values) {
  OpTest("MirrorPadGrad")
      .In<float>({6}, {1, 2, 3, 4, 5, 6})
      .In(Paddings({2, 1}))
      .Attr("mode", "REFLECT")
      .Expect<float>({3}, {3, 12, 6});
  OpTest("MirrorPadGrad")
      .In<float>({2}, {1, 2})
      .In(Paddings({2, 1}))
      .Attr("mode", "SYMMETRIC")
      .ExpectError("paddings");
}

}  // namespace
}  // namespace weir
