#include "weir/ops/pack.h"

#include "weir/graph/graph.h"
#include "weir/ops/constant.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Pack, Values) {
  const Tensor a = Tensor::Vector<float>({1, 2}), b = Tensor::Vector<float>({3, 4});
  OpTest("Pack").In(a).In(b).AsList(2).Expect<float>({2, 2}, {1, 2, 3, 4});
  OpTest("Pack").In(a).In(b).AsList(2).Attr("axis", 1).Expect<float>({2, 2}, {1, 3, 2, 4});
  OpTest("Pack")
      .In(a)
      .In(b)
      .In(a)
      .AsList(3)
      .Attr("axis", -1)
      .Expect<float>({2, 3}, {1, 3, 1, 2, 4, 2});
  OpTest("Pack").In(a).In(b).AsList(2).Attr("axis", 2).ExpectError("outside of [-2, 2)");
  OpTest("Pack").In(a).In(b).AsList(2).Attr("axis", -3).ExpectError("outside of [-2, 2)");
  OpTest("Pack")
      .In<std::string>({}, {"a"})
      .In<std::string>({}, {"b"})
      .AsList(2)
      .Expect<std::string>({2}, {"a", "b"});
  OpTest("Pack").In<int32_t>({2}, {1, 2}).AsList(1).Attr("axis", 1).Expect<int32_t>({2, 1}, {1, 2});
  OpTest("Pack").In<float>({0}, {}).In<float>({0}, {}).AsList(2).Expect<float>({2, 0}, {});
}

TEST(Pack, ShapesMustAgree) {
  OpTest("Pack").In<float>({1}, {1}).In<float>({2}, {1, 2}).AsList(2).ExpectError("must match");
}

TEST(Pack, Shape) {
  EXPECT_SHAPE(ShapeTest("Pack").In("[?,3]").In("[2,?]").AsList(2).Attr("axis", -2), "[2,2,3]");
  EXPECT_SHAPE(ShapeTest("Pack").In("<unknown>").In("<unknown>").AsList(2), "<unknown>");
}

TEST(Pack, ValueComposesShapes) {
  const Scope s = Scope::Root();
  const Output n = ops::Placeholder(s, DT_INT32, PartialShape(Shape()));
  const Output shape = ops::Pack(s, {n, ops::Const(s, 4)});
  ASSERT_TRUE(s.status().ok()) << s.status();
  const PartialInts* known = shape.op().node().output_value(0);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->values, (absl::InlinedVector<int64_t, 4>{PartialInts::kUnknown, 4}));
}

TEST(Pack, Gradient) {
  for (int axis : {0, 1, -1}) {
    GradientTest("Pack").In({2}).In({2}).In({2}).AsList(3).Attr("axis", axis).Check();
  }
  GradientTest("Pack").In({2, 3}).AsList(1).Check();
}

TEST(Unpack, Values) {
  OpTest("Unpack")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .Attr("num", 2)
      .Expect<float>({3}, {1, 2, 3})
      .Expect<float>({3}, {4, 5, 6});
  OpTest("Unpack")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .Attr("num", 3)
      .Attr("axis", -1)
      .Expect<float>({2}, {1, 4})
      .Expect<float>({2}, {2, 5})
      .Expect<float>({2}, {3, 6});
  OpTest("Unpack")
      .In<std::string>({2}, {"a", "b"})
      .Attr("num", 2)
      .Expect<std::string>({}, {"a"})
      .Expect<std::string>({}, {"b"});
  OpTest("Unpack").In<float>({1, 2}, {1, 2}).Attr("num", 1).Expect<float>({2}, {1, 2});
}

TEST(Unpack, Errors) {
  OpTest("Unpack").In<float>({2}, {1, 2}).Attr("num", 3).ExpectError("must equal 3");
  OpTest("Unpack").In<float>({2}, {1, 2}).Attr("num", 2).Attr("axis", 1).ExpectError("outside of");
  OpTest("Unpack").In<float>({}, {1}).Attr("num", 1).ExpectError("outside of");
}

TEST(Unpack, Shape) {
  EXPECT_SHAPE(ShapeTest("Unpack").In("[?,2]").Attr("num", 2).Attr("axis", 1), "[?];[?]");
  EXPECT_SHAPE(ShapeTest("Unpack").In("<unknown>").Attr("num", 1), "<unknown>");
}

TEST(Unpack, Gradient) {
  for (int axis : {0, 1}) {
    GradientTest("Unpack").In({2, 2}).Attr("num", 2).Attr("axis", axis).Check();
  }
  GradientTest("Unpack").In({3, 2}).Attr("num", 3).Outputs(1).Check();
}

TEST(Unpack, BuilderInfersTheNumber) {
  const Scope s = Scope::Root();
  EXPECT_EQ(ops::Unpack(s, ops::Zeros(s, Shape({2, 3})), -1, 1).size(), 3u);
  EXPECT_TRUE(s.status().ok()) << s.status();
  EXPECT_TRUE(ops::Unpack(s, ops::Placeholder(s, DT_FLOAT, {-1})).empty());
  EXPECT_FALSE(s.status().ok());
}

TEST(ParallelConcat, Values) {
  OpTest("ParallelConcat")
      .In<float>({1, 2}, {1, 2})
      .In<float>({1, 2}, {3, 4})
      .AsList(2)
      .Attr("shape", PartialShape({2, 2}))
      .Expect<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_SHAPE_ERROR(
      ShapeTest("ParallelConcat").In("[1]").AsList(1).Attr("shape", PartialShape({2})),
      "must begin with the number of values");
  EXPECT_SHAPE_ERROR(
      ShapeTest("ParallelConcat").In("[2]").AsList(1).Attr("shape", PartialShape({1})),
      "is no row of");
  EXPECT_SHAPE(
      ShapeTest("ParallelConcat").In("[?,3]").AsList(1).Attr("shape", PartialShape({1, 3})),
      "[1,3]");
}

}  // namespace
}  // namespace weir
