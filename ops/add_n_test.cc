#include "weir/ops/add_n.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(AddN, Shape) {
  EXPECT_SHAPE(ShapeTest("AddN").In("[?,3]").In("[2,?]").AsList(2), "[2,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("AddN").In("[2]").In("[3]").AsList(2), "");
  EXPECT_SHAPE(
      ShapeTest("AccumulateNV2").In("[?]").In("?").AsList(2).Attr("shape", PartialShape({4})),
      "[4]");
}

TEST(AddN, SumsAnyNumberOfTensors) {
  OpTest("AddN").In<float>({2}, {1, 2}).AsList(1).Expect<float>({2}, {1, 2});
  OpTest("AddN")
      .In<int8_t>({1}, {100})
      .In<int8_t>({1}, {100})
      .In<int8_t>({1}, {1})
      .AsList(3)
      .Expect<int8_t>({1}, {-55});
  OpTest("AddN").In<Half>({1}, {1}).In<Half>({1}, {2}).AsList(2).Expect<Half>({1}, {3});
  OpTest("AccumulateNV2")
      .In<float>({2}, {1, 2})
      .In<float>({2}, {3, 4})
      .AsList(2)
      .Attr("shape", Shape({2}))
      .Expect<float>({2}, {4, 6});
  OpTest("AddN").In<float>({2}, {1, 2}).In<float>({1}, {1}).AsList(2).ExpectError("");
}

TEST(AddN, ManyElements) {
  const int64_t n = 5000;
  Tensor x = *Tensor::Make(DT_FLOAT, Shape({n})), sum = *Tensor::Make(DT_FLOAT, Shape({n}));
  for (int64_t i = 0; i < n; ++i) {
    x.mutable_data<float>()[i] = static_cast<float>(i);
    sum.mutable_data<float>()[i] = static_cast<float>(3 * i);
  }
  OpTest("AddN").In(x).In(x).In(x).AsList(3).Expect(sum);
}

TEST(AddN, Gradient) {
  GradientTest("AddN").In({2, 3}).In({2, 3}).AsList(2).Check();
  GradientTest("AccumulateNV2").In({2}).In({2}).AsList(2).Attr("shape", Shape({2})).Check();
}

}  // namespace
}  // namespace weir
