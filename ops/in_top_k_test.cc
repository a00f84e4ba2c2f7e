#include "weir/ops/in_top_k.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(InTopK, Shape) {
  EXPECT_SHAPE(ShapeTest("InTopK").In("[?,4]").In("[3]", DT_INT32).Attr("k", 2), "[3]");
  EXPECT_SHAPE_ERROR(ShapeTest("InTopK").In("[2,4]").In("[3]", DT_INT32).Attr("k", 2), "");
  EXPECT_SHAPE_ERROR(ShapeTest("InTopKV2").In("[4]").In("[3]", DT_INT32).In("[]", DT_INT32),
                     "rank");
}

TEST(InTopK, FewerThanKAreLarger) {
  const Tensor predictions = Tensor::Of<float>({2, 3}, {.1f, .5f, .4f, .3f, .3f, .9f});
  const Tensor targets = Tensor::Of<int32_t>({2}, {2, 0});
  OpTest("InTopK").In(predictions).In(targets).Attr("k", 1).Expect<bool>({2}, {false, false});
  OpTest("InTopK").In(predictions).In(targets).Attr("k", 2).Expect<bool>({2}, {true, true});
  OpTest("InTopKV2")
      .In(predictions)
      .In<int64_t>({2}, {1, 7})
      .In<int64_t>({}, {1})
      .Expect<bool>({2}, {true, false});
}

TEST(InTopK, NothingIsSaidOfInfinitePredictions) {
  const float inf = std::numeric_limits<float>::infinity();
  OpTest("InTopK")
      .In<float>({2, 2}, {inf, 1, 2, inf})
      .In<int32_t>({2}, {0, 0})
      .Attr("k", 2)
      .Expect<bool>({2}, {false, false});
  OpTest("InTopK").In<float>({1, 2}, {1, 2}).In<int32_t>({2}, {0, 0}).Attr("k", 2).ExpectError("");
}

}  // namespace
}  // namespace weir
