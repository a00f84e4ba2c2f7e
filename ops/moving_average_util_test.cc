#include "weir/ops/moving_average_util.h"

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

class MovingAverageTest : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(BothKinds, MovingAverageTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Resource" : "Reference"; });

TEST_P(MovingAverageTest, FollowsTheVariable) {
  const Scope s = Scope::Root();
  GetVariableOptions options;
  options.use_resource = GetParam();
  const ops::Variable v = GetVariable(s, "v", Shape(), Constant(10), options);
  const Operation grow = v.AssignAdd(s, 10.0f);
  ExponentialMovingAverage average(0.9f);
  EXPECT_FALSE(average.Average(v).valid());
  const Operation follow = average.Apply(s.ControlDependencies({grow}), {v});
  ASSERT_TRUE(follow.valid()) << s.status();
  EXPECT_EQ(follow.name(), "ExponentialMovingAverage");
  EXPECT_EQ(average.Average(v).name(), "v/ExponentialMovingAverage");
  const Operation init = GlobalVariablesInitializer(s);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {init}).ok());
  for (float want : {11.0f, 12.9f}) {
    const auto followed = session->Run({}, {}, {follow});
    ASSERT_TRUE(followed.ok()) << followed.status();
    const auto ran = session->Run({}, {average.Average(v)});
    ASSERT_TRUE(ran.ok()) << ran.status();
    EXPECT_NEAR(*(*ran)[0].data<float>(), want, 1e-5);
  }
}

TEST(MovingAverage, MovesFastAtFirstWhenCounted) {
  const Scope s = Scope::Root();
  const ops::Variable v = GetVariable(s, "v", Shape(), Constant(10));
  const Operation grow = v.AssignAdd(s, 10.0f);
  ExponentialMovingAverage average(
      0.9f, {.num_updates = ops::Const(s, Tensor::Scalar<int64_t>(0)), .name = "ema"});
  const Operation follow = average.Apply(s.ControlDependencies({grow}), {v});
  const Operation init = GlobalVariablesInitializer(s);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {init}).ok());
  ASSERT_TRUE(session->Run({}, {}, {follow}).ok());
  const auto ran = session->Run({}, {average.Average(v)});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_NEAR(*(*ran)[0].data<float>(), 19, 1e-5);  // decay = 1 / 10
}

}  // namespace
}  // namespace weir
