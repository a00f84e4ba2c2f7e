#include "weir/ops/dynamic_stitch.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(DynamicStitch, Shape) {
  EXPECT_SHAPE(ShapeTest("DynamicStitch")
                   .Const(Tensor::Vector<int32_t>({0, 4}))
                   .Const(Tensor::Scalar<int32_t>(2))
                   .AsList(2)
                   .In("[2,3]")
                   .In("[3]")
                   .AsList(2),
               "[5,3]");
  EXPECT_SHAPE(ShapeTest("DynamicStitch").In("[?]", DT_INT32).AsList(1).In("[?,3]").AsList(1),
               "[?,3]");
  EXPECT_SHAPE(ShapeTest("ParallelDynamicStitch")
                   .Const(Tensor::Vector<int32_t>({0, 4}))
                   .AsList(1)
                   .In("[2,3]")
                   .AsList(1),
               "[5,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("DynamicStitch").In("[2]", DT_INT32).AsList(1).In("[3,3]").AsList(1),
                     "does not start with");
}

TEST(DynamicStitch, Values) {
  for (const char* op : {"DynamicStitch", "ParallelDynamicStitch"}) {
    OpTest(op)
        .In<int32_t>({}, {1})
        .In<int32_t>({2}, {2, 0})
        .AsList(2)
        .In<float>({2}, {1, 2})
        .In<float>({2, 2}, {3, 4, 5, 6})
        .AsList(2)
        .Expect<float>({3, 2}, {5, 6, 1, 2, 3, 4});
  }
}

TEST(DynamicStitch, LaterPiecesStandAndGapsAreZero) {
  OpTest("DynamicStitch")
      .In<int32_t>({3}, {0, 3, 0})
      .AsList(1)
      .In<int32_t>({3}, {1, 2, 3})
      .AsList(1)
      .Expect<int32_t>({4}, {3, 0, 0, 2});
  OpTest("DynamicStitch")
      .In<int32_t>({0}, {})
      .AsList(1)
      .In<float>({0, 2}, {})
      .AsList(1)
      .Expect<float>({0, 2}, {});
}

TEST(DynamicStitch, RefusesNegativeIndices) {
  OpTest("DynamicStitch")
      .In<int32_t>({1}, {-1})
      .AsList(1)
      .In<float>({1}, {1})
      .AsList(1)
      .ExpectError("= -1 is not in [0,");
}

TEST(DynamicStitch, Gradient) {
  for (const char* op : {"DynamicStitch", "ParallelDynamicStitch"}) {
    GradientTest(op)
        .Const(Tensor::Vector<int32_t>({2, 0}))
        .Const(Tensor::Scalar<int32_t>(1))
        .AsList(2)
        .In({2, 3})
        .In({3})
        .AsList(2)
        .Check();
  }
}

}  // namespace
}  // namespace weir
