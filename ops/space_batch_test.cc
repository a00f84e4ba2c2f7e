#include "weir/ops/space_batch.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Table(std::initializer_list<int32_t> values) {
  return Tensor::Of<int32_t>(Shape({static_cast<int64_t>(values.size()) / 2, 2}), values);
}

TEST(SpaceToBatchND, Values) {
  OpTest("SpaceToBatchND")
      .In<float>({1, 2, 2, 1}, {1, 2, 3, 4})
      .In<int32_t>({2}, {2, 2})
      .In(Table({0, 0, 0, 0}))
      .Expect<float>({4, 1, 1, 1}, {1, 2, 3, 4});
  OpTest("SpaceToBatchND")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<int64_t>({1}, {2})
      .In(Table({1, 0}))
      .Expect<float>({4, 2}, {0, 2, 0, 5, 1, 3, 4, 6});
  OpTest("SpaceToBatchND")
      .In<float>({1, 2, 2}, {1, 2, 3, 4})
      .In<int32_t>({2}, {2, 1})
      .In(Table({0, 0, 0, 0}))
      .Expect<float>({2, 1, 2}, {1, 2, 3, 4});
  OpTest("SpaceToBatchND")
      .In<std::string>({1, 1}, {"a"})
      .In<int32_t>({1}, {2})
      .In(Table({1, 0}))
      .Expect<std::string>({2, 1}, {"", "a"});
  OpTest("SpaceToBatchND")
      .In<float>({2}, {1, 2})
      .In<int32_t>({0}, {})
      .In(Table({}))
      .Expect<float>({2}, {1, 2});
}

TEST(BatchToSpaceND, Values) {
  OpTest("BatchToSpaceND")
      .In<float>({4, 1, 1, 1}, {1, 2, 3, 4})
      .In<int32_t>({2}, {2, 2})
      .In(Table({0, 0, 0, 0}))
      .Expect<float>({1, 2, 2, 1}, {1, 2, 3, 4});
  OpTest("BatchToSpaceND")
      .In<float>({4, 2}, {0, 2, 0, 5, 1, 3, 4, 6})
      .In<int32_t>({1}, {2})
      .In(Table({1, 0}))
      .Expect<float>({2, 3}, {1, 2, 3, 4, 5, 6});
}

TEST(SpaceToBatchND, Errors) {
  const auto convert = [](const char* op, int32_t block, std::initializer_list<int32_t> amounts,
                          const char* words) {
    OpTest(op)
        .In<float>({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9})
        .In<int32_t>({1}, {block})
        .In(Table(amounts))
        .ExpectError(words);
  };
  convert("SpaceToBatchND", 2, {0, 0}, "not divisible by the block size 2");
  convert("SpaceToBatchND", 0, {0, 0}, "must be positive");
  convert("SpaceToBatchND", 2, {-1, 0}, "non-negative");
  convert("SpaceToBatchND", 2, {0, 0, 0, 0}, "must have shape [1,2]");
  convert("BatchToSpaceND", 2, {0, 0}, "batch extent 3 is not divisible");
  convert("BatchToSpaceND", 3, {5, 5}, "must be non-negative");
}

TEST(SpaceToBatchND, Shape) {
  EXPECT_SHAPE(ShapeTest("SpaceToBatchND")
                   .In("[?,5,?,3]")
                   .Const(Tensor::Vector<int32_t>({2, 3}))
                   .Const(Table({1, 0, 1, 1})),
               "[?,3,?,3]");
  EXPECT_SHAPE(
      ShapeTest("SpaceToBatchND").In("[2,5,5,3]").In("[2]", DT_INT32).In("[2,2]", DT_INT32),
      "[?,?,?,3]");
  EXPECT_SHAPE(ShapeTest("BatchToSpaceND")
                   .In("[4,5,3]")
                   .Const(Tensor::Vector<int32_t>({2}))
                   .Const(Table({1, 2})),
               "[2,7,3]");
}

TEST(SpaceToBatchND, Gradient) {
  const Tensor block = Tensor::Vector<int32_t>({2, 3});
  GradientTest("SpaceToBatchND").In({1, 3, 5, 2}).Const(block).Const(Table({1, 0, 0, 1})).Check();
  GradientTest("BatchToSpaceND").In({6, 2, 2, 1}).Const(block).Const(Table({1, 0, 2, 1})).Check();
}

