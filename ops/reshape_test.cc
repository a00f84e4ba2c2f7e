#include "weir/ops/reshape.h"

#include "weir/ops/constant.h"
#include "weir/ops/pack.h"
#include "weir/ops/shape.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Reshape, Values) {
  OpTest("Reshape")
      .In<float>({4}, {1, 2, 3, 4})
      .In<int32_t>({2}, {2, 2})
      .Expect<float>({2, 2}, {1, 2, 3, 4});
  OpTest("Reshape")
      .In<std::string>({2, 2}, {"a", "b", "c", "d"})
      .In<int64_t>({1}, {-1})
      .Expect<std::string>({4}, {"a", "b", "c", "d"});
  OpTest("Reshape").In<float>({1}, {5}).In<int32_t>({0}, {}).Expect<float>({}, {5});
  OpTest("Reshape").In<float>({0, 3}, {}).In<int32_t>({2}, {-1, 3}).Expect<float>({0, 3}, {});
}

TEST(Reshape, Errors) {
  const auto reshape = [](std::initializer_list<int32_t> shape, const char* words) {
    OpTest("Reshape")
        .In<float>({4}, {1, 2, 3, 4})
        .In<int32_t>({static_cast<int64_t>(shape.size())}, shape)
        .ExpectError(words);
  };
  reshape({3}, "4 values, but the requested shape has 3");
  reshape({-1, 3}, "multiple of 3");
  reshape({-1, -1}, "Only one input size may be -1");
  reshape({-1, 0}, "cannot infer");
  reshape({-2, 2}, "Reshape");
  reshape({1 << 30, 1 << 30, 1 << 30}, "too ");
}

TEST(Reshape, Shape) {
  const auto with = [](const Tensor& shape) {
    return ShapeTest("Reshape").In("[?,6]").Const(shape);
  };
  EXPECT_SHAPE(with(Tensor::Vector<int32_t>({-1, 3})), "[?,3]");
  EXPECT_SHAPE(ShapeTest("Reshape").In("[4,6]").Const(Tensor::Vector<int32_t>({-1, 3})), "[8,3]");
  EXPECT_SHAPE(ShapeTest("Reshape").In("[4]").In("[3]", DT_INT32), "[?,?,?]");
  EXPECT_SHAPE(ShapeTest("Reshape").In("[4]").In("<unknown>", DT_INT32), "<unknown>");
  EXPECT_SHAPE_ERROR(ShapeTest("Reshape").In("[4]").Const(Tensor::Vector<int32_t>({5})),
                     "4 values");
}

TEST(Reshape, OneUnknownEntryFollowsFromTheRest) {
  const Scope s = Scope::Root();
  const Output x = ops::Placeholder(s, DT_FLOAT, {4, 6});
  const Output n = ops::Placeholder(s, DT_INT32, PartialShape(Shape()));
  const Output y = ops::Reshape(s, x, ops::Pack(s, {n, ops::Const(s, 8)}));
  ASSERT_TRUE(s.status().ok()) << s.status();
  EXPECT_EQ(y.shape(), PartialShape({3, 8}));
}

TEST(Reshape, Gradient) {
  GradientTest("Reshape").In({2, 3}).Const(Tensor::Vector<int32_t>({3, -1})).Check();
  GradientTest("Reshape").In({1}).Const(Tensor::Vector<int64_t>({})).Check();
  GradientTest("Reshape").In({0, 2}).Const(Tensor::Vector<int32_t>({2, 0})).Check();
}

TEST(Squeeze, Values) {
  OpTest("Squeeze").In<float>({1, 2, 1}, {1, 2}).Expect<float>({2}, {1, 2});
  OpTest("Squeeze")
      .In<float>({1, 2, 1}, {1, 2})
      .Attr("squeeze_dims", std::vector<int64_t>{-1})
      .Expect<float>({1, 2}, {1, 2});
  OpTest("Squeeze")
      .In<float>({1, 2}, {1, 2})
      .Attr("squeeze_dims", std::vector<int64_t>{1})
      .ExpectError("expected a dimension of 1");
  OpTest("Squeeze")
      .In<float>({1, 2}, {1, 2})
      .Attr("squeeze_dims", std::vector<int64_t>{2})
      .ExpectError("outside of [-2, 2)");
}

