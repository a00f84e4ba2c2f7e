#include "weir/ops/concat.h"

#include "weir/graph/gradients.h"
#include "weir/graph/graph.h"
#include "weir/ops/constant.h"
#include "weir/ops/shape.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(ConcatV2, Values) {
  const Tensor a = Tensor::Of<float>({2, 1}, {1, 2}), b = Tensor::Of<float>({2, 2}, {3, 4, 5, 6});
  OpTest("ConcatV2")
      .In(a)
      .In(b)
      .AsList(2)
      .In<int32_t>({}, {1})
      .Expect<float>({2, 3}, {1, 3, 4, 2, 5, 6});
  OpTest("ConcatV2")
      .In(a)
      .In(b)
      .AsList(2)
      .In<int64_t>({}, {-1})
      .Expect<float>({2, 3}, {1, 3, 4, 2, 5, 6});
  OpTest("ConcatV2")
      .In(b)
      .In<float>({0, 2}, {})
      .In(b)
      .AsList(3)
      .In<int32_t>({}, {0})
      .Expect<float>({4, 2}, {3, 4, 5, 6, 3, 4, 5, 6});
  OpTest("ConcatV2")
      .In<std::string>({1}, {"a"})
      .In<std::string>({2}, {"b", "c"})
      .AsList(2)
      .In<int32_t>({}, {0})
      .Expect<std::string>({3}, {"a", "b", "c"});
  OpTest("ConcatV2")
      .In<bool>({0}, {})
      .In<bool>({0}, {})
      .AsList(2)
      .In<int32_t>({}, {0})
      .Expect<bool>({0}, {});
}

TEST(Concat, TakesTheAxisFirst) {
  OpTest("Concat")
      .In<int32_t>({}, {0})
      .In<float>({1}, {1})
      .In<float>({2}, {2, 3})
      .AsList(2)
      .Expect<float>({3}, {1, 2, 3});
  EXPECT_SHAPE(
      ShapeTest("Concat").Const(Tensor::Scalar<int32_t>(1)).In("[2,3]").In("[2,?]").AsList(2),
      "[2,?]");
}

TEST(ConcatV2, Errors) {
  const auto concat = [](const Tensor& a, const Tensor& b, int32_t axis, const char* words) {
    OpTest("ConcatV2").In(a).In(b).AsList(2).In<int32_t>({}, {axis}).ExpectError(words);
  };
  const Tensor row = Tensor::Of<float>({1, 2}, {1, 2}), column = Tensor::Of<float>({2, 1}, {1, 2});
  const Tensor scalar = Tensor::Scalar<float>(1);
  concat(row, column, 0, "apart from axis 0");
  concat(row, row, 2, "outside of [-2, 2)");
  concat(row, row, -3, "outside of [-2, 2)");
  concat(scalar, scalar, 0, "scalars");
  concat(row, scalar, 0, "Concat");
}

TEST(ConcatV2, Shape) {
  const auto concat = [](const char* a, const char* b, int32_t axis) {
    return ShapeTest("ConcatV2").In(a).In(b).AsList(2).Const(Tensor::Scalar<int32_t>(axis));
  };
  EXPECT_SHAPE(concat("[?,3]", "[2,4]", 1), "[2,7]");
  EXPECT_SHAPE(concat("[?,3]", "[2,?]", 1), "[2,?]");
  EXPECT_SHAPE(concat("<unknown>", "[2,3]", -1), "[2,?]");
  EXPECT_SHAPE(concat("<unknown>", "<unknown>", 0), "<unknown>");
  EXPECT_SHAPE_ERROR(concat("[3,3]", "[2,3]", 1), "apart from axis 1");
  EXPECT_SHAPE_ERROR(concat("[3,3]", "[3]", 1), "Ranks of all input tensors");
  EXPECT_SHAPE(ShapeTest("ConcatV2").In("[2,3]").In("[2,3]").AsList(2).In("[]", DT_INT32), "[?,?]");
}

TEST(ConcatV2, ValueComposesShapes) {
  const Scope s = Scope::Root();
  const Output x = ops::Placeholder(s, DT_FLOAT, {-1, 3});
  const Output shape = ops::Concat(s, {ops::Shape(s, x), ops::Const(s, {5})}, 0);
  ASSERT_TRUE(s.status().ok()) << s.status();
  const PartialInts* known = shape.op().node().output_value(0);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->values, (absl::InlinedVector<int64_t, 4>{PartialInts::kUnknown, 3, 5}));
}

TEST(ConcatV2, Gradient) {
  for (int32_t axis : {0, 1, -1, -2}) {
    GradientTest("ConcatV2")
        .In({2, 3})
        .In({2, 3})
        .In({2, 3})
        .AsList(3)
        .Const(Tensor::Scalar<int32_t>(axis))
        .Check();
  }
  GradientTest("ConcatV2")
      .In({2, 3})
      .In({2, 1})
      .In({2, 0})
      .AsList(3)
      .Const(Tensor::Scalar<int64_t>(-1))
      .Check();
  GradientTest("Concat").Const(Tensor::Scalar<int32_t>(1)).In({2, 1}).In({2, 2}).AsList(2).Check();
}

TEST(ConcatV2, GradientOfUnknownSizesSlices) {
  const Scope s = Scope::Root();
  const Output a = ops::Placeholder(s, DT_FLOAT, {-1, 3}),
               b = ops::Placeholder(s, DT_FLOAT, {2, 3});
  const Output y = ops::Concat(s, {a, b}, 0);
  const auto grads = AddDenseGradients(s, {y}, {a, b});
  ASSERT_TRUE(grads.ok()) << grads.status();
  EXPECT_EQ((*grads)[1].op().node().op().name, "Slice");
}

TEST(Concat, BuilderPassesASingleValue) {
  const Scope s = Scope::Root();
  EXPECT_EQ(ops::Concat(s, {ops::Const(s, {1, 2})}, 0).op().node().op().name, "Identity");
}

TEST(ConcatOffset, Values) {
  OpTest("ConcatOffset")
      .In<int32_t>({}, {1})
      .In<int32_t>({2}, {2, 3})
      .In<int32_t>({2}, {2, 4})
      .In<int32_t>({2}, {2, 1})
      .AsList(3)
      .Expect<int32_t>({2}, {0, 0})
      .Expect<int32_t>({2}, {0, 3})
      .Expect<int32_t>({2}, {0, 7});
  OpTest("ConcatOffset")
      .In<int32_t>({}, {0})
      .In<int32_t>({2}, {2, 3})
      .In<int32_t>({2}, {2, 4})
      .AsList(2)
      .ExpectError("All dimensions except 0 must match");
  OpTest("ConcatOffset")
      .In<int32_t>({}, {2})
      .In<int32_t>({2}, {2, 3})
      .In<int32_t>({2}, {2, 3})
      .AsList(2)
      .ExpectError("Concat dim 2 is outside");
  EXPECT_SHAPE(ShapeTest("ConcatOffset")
                   .In("[]", DT_INT32)
                   .In("[3]", DT_INT32)
                   .In("[3]", DT_INT32)
                   .AsList(2),
               "[3];[3]");
}

}  // namespace
}  // namespace weir