TEST(SpaceToBatch, IsTheSquareCase) {
  OpTest("SpaceToBatch")
      .In<float>({1, 2, 2, 1}, {1, 2, 3, 4})
      .In(Table({0, 0, 0, 0}))
      .Attr("block_size", 2)
      .Expect<float>({4, 1, 1, 1}, {1, 2, 3, 4});
  OpTest("BatchToSpace")
      .In<float>({4, 1, 1, 1}, {1, 2, 3, 4})
      .In(Table({0, 0, 0, 1}))
      .Attr("block_size", 2)
      .Expect<float>({1, 2, 1, 1}, {1, 3});
  EXPECT_SHAPE(
      ShapeTest("SpaceToBatch").In("[1,4,?,1]").Const(Table({0, 0, 0, 0})).Attr("block_size", 2),
      "[4,2,?,1]");
  EXPECT_SHAPE(
      ShapeTest("BatchToSpace").In("[4,1,1,1]").Const(Table({0, 0, 0, 0})).Attr("block_size", 2),
      "[1,2,2,1]");
  GradientTest("SpaceToBatch")
      .In({1, 3, 4, 1})
      .Const(Table({1, 0, 0, 0}))
      .Attr("block_size", 2)
      .Check();
  GradientTest("BatchToSpace")
      .In({4, 2, 1, 1})
      .Const(Table({1, 0, 0, 0}))
      .Attr("block_size", 2)
      .Check();
}

TEST(SpaceToDepth, Values) {
  OpTest("SpaceToDepth")
      .In<float>({1, 2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8})
      .Attr("block_size", 2)
      .Expect<float>({1, 1, 2, 4}, {1, 2, 5, 6, 3, 4, 7, 8});
  OpTest("SpaceToDepth")
      .In<float>({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
      .Attr("block_size", 2)
      .Attr("data_format", "NCHW")
      .Expect<float>({1, 8, 1, 1}, {1, 5, 2, 6, 3, 7, 4, 8});
  OpTest("SpaceToDepth")
      .In<int8_t>({1, 1, 2, 2, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
      .Attr("block_size", 2)
      .Attr("data_format", "NCHW_VECT_C")
      .Expect<int8_t>({1, 4, 1, 1, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
}

TEST(DepthToSpace, Values) {
  OpTest("DepthToSpace")
      .In<float>({1, 1, 2, 4}, {1, 2, 5, 6, 3, 4, 7, 8})
      .Attr("block_size", 2)
      .Expect<float>({1, 2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8});
  OpTest("DepthToSpace")
      .In<float>({1, 8, 1, 1}, {1, 5, 2, 6, 3, 7, 4, 8})
      .Attr("block_size", 2)
      .Attr("data_format", "NCHW")
      .Expect<float>({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  OpTest("DepthToSpace")
      .In<float>({0, 1, 1, 4}, {})
      .Attr("block_size", 2)
      .Expect<float>({0, 2, 2, 1}, {});
}

TEST(SpaceToDepth, ErrorsAndShape) {
  EXPECT_SHAPE(ShapeTest("SpaceToDepth").In("[?,4,6,3]").Attr("block_size", 2), "[?,2,3,12]");
  EXPECT_SHAPE(
      ShapeTest("DepthToSpace").In("[?,12,2,?]").Attr("block_size", 2).Attr("data_format", "NCHW"),
      "[?,3,4,?]");
  EXPECT_SHAPE(ShapeTest("DepthToSpace").In("<unknown>").Attr("block_size", 2), "[?,?,?,?]");
  OpTest("SpaceToDepth")
      .In<float>({1, 1, 3, 1}, {1, 2, 3})
      .Attr("block_size", 2)
      .ExpectError("image extent 1 is not divisible");
  OpTest("DepthToSpace")
      .In<float>({1, 1, 1, 3}, {1, 2, 3})
      .Attr("block_size", 2)
      .ExpectError("depth extent 3 is not divisible");
  OpTest("DepthToSpace").In<float>({3}, {1, 2, 3}).Attr("block_size", 2).ExpectError("rank 4");
}

TEST(SpaceToDepth, Gradient) {
  for (const char* format : {"NHWC", "NCHW"}) {
    GradientTest("SpaceToDepth")
        .In({1, 2, 4, 2})
        .Attr("block_size", 2)
        .Attr("data_format", "NHWC")
        .Check();
    GradientTest("DepthToSpace")
        .In({2, 4, 2, 4})
        .Attr("block_size", 2)
        .Attr("data_format", format)
        .Check();
  }
}

}  // namespace
}  // namespace weir
