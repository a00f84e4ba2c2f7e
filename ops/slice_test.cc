#include "weir/ops/slice.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Ints(std::initializer_list<int32_t> values) { return Tensor::Vector<int32_t>(values); }

TEST(Slice, Shape) {
  EXPECT_SHAPE(ShapeTest("Slice").In("[4,5]").Const(Ints({1, 2})).Const(Ints({2, 3})), "[2,3]");
  EXPECT_SHAPE(ShapeTest("Slice").In("[4,5]").Const(Ints({1, 2})).Const(Ints({-1, -1})), "[3,3]");
  EXPECT_SHAPE(ShapeTest("Slice").In("[?,5]").Const(Ints({1, 2})).Const(Ints({-1, 1})), "[?,1]");
  EXPECT_SHAPE(ShapeTest("Slice").In("[?,5]").In("[2]", DT_INT32).Const(Ints({3, -1})), "[3,?]");
  EXPECT_SHAPE(ShapeTest("Slice").In("<unknown>").In("[3]", DT_INT32).In("[?]", DT_INT32),
               "[?,?,?]");
  EXPECT_SHAPE(ShapeTest("Slice").In("<unknown>").In("[?]", DT_INT32).In("[?]", DT_INT32),
               "<unknown>");
}

TEST(Slice, ShapeErrors) {
  EXPECT_SHAPE_ERROR(ShapeTest("Slice").In("[4]").Const(Ints({5})).Const(Ints({-1})), "begin[0]");
  EXPECT_SHAPE_ERROR(ShapeTest("Slice").In("[4]").Const(Ints({-1})).Const(Ints({1})), "begin[0]");
  EXPECT_SHAPE_ERROR(ShapeTest("Slice").In("[4]").Const(Ints({2})).Const(Ints({3})), "size[0]");
  EXPECT_SHAPE_ERROR(ShapeTest("Slice").In("[4]").Const(Ints({2})).Const(Ints({-2})), "size[0]");
  EXPECT_SHAPE_ERROR(ShapeTest("Slice").In("[4]").Const(Ints({0, 0})).Const(Ints({1, 1})),
                     "one entry per dimension");
}

TEST(Slice, Values) {
  OpTest("Slice")
      .In<float>({3, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8})
      .In<int32_t>({2}, {1, 0})
      .In<int32_t>({2}, {2, 2})
      .Expect<float>({2, 2}, {3, 4, 6, 7});
  OpTest("Slice")
      .In<std::string>({3}, {"a", "b", "c"})
      .In<int64_t>({1}, {1})
      .In<int64_t>({1}, {-1})
      .Expect<std::string>({2}, {"b", "c"});
}

TEST(Slice, EmptyAndWhole) {
  OpTest("Slice")
      .In<double>({2, 2}, {1, 2, 3, 4})
      .In<int32_t>({2}, {2, 0})
      .In<int32_t>({2}, {0, 2})
      .Expect<double>({0, 2}, {});
  OpTest("Slice")
      .In<double>({2, 2}, {1, 2, 3, 4})
      .In<int32_t>({2}, {0, 0})
      .In<int32_t>({2}, {-1, -1})
      .Expect<double>({2, 2}, {1, 2, 3, 4});
}

TEST(Slice, RefusesRangesOutside) {
  OpTest("Slice")
      .In<float>({3}, {0, 1, 2})
      .In<int32_t>({1}, {2})
      .In<int32_t>({1}, {2})
      .ExpectError("size[0]");
  OpTest("Slice")
      .In<float>({3}, {0, 1, 2})
      .In<int64_t>({1}, {int64_t{1} << 62})
      .In<int64_t>({1}, {int64_t{1} << 62})
      .ExpectError("begin[0]");
}

TEST(Slice, Gradient) {
  GradientTest("Slice").In({4}).Const(Ints({1})).Const(Ints({2})).Check();
  GradientTest("Slice").In({3, 4, 2}).Const(Ints({1, 0, 1})).Const(Ints({2, -1, 1})).Check();
}

}  // namespace
}  // namespace weir
