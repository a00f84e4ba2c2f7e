#include "weir/ops/strided_slice.h"

#include "weir/ops/variable.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Ints(std::initializer_list<int32_t> values) { return Tensor::Vector<int32_t>(values); }

ShapeTest SliceOf(absl::string_view shape, std::initializer_list<int32_t> begin,
                  std::initializer_list<int32_t> end, std::initializer_list<int32_t> strides) {
  return ShapeTest("StridedSlice")
      .In(shape)
      .Const(Ints(begin))
      .Const(Ints(end))
      .Const(Ints(strides));
}

TEST(StridedSlice, ShapeOfRanges) {
  EXPECT_SHAPE(SliceOf("[10]", {1}, {8}, {3}), "[3]");
  EXPECT_SHAPE(SliceOf("[10]", {8}, {1}, {-3}), "[3]");
  EXPECT_SHAPE(SliceOf("[10]", {-3}, {100}, {1}), "[3]");
  EXPECT_SHAPE(SliceOf("[10]", {5}, {2}, {1}), "[0]");
  EXPECT_SHAPE(SliceOf("[10,4]", {2}, {4}, {1}), "[2,4]");
  EXPECT_SHAPE(SliceOf("[?,4]", {2, 1}, {4, 3}, {1, 1}), "[?,2]");
}

TEST(StridedSlice, ShapeWithMasks) {
  EXPECT_SHAPE(SliceOf("[10]", {5}, {5}, {1}).Attr("begin_mask", 1), "[5]");
  EXPECT_SHAPE(SliceOf("[10]", {5}, {0}, {1}).Attr("end_mask", 1), "[5]");
  EXPECT_SHAPE(SliceOf("[10]", {0}, {0}, {-2}).Attr("begin_mask", 1).Attr("end_mask", 1), "[5]");
  EXPECT_SHAPE(SliceOf("[2,3,4]", {0, 1}, {0, 2}, {1, 1}).Attr("ellipsis_mask", 1), "[2,3,1]");
  EXPECT_SHAPE(SliceOf("[2,3]", {0, 0}, {0, 1}, {1, 1}).Attr("new_axis_mask", 1), "[1,1,3]");
  EXPECT_SHAPE(SliceOf("[2,3]", {1, 0}, {2, 2}, {1, 1}).Attr("shrink_axis_mask", 1), "[2]");
  EXPECT_SHAPE(SliceOf("[?,3]", {-1}, {0}, {1}).Attr("shrink_axis_mask", 1), "[3]");
  EXPECT_SHAPE(SliceOf("[2,3,4]", {0, 0, 1}, {0, 0, 0}, {1, 1, 1})
                   .Attr("ellipsis_mask", 1)
                   .Attr("new_axis_mask", 2)
                   .Attr("shrink_axis_mask", 4),
               "[2,3,1]");
}

TEST(StridedSlice, ShapeOfUnknownSubscripts) {
  EXPECT_SHAPE(ShapeTest("StridedSlice")
                   .In("[5,6]")
                   .In("[1]", DT_INT32)
                   .In("[1]", DT_INT32)
                   .Const(Ints({1})),
               "[?,6]");
  EXPECT_SHAPE(ShapeTest("StridedSlice")
                   .In("[5,6]")
                   .In("[1]", DT_INT32)
                   .In("[1]", DT_INT32)
                   .In("[1]", DT_INT32)
                   .Attr("shrink_axis_mask", 1),
               "[6]");
  EXPECT_SHAPE(ShapeTest("StridedSlice")
                   .In("[5,6]")
                   .In("[?]", DT_INT32)
                   .In("[?]", DT_INT32)
                   .In("[?]", DT_INT32),
               "<unknown>");
}

TEST(StridedSlice, ShapeErrors) {
  EXPECT_SHAPE_ERROR(SliceOf("[3]", {0}, {1}, {0}), "must be non-zero");
  EXPECT_SHAPE_ERROR(SliceOf("[3]", {0, 0}, {1, 1}, {1, 1}), "input has only 1 dims");
  EXPECT_SHAPE_ERROR(SliceOf("[3]", {3}, {4}, {1}).Attr("shrink_axis_mask", 1),
                     "slice index 3 of dimension 0 out of bounds");
  EXPECT_SHAPE_ERROR(SliceOf("[3]", {1}, {0}, {-1}).Attr("shrink_axis_mask", 1),
                     "only stride 1 allowed on non-range indexing");
  EXPECT_SHAPE_ERROR(SliceOf("[3,3]", {0, 0}, {1, 1}, {1, 1}).Attr("ellipsis_mask", 3),
                     "Multiple ellipses");
  EXPECT_SHAPE_ERROR(SliceOf("[3]", {0, 0}, {1}, {1}), "one length");
}

TEST(StridedSlice, KnowsItsValue) {
  const Scope s = Scope::Root();
  const Output x =
      s.Op("Placeholder").Attr("dtype", DT_FLOAT).Attr("shape", PartialShape({-1, 7, 5})).Build();
  const Output shape = s.Op("Shape").In(x).Build();
  const auto value_of = [](const Output& output) {
    return output.op().node().output_value(output.endpoint().index);
  };
  const Output tail = ops::StridedSlice(s, shape, {-1}, {0}, {-1});
  ASSERT_NE(value_of(tail), nullptr) << s.status();
  EXPECT_EQ(value_of(tail)->rank, 1);
  EXPECT_EQ(value_of(tail)->values.size(), 2u);
  EXPECT_EQ(value_of(tail)->values[0], 5);
  EXPECT_EQ(value_of(tail)->values[1], 7);
  const Output one = ops::StridedSlice(s, shape, {1}, {2}, {1}, {.shrink_axis_mask = 1});
  ASSERT_NE(value_of(one), nullptr);
  EXPECT_EQ(value_of(one)->rank, 0);
  EXPECT_EQ(value_of(one)->values[0], 7);
}

