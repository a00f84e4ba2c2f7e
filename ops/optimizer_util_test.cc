#include "weir/ops/optimizer_util.h"

#include <cmath>

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

// Minimises sum(v^2) / 2 over v = [1, -2], whose gradient is v itself.
class OptimizerTest : public testing::TestWithParam<bool> {
 protected:
  OptimizerTest() {
    GetVariableOptions options;
    options.use_resource = GetParam();
    v_ = GetVariable(scope_.Sub("fc"), "v", Shape({2}), FromTensor(Tensor::Vector<float>({1, -2})),
                     options);
    loss_ = scope_.Op("L2Loss").In(v_).Build();
  }

  // The variable after `steps` steps.
  std::vector<float> After(Optimizer optimizer, int steps, const MinimizeOptions& options = {}) {
    train_ = optimizer.Minimize(scope_, loss_, options);
    const Operation init = GlobalVariablesInitializer(scope_);
    auto session = Session::Create(scope_);
    EXPECT_TRUE(session.ok()) << session.status();
    if (!session.ok()) return {NAN, NAN};
    session_ = std::make_unique<Session>(*std::move(session));
    EXPECT_TRUE(session_->Run({}, {}, {init}).ok());
    for (int i = 0; i < steps; ++i) {
      const auto ran = session_->Run({}, {}, {train_});
      EXPECT_TRUE(ran.ok()) << ran.status();
    }
    return Values(v_);
  }
  std::vector<float> Values(const Output& tensor) {
    const auto ran = session_->Run({}, {tensor});
    EXPECT_TRUE(ran.ok()) << ran.status();
    if (!ran.ok()) return {NAN, NAN};
    const auto values = (*ran)[0].values<float>();
    return std::vector<float>(values.begin(), values.end());
  }
  void ExpectNear(const std::vector<float>& got, float first, float second) {
    ASSERT_EQ(got.size(), 2u);
    EXPECT_NEAR(got[0], first, 2e-6);
    EXPECT_NEAR(got[1], second, 2e-6);
  }

  Scope scope_ = Scope::Root();
  ops::Variable v_;
  Output loss_;
  Operation train_;
  std::unique_ptr<Session> session_;
};

