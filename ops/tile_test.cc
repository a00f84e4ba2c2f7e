#include "weir/ops/tile.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Tile, Values) {
  OpTest("Tile")
      .In<float>({2}, {1, 2})
      .In<int32_t>({1}, {3})
      .Expect<float>({6}, {1, 2, 1, 2, 1, 2});
  OpTest("Tile")
      .In<float>({2, 2}, {1, 2, 3, 4})
      .In<int64_t>({2}, {2, 1})
      .Expect<float>({4, 2}, {1, 2, 3, 4, 1, 2, 3, 4});
  OpTest("Tile")
      .In<std::string>({2, 1}, {"a", "b"})
      .In<int32_t>({2}, {2, 2})
      .Expect<std::string>({4, 2}, {"a", "a", "b", "b", "a", "a", "b", "b"});
  OpTest("Tile").In<float>({}, {5}).In<int32_t>({0}, {}).Expect<float>({}, {5});
  OpTest("Tile").In<float>({2}, {1, 2}).In<int32_t>({1}, {0}).Expect<float>({0}, {});
}

TEST(Tile, Errors) {
  OpTest("Tile").In<float>({2}, {1, 2}).In<int32_t>({1}, {-1}).ExpectError("multiples[0] >= 0");
  OpTest("Tile")
      .In<float>({2}, {1, 2})
      .In<int32_t>({2}, {1, 1})
      .ExpectError("length 1 but got length 2");
  OpTest("Tile").In<float>({2}, {1, 2}).In<int64_t>({1}, {INT64_MAX}).ExpectError("too");
}

TEST(Tile, Shape) {
  EXPECT_SHAPE(ShapeTest("Tile").In("[2,?]").Const(Tensor::Vector<int32_t>({3, 2})), "[6,?]");
  EXPECT_SHAPE(ShapeTest("Tile").In("[2,3]").In("[2]", DT_INT32), "[?,?]");
  EXPECT_SHAPE(ShapeTest("Tile").In("<unknown>").In("[?]", DT_INT32), "<unknown>");
  EXPECT_SHAPE(ShapeTest("Tile").In("<unknown>").In("[2]", DT_INT32), "[?,?]");
}

TEST(Tile, Gradient) {
  GradientTest("Tile").In({2}).Const(Tensor::Vector<int32_t>({3})).Check();
  GradientTest("Tile").In({2, 1, 3}).Const(Tensor::Vector<int64_t>({2, 3, 1})).Check();
  GradientTest("Tile").In(Shape()).Const(Tensor::Vector<int32_t>({})).Check();
  GradientTest("Tile").In({2}).Const(Tensor::Vector<int32_t>({0})).Check();
}

TEST(TileGrad, SumsTheCopies) {
  OpTest("TileGrad")
      .In<float>({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})
      .In<int32_t>({2}, {2, 2})
      .Expect<float>({1, 2}, {16, 20});
  OpTest("TileGrad")
      .In<int32_t>({4}, {1, 2, 3, 4})
      .In<int32_t>({1}, {1})
      .Expect<int32_t>({4}, {1, 2, 3, 4});
  OpTest("TileGrad").In<float>({3}, {1, 2, 3}).In<int32_t>({1}, {2}).ExpectError("divisible");
  OpTest("TileGrad").In<float>({3}, {1, 2, 3}).In<int32_t>({1}, {0}).ExpectError("multiples[0] >");
  EXPECT_SHAPE(ShapeTest("TileGrad").In("[4,?]").Const(Tensor::Vector<int32_t>({2, 2})), "[2,?]");
}

}  // namespace
}  // namespace weir
