#include "weir/ops/check.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(CheckNumerics, LetsFiniteNumbersPass) {
  EXPECT_SHAPE(ShapeTest("CheckNumerics").In("[?,2]").Attr("message", "m"), "[?,2]");
  OpTest("CheckNumerics").In<float>({2}, {1, -2}).Attr("message", "m").Expect<float>({2}, {1, -2});
  GradientTest("CheckNumerics").In({3}).Attr("message", "m").Check();
}

TEST(CheckNumerics, SaysWhatItFound) {
  OpTest("CheckNumerics")
      .In<float>({2}, {1, kNan})
      .Attr("message", "here")
      .ExpectError("here : Tensor had NaN values");
  OpTest("CheckNumerics")
      .In<double>({1}, {-kInf})
      .Attr("message", "m")
      .ExpectError("Tensor had Inf values");
  OpTest("CheckNumerics")
      .In<Half>({2}, {Half(kInf), Half(kNan)})
      .Attr("message", "m")
      .ExpectError("Inf and NaN");
}

}  // namespace
}  // namespace weir
