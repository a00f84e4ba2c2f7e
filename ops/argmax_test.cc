#include "weir/ops/argmax.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ArgMax, Shape) {
  const Tensor one = Tensor::Scalar<int32_t>(1);
  EXPECT_SHAPE(ShapeTest("ArgMax").In("[2,3,4]").Const(one), "[2,4]");
  EXPECT_SHAPE(ShapeTest("ArgMin").In("[2,3,?]").Const(Tensor::Scalar<int64_t>(-3)), "[3,?]");
  EXPECT_SHAPE(ShapeTest("ArgMax").In("[2,3]").In("[]", DT_INT32), "[?]");
  EXPECT_SHAPE(ShapeTest("ArgMax").In("?").Const(one), "<unknown>");
  EXPECT_SHAPE_ERROR(ShapeTest("ArgMax").In("[2]").Const(one), "dimension 1");
}

TEST(ArgMax, FirstOfTheLargest) {
  const Tensor x = Tensor::Of<float>({2, 3}, {1, 5, 5, 7, -2, 7});
  const Tensor zero = Tensor::Scalar<int32_t>(0), last = Tensor::Scalar<int32_t>(-1);
  OpTest("ArgMax").In(x).In(last).Expect<int64_t>({2}, {1, 0});
  OpTest("ArgMax").In(x).In(zero).Expect<int64_t>({3}, {1, 0, 1});
  OpTest("ArgMin").In(x).In(last).Attr("output_type", DT_INT32).Expect<int32_t>({2}, {0, 1});
  OpTest("ArgMax").In<uint8_t>({2}, {3, 200}).In(zero).Expect<int64_t>({}, {1});
  OpTest("ArgMax").In<float>({3}, {kNan, 1, 2}).In(zero).Expect<int64_t>({}, {2});
  OpTest("ArgMax").In<float>({0, 2}, {}).In(last).Expect<int64_t>({0}, {});
}

TEST(ArgMax, Errors) {
  OpTest("ArgMax").In<float>({2}, {1, 2}).In<int32_t>({}, {1}).ExpectError("dimension");
  OpTest("ArgMax").In<float>({0}, {}).In<int32_t>({}, {0}).ExpectError("is empty");
}

}  // namespace
}  // namespace weir