TEST(StridedSlice, Values) {
  OpTest("StridedSlice")
      .In<float>({2, 4}, {0, 1, 2, 3, 4, 5, 6, 7})
      .In<int32_t>({2}, {0, 3})
      .In<int32_t>({2}, {2, 0})
      .In<int32_t>({2}, {1, -2})
      .Expect<float>({2, 2}, {3, 1, 7, 5});
  OpTest("StridedSlice")
      .In<int64_t>({2, 2}, {1, 2, 3, 4})
      .In<int64_t>({1}, {-1})
      .In<int64_t>({1}, {0})
      .In<int64_t>({1}, {1})
      .Attr("shrink_axis_mask", 1)
      .Expect<int64_t>({2}, {3, 4});
  OpTest("StridedSlice")
      .In<std::string>({3}, {"a", "b", "c"})
      .In<int32_t>({1}, {0})
      .In<int32_t>({1}, {0})
      .In<int32_t>({1}, {-1})
      .Attr("begin_mask", 1)
      .Attr("end_mask", 1)
      .Expect<std::string>({3}, {"c", "b", "a"});
}

TEST(StridedSlice, ExtremeBoundsAreClamped) {
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
  OpTest("StridedSlice")
      .In<float>({3}, {1, 2, 3})
      .In<int64_t>({1}, {kLowest})
      .In<int64_t>({1}, {kHighest})
      .In<int64_t>({1}, {kHighest})
      .Expect<float>({1}, {1});
  OpTest("StridedSlice")
      .In<float>({3}, {1, 2, 3})
      .In<int64_t>({1}, {kHighest})
      .In<int64_t>({1}, {kLowest})
      .In<int64_t>({1}, {kLowest})
      .Expect<float>({1}, {3});
}

TEST(StridedSlice, Gradient) {
  GradientTest("StridedSlice")
      .In({4, 5})
      .Const(Ints({3, 1}))
      .Const(Ints({0, 5}))
      .Const(Ints({-2, 2}))
      .Check();
  GradientTest("StridedSlice")
      .In({2, 3, 4})
      .Const(Ints({1, 0, 0}))
      .Const(Ints({2, 0, 2}))
      .Const(Ints({1, 1, 1}))
      .Attr("ellipsis_mask", 2)
      .Attr("shrink_axis_mask", 1)
      .Check();
}

TEST(StridedSliceGrad, Shape) {
  ShapeTest test("StridedSliceGrad");
  test.Const(Tensor::Vector<int32_t>({5, 3})).Const(Tensor::Vector<int32_t>({1}));
  test.Const(Tensor::Vector<int32_t>({3})).Const(Tensor::Vector<int32_t>({1}));
  EXPECT_SHAPE(test.In("[2,3]"), "[5,3]");
}

TEST(StridedSliceGrad, Values) {
  OpTest("StridedSliceGrad")
      .In<int32_t>({1}, {5})
      .In<int32_t>({1}, {3})
      .In<int32_t>({1}, {0})
      .In<int32_t>({1}, {-2})
      .In<float>({2}, {7, 8})
      .Expect<float>({5}, {0, 8, 0, 7, 0});
  OpTest("StridedSliceGrad")
      .In<int32_t>({1}, {5})
      .In<int32_t>({1}, {3})
      .In<int32_t>({1}, {0})
      .In<int32_t>({1}, {-2})
      .In<float>({3}, {7, 8, 9})
      .ExpectError("shape of dy");
}

TEST(StridedSliceGrad, Gradient) {
  GradientTest("StridedSliceGrad")
      .Const(Ints({3, 4}))
      .Const(Ints({0, 1}))
      .Const(Ints({3, 4}))
      .Const(Ints({2, 2}))
      .In({2, 2})
      .Check();
}

TEST(StridedSliceAssign, WritesIntoVariables) {
  const Scope s = Scope::Root();
  const Tensor start = Tensor::Of<float>({2, 3}, {0, 1, 2, 3, 4, 5});
  const Tensor value = Tensor::Of<float>({2}, {10, 20});
  const ops::StridedSliceOptions column = {.begin_mask = 1, .end_mask = 1, .shrink_axis_mask = 2};
  const Output handle = ops::VarHandleOp(s, DT_FLOAT, PartialShape({2, 3}));
  const Operation init = ops::AssignVariableOp(s, handle, start);
  const Operation write = ops::ResourceStridedSliceAssign(s.ControlDependencies({init}), handle,
                                                          {0, 1}, {0, 2}, {1, 1}, value, column);
  const Output read = ops::ReadVariableOp(s.ControlDependencies({write}), handle, DT_FLOAT);
  const Output ref = ops::Assign(s, ops::VariableV2(s, PartialShape({2, 3}), DT_FLOAT), start);
  const Output written = ops::StridedSliceAssign(s, ref, {0, 1}, {0, 2}, {1, 1}, value, column);
  EXPECT_EQ(written.shape().ToString(), "[2,3]");
  const Output ref_read = s.Op("Identity").In(written).Build();
  absl::StatusOr<Session> session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  absl::StatusOr<std::vector<Tensor>> got = session->Run({}, {read, ref_read});
  ASSERT_TRUE(got.ok()) << got.status();
  const std::vector<float> want = {0, 10, 2, 3, 20, 5};
  for (const Tensor& t : *got) {
    EXPECT_EQ(std::vector<float>(t.values<float>().begin(), t.values<float>().end()), want);
  }
}

}  // namespace
}  // namespace weir
