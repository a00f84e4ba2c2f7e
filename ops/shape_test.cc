#include "weir/ops/shape.h"

#include "weir/graph/graph.h"
#include "weir/ops/constant.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Shape, Values) {
  OpTest("Shape").In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).Expect<int32_t>({2}, {2, 3});
  OpTest("Shape").In<float>({}, {1}).Attr("out_type", DT_INT64).Expect<int64_t>({0}, {});
  OpTest("Shape").In<std::string>({0, 4}, {}).Expect<int32_t>({2}, {0, 4});
}

TEST(Shape, StaticShape) {
  EXPECT_SHAPE(ShapeTest("Shape").In("[?,3]"), "[2]");
  EXPECT_SHAPE(ShapeTest("Shape").In("<unknown>"), "[?]");
  EXPECT_SHAPE(ShapeTest("ShapeN").In("[?,3]").In("<unknown>").AsList(2), "[2];[?]");
  EXPECT_SHAPE(ShapeTest("Size").In("[?,3]"), "[]");
  EXPECT_SHAPE(ShapeTest("Rank").In("<unknown>"), "[]");
}

TEST(Shape, KnownExtentsAreKnownValues) {
  const Scope s = Scope::Root();
  const Output x = ops::Placeholder(s, DT_FLOAT, {-1, 3});
  const PartialInts* shape = ops::Shape(s, x).op().node().output_value(0);
  ASSERT_NE(shape, nullptr);
  EXPECT_EQ(shape->values, (absl::InlinedVector<int64_t, 4>{PartialInts::kUnknown, 3}));
  EXPECT_EQ(ops::Size(s, x).op().node().output_value(0), nullptr);
  const PartialInts* rank = ops::Rank(s, x).op().node().output_value(0);
  ASSERT_NE(rank, nullptr);
  EXPECT_EQ(rank->rank, 0);
  EXPECT_EQ(rank->values[0], 2);
}

TEST(ShapeN, Values) {
  OpTest("ShapeN")
      .In<float>({1, 2}, {1, 2})
      .In<float>({3}, {1, 2, 3})
      .AsList(2)
      .Expect<int32_t>({2}, {1, 2})
      .Expect<int32_t>({1}, {3});
}

TEST(Size, Values) {
  OpTest("Size").In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).Expect<int32_t>({}, {6});
  OpTest("Size").In<float>({0, 3}, {}).Attr("out_type", DT_INT64).Expect<int64_t>({}, {0});
}

TEST(Rank, Values) {
  OpTest("Rank").In<float>({}, {1}).Expect<int32_t>({}, {0});
  OpTest("Rank").In<bool>({1, 1, 1}, {true}).Expect<int32_t>({}, {3});
}

}  // namespace
}  // namespace weir
