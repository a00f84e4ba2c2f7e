#include "weir/ops/bits.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(PopulationCount, CountsOnes) {
  EXPECT_SHAPE(ShapeTest("PopulationCount").In("[?]", DT_INT32), "[?]");
  OpTest("PopulationCount").In<int32_t>({3}, {0, 7, -1}).Expect<uint8_t>({3}, {0, 3, 32});
  OpTest("PopulationCount").In<uint8_t>({2}, {255, 16}).Expect<uint8_t>({2}, {8, 1});
}

TEST(CompareAndBitpack, FirstComparisonInTheHighestBit) {
  EXPECT_SHAPE(ShapeTest("CompareAndBitpack").In("[?,16]").In("[]"), "[?,2]");
  EXPECT_SHAPE_ERROR(ShapeTest("CompareAndBitpack").In("[7]").In("[]"), "multiple of 8");
  OpTest("CompareAndBitpack")
      .In<float>({8}, {1, 0, 0, 0, 0, 0, 2, 3})
      .In<float>({}, {0.5f})
      .Expect<uint8_t>({1}, {131});
  OpTest("CompareAndBitpack")
      .In<bool>({8}, {false, true, false, false, false, false, false, false})
      .In<bool>({}, {true})
      .Expect<uint8_t>({1}, {64});
  OpTest("CompareAndBitpack").In<float>({3}, {1, 2, 3}).In<float>({}, {0}).ExpectError("");
}

}  // namespace
}  // namespace weir
