#include "weir/ops/unique.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Unique, Shape) {
  EXPECT_SHAPE(ShapeTest("Unique").In("[5]"), "[?];[5]");
  EXPECT_SHAPE(ShapeTest("UniqueWithCounts").In("[5]"), "[?];[5];[?]");
  EXPECT_SHAPE_ERROR(ShapeTest("Unique").In("[5,2]"), "rank 1");
  EXPECT_SHAPE(ShapeTest("UniqueV2").In("[5,2]").Const(Tensor::Vector<int64_t>({-1})), "[5,?];[2]");
  EXPECT_SHAPE(ShapeTest("UniqueWithCountsV2").In("[5,2]").Const(Tensor::Vector<int64_t>({0})),
               "[?,2];[5];[?]");
  EXPECT_SHAPE_ERROR(ShapeTest("UniqueV2").In("[5,2]").Const(Tensor::Vector<int64_t>({2})),
                     "out of range");
}

TEST(Unique, Values) {
  OpTest("Unique")
      .In<int32_t>({5}, {7, 3, 7, 7, 1})
      .Expect<int32_t>({3}, {7, 3, 1})
      .Expect<int32_t>({5}, {0, 1, 0, 0, 2});
  OpTest("UniqueWithCounts")
      .In<std::string>({3}, {"b", "a", "b"})
      .Attr("out_idx", DT_INT64)
      .Expect<std::string>({2}, {"b", "a"})
      .Expect<int64_t>({3}, {0, 1, 0})
      .Expect<int64_t>({2}, {2, 1});
  OpTest("Unique").In<float>({0}, {}).Expect<float>({0}, {}).Expect<int32_t>({0}, {});
}

TEST(Unique, ZerosAreEqualAndNansAreNot) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  OpTest("Unique")
      .In<float>({4}, {0.0f, nan, -0.0f, nan})
      .Skip()
      .Expect<int32_t>({4}, {0, 1, 0, 2});
}

TEST(UniqueV2, AlongAnAxis) {
  OpTest("UniqueV2")
      .In<float>({2, 3}, {1, 2, 1, 3, 4, 3})
      .In<int64_t>({1}, {1})
      .Expect<float>({2, 2}, {1, 2, 3, 4})
      .Expect<int32_t>({3}, {0, 1, 0});
  OpTest("UniqueWithCountsV2")
      .In<int64_t>({3, 1}, {5, 6, 5})
      .In<int32_t>({1}, {0})
      .Expect<int64_t>({2, 1}, {5, 6})
      .Expect<int32_t>({3}, {0, 1, 0})
      .Expect<int32_t>({2}, {2, 1});
  OpTest("UniqueV2")
      .In<bool>({3}, {true, false, true})
      .In<int64_t>({0}, {})
      .Expect<bool>({2}, {true, false})
      .Expect<int32_t>({3}, {0, 1, 0});
}

}  // namespace
}  // namespace weir