INSTANTIATE_TEST_SUITE_P(BothKinds, OptimizerTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Resource" : "Reference"; });

TEST_P(OptimizerTest, GradientDescent) {
  ExpectNear(After(GradientDescentOptimizer(0.1f), 2), 0.81f, -1.62f);
  EXPECT_EQ(train_.name(), "GradientDescent");
  EXPECT_NE(
      scope_.graph().Find(GetParam() ? "GradientDescent/update_fc/v/ResourceApplyGradientDescent"
                                     : "GradientDescent/update_fc/v/ApplyGradientDescent"),
      nullptr);
  EXPECT_NE(scope_.graph().Find("GradientDescent/learning_rate"), nullptr);
}

TEST_P(OptimizerTest, Momentum) {
  // accum: 1, then 0.5 + 0.9; v: 0.9, then 0.9 - 0.14.
  ExpectNear(After(MomentumOptimizer(0.1f, 0.5f), 2), 0.76f, -1.52f);
  EXPECT_TRUE(FindVariable(scope_, "fc/v/Momentum").valid());
}

TEST_P(OptimizerTest, Adam) {
  // While the gradient keeps its sign, Adam moves by about the learning rate.
  ExpectNear(After(AdamOptimizer(0.1f), 1), 0.9f, -1.9f);
  for (const char* name : {"fc/v/Adam", "fc/v/Adam_1", "beta1_power", "beta2_power"}) {
    EXPECT_TRUE(FindVariable(scope_, name).valid()) << name;
    EXPECT_FALSE(FindVariable(scope_, name).record().trainable) << name;
  }
  EXPECT_NEAR(Values(FindVariable(scope_, "beta1_power"))[0], 0.81, 1e-6);
  EXPECT_NEAR(Values(FindVariable(scope_, "beta2_power"))[0], 0.998001, 1e-6);
}

TEST_P(OptimizerTest, AdamWDecaysWeightsFirst) {
  ExpectNear(After(AdamWOptimizer(0.1f, 0.5f), 1), 0.95f - 0.1f, -1.9f + 0.1f);
}

TEST_P(OptimizerTest, Adagrad) {
  const float step = 0.1f / std::sqrt(1.1f), other = 0.2f / std::sqrt(4.1f);
  ExpectNear(After(AdagradOptimizer(0.1f), 1), 1 - step, -2 + other);
}

TEST_P(OptimizerTest, RMSPropStartsFromOnes) {
  const float mean_square = 0.9f + 0.1f * 4;
  ExpectNear(After(RMSPropOptimizer(0.1f), 1), 1 - 0.1f, -2 + 0.2f / std::sqrt(mean_square));
}

TEST_P(OptimizerTest, CenteredRMSPropOrdersItsSlots) {
  const float mean_square = 0.9f + 0.1f * 4, mean = 0.1f * -2;
  const float deviation = std::sqrt(mean_square - mean * mean);
  ExpectNear(After(RMSPropOptimizer(0.1f, {.centered = true}), 1), 1 - 0.1f / std::sqrt(1 - 0.01f),
             -2 + 0.2f / deviation);
  EXPECT_NEAR(Values(FindVariable(scope_, "fc/v/RMSProp"))[1], mean_square, 1e-6);
  EXPECT_NEAR(Values(FindVariable(scope_, "fc/v/RMSProp_1"))[1], mean, 1e-6);
  EXPECT_NEAR(Values(FindVariable(scope_, "fc/v/RMSProp_2"))[1], -0.2f / deviation, 1e-6);
}

TEST_P(OptimizerTest, EveryOptimizerLowersTheLoss) {
  const std::vector<Optimizer> optimizers = {AdadeltaOptimizer(1.0f),
                                             FtrlOptimizer(0.1f),
                                             FtrlOptimizer(0.1f, {.l2_shrinkage = 0.1}),
                                             AdaMaxOptimizer(0.1f),
                                             ProximalGradientDescentOptimizer(0.1f),
                                             MomentumOptimizer(0.1f, 0.9f, {.use_nesterov = true})};
  std::vector<Operation> steps;
  for (Optimizer optimizer : optimizers) {
    steps.push_back(optimizer.Minimize(scope_, loss_));
    ASSERT_TRUE(steps.back().valid()) << optimizer.name() << ": " << scope_.status();
  }
  const Operation init = GlobalVariablesInitializer(scope_);
  const auto session = Session::Create(scope_);
  ASSERT_TRUE(session.ok()) << session.status();
  for (const Operation& step : steps) {
    ASSERT_TRUE(session->Run({}, {}, {init}).ok());
    for (int i = 0; i < 3; ++i) {
      const auto ran = session->Run({}, {}, {step});
      ASSERT_TRUE(ran.ok()) << ran.status();
    }
    const auto ran = session->Run({}, {loss_});
    ASSERT_TRUE(ran.ok()) << ran.status();
    EXPECT_LT(*(*ran)[0].data<float>(), 2.5f) << step.name();
  }
}

TEST_P(OptimizerTest, CountsSteps) {
  MinimizeOptions options;
  options.global_step = GetOrCreateGlobalStep(scope_);
  ExpectNear(After(GradientDescentOptimizer(0.1f), 2, options), 0.81f, -1.62f);
  const auto step = session_->Run({}, {options.global_step});
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_EQ(*(*step)[0].data<int64_t>(), 2);
  EXPECT_EQ(train_.name(), "GradientDescent");
  EXPECT_NE(scope_.graph().Find("GradientDescent/update"), nullptr);
}

TEST_P(OptimizerTest, TakesALearningRateFromTheGraph) {
  const Output rate = scope_.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const Operation train = GradientDescentOptimizer(rate).Minimize(scope_, loss_);
  const Operation init = GlobalVariablesInitializer(scope_);
  auto session = Session::Create(scope_);
  ASSERT_TRUE(session.ok()) << session.status();
  session_ = std::make_unique<Session>(*std::move(session));
  ASSERT_TRUE(session_->Run({}, {}, {init}).ok());
  ASSERT_TRUE(session_->Run({{rate, Tensor::Scalar<float>(0.5f)}}, {}, {train}).ok());
  ExpectNear(Values(v_), 0.5f, -1);
}

TEST_P(OptimizerTest, KeepsItsSlots) {
  AdamOptimizer optimizer(0.1f);
  optimizer.Minimize(scope_, loss_);
  const int variables = static_cast<int>(GlobalVariables(scope_).size());
  optimizer.Minimize(scope_, loss_);
  EXPECT_EQ(static_cast<int>(GlobalVariables(scope_).size()), variables);
  ASSERT_EQ(optimizer.Slots(v_).size(), 2u);
  EXPECT_EQ(optimizer.Slots(v_)[1].name(), "fc/v/Adam_1");
  AdamOptimizer another(0.1f);
  another.Minimize(scope_, loss_);
  EXPECT_EQ(another.Slots(v_)[0].name(), "fc/v/Adam_2");
}

// A table of rows, of which the loss looks at some, one of them twice.
class EmbeddingTest : public OptimizerTest {
 protected:
  void SetUp() override {
    GetVariableOptions options;
    options.use_resource = GetParam();
    table_ = GetVariable(scope_, "table", Shape({3, 1}), Ones(), options);
    const Output rows = scope_.Op("GatherV2")
                            .In(table_)
                            .In(Tensor::Vector<int32_t>({2, 0, 2}))
                            .In(Tensor::Scalar<int32_t>(0))
                            .Build();
    loss_ = scope_.Op("Sum").In(rows).In({0, 1}).Build();
  }
  std::vector<float> TableAfter(Optimizer optimizer) {
    MinimizeOptions options;
    options.variables = {table_};
    After(std::move(optimizer), 1, options);
    return Values(table_);
  }
  ops::Variable table_;
};

INSTANTIATE_TEST_SUITE_P(BothKinds, EmbeddingTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Resource" : "Reference"; });

TEST_P(EmbeddingTest, GradientDescentChangesTheRowsThatWereRead) {
  EXPECT_EQ(TableAfter(GradientDescentOptimizer(0.25f)), (std::vector<float>{0.75f, 1, 0.5f}));
}

TEST_P(EmbeddingTest, SparseStepsSumRepeatedRows) {
  EXPECT_EQ(TableAfter(MomentumOptimizer(0.25f, 0.5f)), (std::vector<float>{0.75f, 1, 0.5f}));
  EXPECT_NE(scope_.graph().Find(GetParam() ? "Momentum/update_table/ResourceSparseApplyMomentum"
                                           : "Momentum/update_table/SparseApplyMomentum"),
            nullptr);
}

TEST_P(EmbeddingTest, AdamIsDense) {
  const std::vector<float> values = TableAfter(AdamOptimizer(0.25f));
  EXPECT_NEAR(values[0], 0.75, 1e-5);
  EXPECT_EQ(values[1], 1);
  EXPECT_NEAR(values[2], 0.75, 1e-5);
}

TEST(Optimizer, NeedsVariablesAndGradients) {
  const Scope none = Scope::Root();
  GradientDescentOptimizer(0.1f).Minimize(none, ops::Const(none, 1.0f));
  EXPECT_NE(none.status().message().find("No variables to optimize."), std::string::npos);

  const Scope apart = Scope::Root();
  GetVariable(apart, "v", Shape());
  GradientDescentOptimizer(0.1f).Minimize(apart, ops::Const(apart, 1.0f));
  EXPECT_NE(apart.status().message().find("No gradients provided for any variable"),
            std::string::npos);
}

TEST(Optimizer, RoundsSettingsOnceForDoubles) {
  const Scope s = Scope::Root();
  GetVariableOptions options;
  options.dtype = DT_DOUBLE;
  const ops::Variable v = GetVariable(s, "v", Shape(), Ones(), options);
  const Operation train = GradientDescentOptimizer(0.1).Minimize(s, s.Op("Square").In(v).Build());
  const Operation init = GlobalVariablesInitializer(s);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {init}).ok());
  ASSERT_TRUE(session->Run({}, {}, {train}).ok());
  const auto ran = session->Run({}, {v});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_DOUBLE_EQ(*(*ran)[0].data<double>(), 0.8);
}

}  // namespace
}  // namespace weir
