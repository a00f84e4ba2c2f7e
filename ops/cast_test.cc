#include "weir/ops/cast.h"

#include <limits>

#include "weir/graph/gradients.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Cast, ShapeIsKept) {
  EXPECT_SHAPE(ShapeTest("Cast").In("[?,3]").Attr("DstT", DT_INT32), "[?,3]");
}

TEST(Cast, FloatsToIntegers) {
  const Tensor x = Tensor::Of<float>({4}, {1.9f, -1.9f, 300, -3});
  OpTest("Cast").In(x).Attr("DstT", DT_INT32).Expect<int32_t>({4}, {1, -1, 300, -3});
  OpTest("Cast").In(x).Attr("DstT", DT_UINT8).Expect<uint8_t>({4}, {1, 255, 44, 253});
  const Tensor far = Tensor::Of<float>({4}, {kInf, -kInf, kNan, 3e9f});
  OpTest("Cast")
      .In(far)
      .Attr("DstT", DT_INT32)
      .Expect<int32_t>({4}, {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN});
  OpTest("Cast")
      .In(far)
      .Attr("DstT", DT_INT64)
      .Expect<int64_t>({4}, {INT64_MIN, INT64_MIN, INT64_MIN, 3000000000});
  OpTest("Cast")
      .In<double>({2}, {1.8e19, -1})
      .Attr("DstT", DT_UINT64)
      .Expect<uint64_t>({2}, {18000000000000000000u, UINT64_MAX});
}

TEST(Cast, ToAndFromBool) {
  OpTest("Cast")
      .In<float>({3}, {0, 0.5f, kNan})
      .Attr("DstT", DT_BOOL)
      .Expect<bool>({3}, {false, true, true});
  OpTest("Cast").In<bool>({2}, {false, true}).Attr("DstT", DT_FLOAT).Expect<float>({2}, {0, 1});
  OpTest("Cast")
      .In<Complex64>({2}, {{0, 0}, {0, 1}})
      .Attr("DstT", DT_BOOL)
      .Expect<bool>({2}, {false, true});
}

TEST(Cast, BetweenIntegers) {
  OpTest("Cast").In<int32_t>({2}, {-1, 257}).Attr("DstT", DT_UINT8).Expect<uint8_t>({2}, {255, 1});
  OpTest("Cast")
      .In<uint32_t>({1}, {UINT32_MAX})
      .Attr("DstT", DT_INT64)
      .Expect<int64_t>({1}, {4294967295});
}

TEST(Cast, SixteenBitsAndComplex) {
  OpTest("Cast")
      .In<float>({2}, {1.5f, 1e6f})
      .Attr("DstT", DT_HALF)
      .Expect<Half>({2}, {Half(1.5f), std::numeric_limits<Half>::infinity()});
  OpTest("Cast")
      .In<Half>({1}, {Half(2.5f)})
      .Attr("DstT", DT_BFLOAT16)
      .Expect<BFloat16>({1}, {BFloat16(2.5f)});
  OpTest("Cast").In<Complex128>({1}, {{1.5, 2}}).Attr("DstT", DT_FLOAT).Expect<float>({1}, {1.5f});
  OpTest("Cast").In<int32_t>({1}, {3}).Attr("DstT", DT_COMPLEX64).Expect<Complex64>({1}, {{3, 0}});
  OpTest("Cast")
      .In<Complex64>({1}, {{1, 2}})
      .Attr("DstT", DT_COMPLEX128)
      .Expect<Complex128>({1}, {{1, 2}});
}

TEST(Cast, TruncatesOnRequest) {
  // 1 + 2^-8 + 2^-9: bfloat16 has 7 bits of mantissa.
  OpTest("Cast")
      .In<float>({1}, {1.005859375f})
      .Attr("DstT", DT_BFLOAT16)
      .Attr("Truncate", true)
      .Tolerance(1e-12, 0)
      .Expect<BFloat16>({1}, {BFloat16(1.0f)});
  OpTest("Cast")
      .In<float>({1}, {1.005859375f})
      .Attr("DstT", DT_BFLOAT16)
      .Tolerance(1e-12, 0)
      .Expect<BFloat16>({1}, {BFloat16(1.0078125f)});
  OpTest("Cast")
      .In<double>({2}, {1 + 0x1p-24 + 0x1p-30, std::numeric_limits<double>::quiet_NaN()})
      .Attr("DstT", DT_FLOAT)
      .Attr("Truncate", true)
      .Tolerance(1e-12, 0)
      .Expect<float>({2}, {1, kNan});
}

TEST(Cast, UnknownPairs) {
  OpTest("Cast").In<std::string>({1}, {"1"}).Attr("DstT", DT_FLOAT).ExpectError("string");
}

TEST(Cast, GradientComesBackInTheInputsType) {
  const Scope s = Scope::Root();
  const Output x = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const Output y = ops::Cast(s, x, DT_DOUBLE);
  absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(s, {y}, {x});
  ASSERT_TRUE(grads.ok()) << grads.status();
  EXPECT_EQ((*grads)[0].type(), DT_FLOAT);
  const Output z = ops::Cast(s, ops::Cast(s, x, DT_INT32), DT_FLOAT);
  grads = AddDenseGradients(s, {z}, {x});
  ASSERT_TRUE(grads.ok()) << grads.status();
  EXPECT_FALSE((*grads)[0].valid());
  EXPECT_EQ(ops::Cast(s, x, DT_FLOAT).name(), x.name());
  GradientTest("Cast").In({2, 3}).Attr("DstT", DT_DOUBLE).Check();
}

}  // namespace
}  // namespace weir
