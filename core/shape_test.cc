#include "weir/core/shape.h"

#include <limits>

#include "gtest/gtest.h"
#include "weir/proto/tensor_shape.pb.h"

namespace weir {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(Shape, Basics) {
  const Shape shape({2, 3, 4});
  EXPECT_EQ(shape.rank(), 3);
  EXPECT_EQ(shape.dim(-1), 4);
  EXPECT_EQ(shape.num_elements(), 24);
  EXPECT_EQ(shape.Count(1, 3), 12);
  EXPECT_EQ(shape.Count(-2, 3), 12);
  EXPECT_EQ(shape.Count(2, 2), 1);
  EXPECT_EQ(shape.WithDim(-2, 5), Shape({2, 5, 4}));
  EXPECT_EQ(shape.WithDim(0, 0).num_elements(), 0);
  EXPECT_EQ(shape.ToString(), "[2,3,4]");
  EXPECT_EQ(Shape().ToString(), "[]");
  EXPECT_EQ(Shape().num_elements(), 1);
  EXPECT_EQ(Shape({3, 0}).num_elements(), 0);
}

TEST(Shape, MakeKeepsTheInvariant) {
  EXPECT_TRUE(Shape::Make({kMax}).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Shape::Make({-1}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Shape::Make({kMax, 2}).status()));
  // Also where a dimension of 0 makes the whole empty.
  EXPECT_TRUE(absl::IsInvalidArgument(Shape::Make({kMax, 0, 2}).status()));
  EXPECT_TRUE(Shape::Make(Dims(254, 1)).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Shape::Make(Dims(255, 1)).status()));
}

TEST(Shape, MessagesComeBack) {
  TensorShapeProto proto;
  Shape({2, 0}).ToProto(&proto);
  EXPECT_EQ(Shape::FromProto(proto).value(), Shape({2, 0}));
  proto.mutable_dim(0)->set_size(-1);
  EXPECT_FALSE(Shape::FromProto(proto).ok());
  EXPECT_EQ(PartialShape::FromProto(proto).value(), PartialShape({-1, 0}));
  proto.mutable_dim(0)->set_size(-2);
  EXPECT_FALSE(PartialShape::FromProto(proto).ok());
  PartialShape().ToProto(&proto);
  EXPECT_TRUE(proto.unknown_rank());
  EXPECT_FALSE(Shape::FromProto(proto).ok());
  EXPECT_EQ(PartialShape::FromProto(proto).value(), PartialShape());
}

TEST(PartialShape, Basics) {
  const PartialShape unknown, partial({-1, 3}), full(Shape({2, 3}));
  EXPECT_EQ(unknown.ToString(), "<unknown>");
  EXPECT_EQ(partial.ToString(), "[?,3]");
  EXPECT_EQ(unknown.rank(), -1);
  EXPECT_EQ(unknown.dim(0), -1);
  EXPECT_EQ(partial.dim(-1), 3);
  EXPECT_EQ(partial.dim(7), -1);
  EXPECT_FALSE(partial.IsFullyDefined());
  EXPECT_EQ(partial.num_elements(), -1);
  EXPECT_EQ(full.ToShape(), Shape({2, 3}));
  EXPECT_EQ(full.num_elements(), 6);
  EXPECT_EQ(PartialShape::UnknownOfRank(2), PartialShape({-1, -1}));
  EXPECT_EQ(partial.WithDim(0, 5), PartialShape({5, 3}));
}

TEST(PartialShape, Merge) {
  const auto merge = [](const PartialShape& a, const PartialShape& b) {
    const auto merged = a.Merge(b);
    EXPECT_EQ(merged.ok(), a.IsCompatibleWith(b));
    return merged.ok() ? merged->ToString() : std::string(merged.status().message());
  };
  EXPECT_EQ(merge({-1, 3}, {2, -1}), "[2,3]");
  EXPECT_EQ(merge(PartialShape(), {2, -1}), "[2,?]");
  EXPECT_EQ(merge({2, -1}, PartialShape()), "[2,?]");
  EXPECT_EQ(merge({2}, {3}), "shapes [2] and [3] are not compatible");
  EXPECT_EQ(merge({2}, {2, 2}), "shapes [2] and [2,2] are not compatible");
  // Compatible, but too large together.
  EXPECT_FALSE(PartialShape({kMax, -1}).Merge({-1, 2}).ok());
}

TEST(BroadcastShapes, NumPysRules) {
  const auto broadcast = [](const PartialShape& a, const PartialShape& b) {
    const auto shape = BroadcastShapes(a, b);
    const auto swapped = BroadcastShapes(b, a);
    EXPECT_EQ(shape.ok(), swapped.ok());
    if (!shape.ok()) return std::string(shape.status().message());
    EXPECT_EQ(*shape, *swapped);
    return shape->ToString();
  };
  EXPECT_EQ(broadcast({2, 1, 4}, {3, 1}), "[2,3,4]");
  EXPECT_EQ(broadcast(Shape(), {3}), "[3]");
  EXPECT_EQ(broadcast({1}, {0}), "[0]");
  EXPECT_EQ(broadcast({2, 3}, {4}), "Incompatible shapes: [2,3] vs. [4]");
  EXPECT_EQ(broadcast({0}, {2}), "Incompatible shapes: [0] vs. [2]");
  EXPECT_EQ(broadcast({-1, 3}, {1}), "[?,3]");
  EXPECT_EQ(broadcast({-1}, {5}), "[5]");
  EXPECT_EQ(broadcast({-1}, {-1}), "[?]");
  EXPECT_EQ(broadcast(PartialShape(), {5}), "<unknown>");
  EXPECT_EQ(BroadcastShapes(Shape({2, 1}), Shape({3})).value(), Shape({2, 3}));
  EXPECT_FALSE(BroadcastShapes(Shape({kMax, 1}), Shape({2})).ok());
}

}  // namespace
}  // namespace weir
