#include "weir/ops/where.h"

#include <cmath>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Where, Values) {
  OpTest("Where")
      .In<bool>({2, 2}, {true, false, true, true})
      .Expect<int64_t>({3, 2}, {0, 0, 1, 0, 1, 1});
  OpTest("Where").In<float>({4}, {0, -0.0f, NAN, 2}).Expect<int64_t>({2, 1}, {2, 3});
  OpTest("Where").In<Complex64>({2}, {{0, 1}, {0, 0}}).Expect<int64_t>({1, 1}, {0});
  OpTest("Where").In<uint8_t>({1, 2, 1}, {0, 255}).Expect<int64_t>({1, 3}, {0, 1, 0});
  OpTest("Where").In<bool>({}, {true}).Expect<int64_t>({1, 0}, {});
  OpTest("Where").In<int32_t>({0, 3}, {}).Expect<int64_t>({0, 2}, {});
}

TEST(Where, Shape) {
  EXPECT_SHAPE(ShapeTest("Where").In("[2,?,3]"), "[?,3]");
  EXPECT_SHAPE(ShapeTest("Where").In("<unknown>"), "[?,?]");
}

TEST(ListDiff, Values) {
  OpTest("ListDiff")
      .In<int32_t>({6}, {1, 2, 3, 4, 5, 1})
      .In<int32_t>({3}, {1, 3, 5})
      .Expect<int32_t>({2}, {2, 4})
      .Expect<int32_t>({2}, {1, 3});
  OpTest("ListDiff")
      .In<std::string>({3}, {"a", "b", "a"})
      .In<std::string>({1}, {"b"})
      .Attr("out_idx", DT_INT64)
      .Expect<std::string>({2}, {"a", "a"})
      .Expect<int64_t>({2}, {0, 2});
  OpTest("ListDiff")
      .In<float>({0}, {})
      .In<float>({1}, {1})
      .Expect<float>({0}, {})
      .Expect<int32_t>({0}, {});
}

TEST(ListDiff, NeedsVectors) {
  EXPECT_SHAPE_ERROR(ShapeTest("ListDiff").In("[2,2]").In("[1]"), "rank 1");
  EXPECT_SHAPE(ShapeTest("ListDiff").In("[2]").In("[?]"), "[?];[?]");
}

}  // namespace
}  // namespace weir
