#include "weir/ops/timestamp.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Timestamp, IsSecondsOfThisCentury) {
  OpTest test("Timestamp");
  const auto outputs = test.Outputs();
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_GT(*(*outputs)[0].data<double>(), 1.5e9);
  EXPECT_LT(*(*outputs)[0].data<double>(), 4.2e9);
}

TEST(Timestamp, IsAScalar) { EXPECT_SHAPE(ShapeTest("Timestamp"), "[]"); }

}  // namespace
}  // namespace weir
