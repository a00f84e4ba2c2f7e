#include "weir/ops/gather.h"

#include "weir/graph/gradients.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Ints(const Shape& shape, std::initializer_list<int32_t> values) {
  return Tensor::Of<int32_t>(shape, values);
}

Tensor Axis(int32_t axis) { return Tensor::Scalar<int32_t>(axis); }

TEST(Gather, Shape) {
  EXPECT_SHAPE(ShapeTest("Gather").In("[5,3]").In("[2,?]", DT_INT32), "[2,?,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("Gather").In("[]").In("[2]", DT_INT32), "at least 1-D");
  EXPECT_SHAPE(ShapeTest("GatherV2").In("[5,3,4]").In("[2]", DT_INT32).Const(Axis(1)), "[5,2,4]");
  EXPECT_SHAPE(ShapeTest("GatherV2").In("[5,3,4]").In("[]", DT_INT32).Const(Axis(-1)), "[5,3]");
  EXPECT_SHAPE(ShapeTest("GatherV2").In("[5,3,4]").In("[2]", DT_INT32).In("[]", DT_INT32),
               "[?,?,?]");
  EXPECT_SHAPE(ShapeTest("GatherV2")
                   .In("[?,3,4]")
                   .In("[5,2]", DT_INT32)
                   .Const(Axis(1))
                   .Attr("batch_dims", 1),
               "[5,2,4]");
  EXPECT_SHAPE_ERROR(ShapeTest("GatherV2").In("[5,3]").In("[2]", DT_INT32).Const(Axis(2)),
                     "axis 2");
  EXPECT_SHAPE_ERROR(
      ShapeTest("GatherV2").In("[5,3]").In("[2]", DT_INT32).Const(Axis(0)).Attr("batch_dims", 1),
      "less than or equal to axis");
}

TEST(GatherNd, Shape) {
  EXPECT_SHAPE(ShapeTest("GatherNd").In("[5,3,4]").In("[7,2]", DT_INT32), "[7,4]");
  EXPECT_SHAPE(ShapeTest("GatherNd").In("[5,3]").In("[6,7,2]", DT_INT32), "[6,7]");
  EXPECT_SHAPE(ShapeTest("GatherNd").In("[5,3]").In("[6,?]", DT_INT32), "<unknown>");
  EXPECT_SHAPE_ERROR(ShapeTest("GatherNd").In("[5]").In("[6,2]", DT_INT32), "innermost dimension");
}

TEST(Gather, Values) {
  OpTest("Gather")
      .In<float>({3, 2}, {1, 2, 3, 4, 5, 6})
      .In(Ints({3}, {2, 0, 2}))
      .Expect<float>({3, 2}, {5, 6, 1, 2, 5, 6});
  OpTest("GatherV2")
      .In<std::string>({2, 2}, {"a", "b", "c", "d"})
      .In<int64_t>({1, 2}, {1, 1})
      .In(Axis(1))
      .Expect<std::string>({2, 1, 2}, {"b", "b", "d", "d"});
  OpTest("GatherV2")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In(Ints({2, 2}, {2, 0, 1, 1}))
      .In(Axis(1))
      .Attr("batch_dims", 1)
      .Expect<float>({2, 2}, {3, 1, 5, 5});
  OpTest("GatherV2").In<float>({0, 2}, {}).In(Ints({0}, {})).In(Axis(0)).Expect<float>({0, 2}, {});
}

TEST(Gather, NamesTheIndexOutOfRange) {
  OpTest("Gather")
      .In<float>({2}, {1, 2})
      .In(Ints({1, 2}, {0, 2}))
      .ExpectError("indices[0,1] = 2 is not in [0, 2)");
  OpTest("GatherV2")
      .In<float>({2}, {1, 2})
      .In(Ints({}, {-1}))
      .In(Axis(0))
      .ExpectError("indices[] = -1 is not in [0, 2)");
}

TEST(GatherNd, Values) {
  OpTest("GatherNd")
      .In<float>({2, 2}, {1, 2, 3, 4})
      .In(Ints({3, 2}, {0, 1, 1, 0, 1, 1}))
      .Expect<float>({3}, {2, 3, 4});
  OpTest("GatherNd")
      .In<double>({2, 2}, {1, 2, 3, 4})
      .In(Ints({1, 1}, {1}))
      .Expect<double>({1, 2}, {3, 4});
  OpTest("GatherNd")
      .In<double>({2}, {1, 2})
      .In(Ints({2, 0}, {}))
      .Expect<double>({2, 2}, {1, 2, 1, 2});
  OpTest("GatherNd")
      .In<float>({2, 2}, {1, 2, 3, 4})
      .In(Ints({1, 2}, {0, 2}))
      .ExpectError("indices[0] = [0, 2] does not index into shape [2,2]");
}

TEST(Gather, Gradient) {
  GradientTest("Gather").In({4, 3}).Const(Ints({2, 2}, {1, 3, 1, 0})).Check();
  GradientTest("GatherV2").In({4, 3}).Const(Ints({3}, {1, 3, 1})).Const(Axis(0)).Check();
  GradientTest("GatherV2").In({2, 3, 4}).Const(Ints({2, 2}, {1, 3, 1, 0})).Const(Axis(2)).Check();
  GradientTest("GatherV2").In({2, 3, 4}).Const(Ints({3}, {1, 2, 1})).Const(Axis(-2)).Check();
  GradientTest("GatherV2").In({2, 3}).Const(Ints({}, {1})).Const(Axis(1)).Check();
}

TEST(Gather, GradientWithBatches) {
  GradientTest("GatherV2")
      .In({2, 3, 4})
      .Const(Ints({2, 2}, {1, 2, 0, 0}))
      .Const(Axis(1))
      .Attr("batch_dims", 1)
      .Check();
  GradientTest("GatherV2")
      .In({2, 2, 3, 2})
      .Const(Ints({2, 3}, {1, 2, 0, 0, 1, 1}))
      .Const(Axis(2))
      .Attr("batch_dims", -1)
      .Check();
}

TEST(Gather, RowGradientsStaySparse) {
  const Scope s = Scope::Root();
  const Output params =
      s.Op("Placeholder").Attr("dtype", DT_FLOAT).Attr("shape", PartialShape({1000, 4})).Build();
  const Output rows = ops::GatherV2(s, params, {1, 2}, 0);
  absl::StatusOr<std::vector<Gradient>> gradients = AddGradients(s, {rows}, {params});
  ASSERT_TRUE(gradients.ok()) << gradients.status();
  ASSERT_TRUE((*gradients)[0].slices.has_value());
  EXPECT_EQ((*gradients)[0].slices->values.shape().ToString(), "[2,4]");
}

TEST(GatherNd, Gradient) {
  GradientTest("GatherNd").In({3, 4}).Const(Ints({3, 2}, {0, 1, 2, 3, 0, 1})).Check();
  GradientTest("GatherNd").In({3, 4}).Const(Ints({3, 1}, {0, 2, 0})).Check();
  GradientTest("GatherNd").In({3, 4}).Const(Ints({1, 2, 1}, {0, 2})).Check();
}

}  // namespace
}  // namespace weir
