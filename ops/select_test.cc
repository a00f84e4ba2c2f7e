#include "weir/ops/select.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

const Tensor kCondition = Tensor::Of<bool>({2}, {true, false});

TEST(Select, Shape) {
  const auto select = [](absl::string_view c, absl::string_view t, absl::string_view e) {
    return ShapeTest("Select").In(c, DT_BOOL).In(t).In(e);
  };
  EXPECT_SHAPE(select("[2,?]", "[?,3]", "?"), "[2,3]");
  EXPECT_SHAPE(select("[]", "[2,?]", "[?,3]"), "[2,3]");
  EXPECT_SHAPE(select("[2]", "[?,3]", "[?,3]"), "[2,3]");
  EXPECT_SHAPE_ERROR(select("[2]", "[3,3]", "[3,3]"), "rows");
  EXPECT_SHAPE_ERROR(select("[2]", "[]", "[]"), "scalars");
  EXPECT_SHAPE_ERROR(select("[]", "[2]", "[3]"), "");
  EXPECT_SHAPE(ShapeTest("SelectV2").In("[2,1]", DT_BOOL).In("[3]").In("[]"), "[2,3]");
}

TEST(Select, ConditionOfTheSameShapeAScalarOrRows) {
  const Tensor t = Tensor::Of<float>({2, 2}, {1, 2, 3, 4});
  const Tensor e = Tensor::Of<float>({2, 2}, {-1, -2, -3, -4});
  OpTest("Select").In(kCondition).In(t).In(e).Expect<float>({2, 2}, {1, 2, -3, -4});
  OpTest("Select").In<bool>({}, {false}).In(t).In(e).Expect(e);
  OpTest("Select")
      .In<bool>({2, 2}, {false, true, true, false})
      .In(t)
      .In(e)
      .Expect<float>({2, 2}, {-1, 2, 3, -4});
  OpTest("Select").In<bool>({3}, {true, true, true}).In(t).In(e).ExpectError("");
  OpTest("Select").In<bool>({0}, {}).In<float>({0}, {}).In<float>({0}, {}).Expect<float>({0}, {});
}

TEST(Select, EveryWidthAndStrings) {
  OpTest("Select")
      .In(kCondition)
      .In<int8_t>({2}, {1, 2})
      .In<int8_t>({2}, {3, 4})
      .Expect<int8_t>({2}, {1, 4});
  OpTest("Select")
      .In(kCondition)
      .In<Half>({2}, {1, 2})
      .In<Half>({2}, {3, 4})
      .Expect<Half>({2}, {1, 4});
  OpTest("Select")
      .In(kCondition)
      .In<std::string>({2}, {"a", "b"})
      .In<std::string>({2}, {"c", "d"})
      .Expect<std::string>({2}, {"a", "d"});
  OpTest("Select")
      .In(kCondition)
      .In<Complex128>({2}, {{1, 1}, {2, 2}})
      .In<Complex128>({2}, {{3, 3}, {4, 4}})
      .Expect<Complex128>({2}, {{1, 1}, {4, 4}});
}

TEST(SelectV2, Broadcasts) {
  OpTest("SelectV2")
      .In<bool>({2, 1}, {true, false})
      .In<float>({3}, {1, 2, 3})
      .In<float>({}, {0})
      .Expect<float>({2, 3}, {1, 2, 3, 0, 0, 0});
  OpTest("SelectV2")
      .In<bool>({}, {true})
      .In<float>({}, {1})
      .In<float>({}, {0})
      .Expect<float>({}, {1});
  OpTest("SelectV2").In(kCondition).In<float>({3}, {1, 2, 3}).In<float>({}, {0}).ExpectError("");
}

TEST(Select, Gradients) {
  GradientTest("Select").Const(kCondition).In({2, 3}).In({2, 3}).Check();
  GradientTest("Select").Const(Tensor::Scalar(true)).In({2}).In({2}).Check();
  GradientTest("SelectV2").Const(kCondition).In({3, 2}).In(Shape()).Check();
  GradientTest("SelectV2")
      .Const(Tensor::Of<bool>({2, 1}, {true, false}))
      .In({2})
      .In({2, 1})
      .Check();
}

}  // namespace
}  // namespace weir