TEST(Squeeze, Shape) {
  EXPECT_SHAPE(ShapeTest("Squeeze").In("[1,2,?]"), "<unknown>");
  EXPECT_SHAPE(ShapeTest("Squeeze").In("[1,2,?]").Attr("squeeze_dims", std::vector<int64_t>{2, 0}),
               "[2]");
  EXPECT_SHAPE(ShapeTest("Squeeze").In("<unknown>"), "<unknown>");
}

TEST(Squeeze, Gradient) {
  GradientTest("Squeeze").In({1, 2, 1}).Check();
  GradientTest("Squeeze").In({1, 2, 1}).Attr("squeeze_dims", std::vector<int64_t>{0}).Check();
}

TEST(ExpandDims, Values) {
  const auto expand = [](int32_t axis, const Shape& want) {
    OpTest("ExpandDims")
        .In<float>({2, 1}, {1, 2})
        .In<int32_t>({}, {axis})
        .Expect(Tensor::Of<float>(want, {1, 2}));
  };
  expand(0, {1, 2, 1});
  expand(1, {2, 1, 1});
  expand(-1, {2, 1, 1});
  expand(-3, {1, 2, 1});
  OpTest("ExpandDims")
      .In<float>({2}, {1, 2})
      .In<int32_t>({}, {2})
      .ExpectError("outside of [-2, 2)");
  OpTest("ExpandDims")
      .In<float>({2}, {1, 2})
      .In<int32_t>({2}, {0, 1})
      .ExpectError("must be a scalar");
}

TEST(ExpandDims, Shape) {
  EXPECT_SHAPE(ShapeTest("ExpandDims").In("[?,3]").In("[]", DT_INT32), "[?,?,?]");
  EXPECT_SHAPE(ShapeTest("ExpandDims").In("[?,3]").Const(Tensor::Scalar<int32_t>(-1)), "[?,3,1]");
}

TEST(ExpandDims, Gradient) {
  GradientTest("ExpandDims").In({2, 3}).Const(Tensor::Scalar<int32_t>(1)).Check();
}

TEST(Bitcast, Values) {
  OpTest("Bitcast")
      .In<float>({1}, {1.0f})
      .Attr("type", DT_INT32)
      .Expect<int32_t>({1}, {0x3f800000});
  OpTest("Bitcast")
      .In<uint16_t>({2}, {0x0102, 0x0304})
      .Attr("type", DT_UINT8)
      .Expect<uint8_t>({2, 2}, {2, 1, 4, 3});
  OpTest("Bitcast")
      .In<uint8_t>({2, 2}, {2, 1, 4, 3})
      .Attr("type", DT_UINT16)
      .Expect<uint16_t>({2}, {0x0102, 0x0304});
}

TEST(Bitcast, Shape) {
  EXPECT_SHAPE(ShapeTest("Bitcast").In("[?,2]").Attr("type", DT_DOUBLE), "[?]");
  EXPECT_SHAPE(ShapeTest("Bitcast").In("[?,2]").Attr("type", DT_HALF), "[?,2,2]");
  EXPECT_SHAPE(ShapeTest("Bitcast").In("<unknown>").Attr("type", DT_HALF), "<unknown>");
  EXPECT_SHAPE_ERROR(ShapeTest("Bitcast").In("[3]").Attr("type", DT_DOUBLE), "must be 2");
  EXPECT_SHAPE_ERROR(ShapeTest("Bitcast").In("[]").Attr("type", DT_DOUBLE), "must be 2");
}

}  // namespace
}  // namespace weir
