#include "weir/ops/schedule_util.h"

#include <cmath>
#include <functional>

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

// The rate of a schedule at a step.
float At(const std::function<Output(const Scope&, const Output&)>& schedule, int64_t step) {
  const Scope s = Scope::Root();
  const Output rate = schedule(s, ops::Const(s, Tensor::Scalar<int64_t>(step)));
  const auto session = Session::Create(s);
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return NAN;
  const auto ran = session->Run({}, {rate});
  EXPECT_TRUE(ran.ok()) << ran.status();
  return ran.ok() ? *(*ran)[0].data<float>() : NAN;
}

TEST(ExponentialDecay, FollowsItsFormula) {
  const auto smooth = [](const Scope& s, const Output& step) {
    return ExponentialDecay(s, 0.1, step, 10, 0.5);
  };
  EXPECT_NEAR(At(smooth, 0), 0.1, 1e-7);
  EXPECT_NEAR(At(smooth, 15), 0.1 * std::pow(0.5, 1.5), 1e-7);
  const auto steps = [](const Scope& s, const Output& step) {
    return ExponentialDecay(s, 0.1, step, 10, 0.5, {.staircase = true});
  };
  EXPECT_NEAR(At(steps, 19), 0.05, 1e-7);
}

TEST(NaturalExponentialDecay, FollowsItsFormula) {
  const auto schedule = [](const Scope& s, const Output& step) {
    return NaturalExponentialDecay(s, 0.1, step, 10, 0.5);
  };
  EXPECT_NEAR(At(schedule, 20), 0.1 * std::exp(-1.0), 1e-7);
}

TEST(InverseTimeDecay, FollowsItsFormula) {
  const auto schedule = [](const Scope& s, const Output& step) {
    return InverseTimeDecay(s, 0.1, step, 10, 0.5);
  };
  EXPECT_NEAR(At(schedule, 20), 0.05, 1e-7);
}

TEST(PiecewiseConstant, ChangesBehindEachBoundary) {
  const auto schedule = [](const Scope& s, const Output& step) {
    return PiecewiseConstant(s, step, {10, 20}, {1, 0.5, 0.1});
  };
  EXPECT_EQ(At(schedule, 0), 1);
  EXPECT_EQ(At(schedule, 10), 1);
  EXPECT_EQ(At(schedule, 11), 0.5f);
  EXPECT_EQ(At(schedule, 20), 0.5f);
  EXPECT_EQ(At(schedule, 21), 0.1f);
}

TEST(PiecewiseConstant, NeedsAscendingBoundaries) {
  const Scope s = Scope::Root();
  const Output step = ops::Const(s, Tensor::Scalar<int64_t>(0));
  EXPECT_FALSE(PiecewiseConstant(s, step, {20, 10}, {1, 0.5, 0.1}).valid());
  EXPECT_FALSE(PiecewiseConstant(Scope::Root(), step, {10}, {1}).valid());
}

TEST(PolynomialDecay, StaysOrCycles) {
  const auto once = [](const Scope& s, const Output& step) {
    return PolynomialDecay(s, 1, step, 10, {.end_rate = 0.1, .power = 2});
  };
  EXPECT_NEAR(At(once, 5), 0.9 * 0.25 + 0.1, 1e-6);
  EXPECT_NEAR(At(once, 50), 0.1, 1e-6);
  const auto cycle = [](const Scope& s, const Output& step) {
    return PolynomialDecay(s, 1, step, 10, {.end_rate = 0.1, .cycle = true});
  };
  EXPECT_NEAR(At(cycle, 15), 0.9 * 0.25 + 0.1, 1e-6);
  EXPECT_NEAR(At(cycle, 0), 1, 1e-6);
}

TEST(CosineDecay, EndsAtAlpha) {
  const auto schedule = [](const Scope& s, const Output& step) {
    return CosineDecay(s, 2, step, 10, 0.2);
  };
  EXPECT_NEAR(At(schedule, 0), 2, 1e-6);
  EXPECT_NEAR(At(schedule, 5), 2 * (0.8 * 0.5 + 0.2), 1e-6);
  EXPECT_NEAR(At(schedule, 30), 0.4, 1e-6);
}

}  // namespace
}  // namespace weir
