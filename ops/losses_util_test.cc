#include "weir/ops/losses_util.h"

#include <cmath>

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

class LossTest : public testing::Test {
 protected:
  Output Floats(std::initializer_list<float> values) {
    return ops::Const(s_, Tensor::Vector<float>(values));
  }
  float Value(const Output& tensor) {
    EXPECT_TRUE(tensor.valid()) << s_.status();
    const auto session = Session::Create(s_);
    EXPECT_TRUE(session.ok()) << session.status();
    if (!session.ok()) return NAN;
    const auto ran = session->Run({}, {tensor});
    EXPECT_TRUE(ran.ok()) << ran.status();
    return ran.ok() ? *(*ran)[0].data<float>() : NAN;
  }
  Scope s_ = Scope::Root();
};

TEST_F(LossTest, MeansOfElementLosses) {
  const Output p = Floats({1, 2, 5}), y = Floats({1, 4, 1});
  EXPECT_NEAR(Value(MeanSquaredErrorLoss(s_, p, y)), (0 + 4 + 16) / 3.0, 1e-5);
  EXPECT_NEAR(Value(AbsoluteDifferenceLoss(s_, p, y)), 2, 1e-6);
  EXPECT_NEAR(Value(HuberLoss(s_, p, y)), (0 + 1.5 + 3.5) / 3, 1e-6);
}

TEST_F(LossTest, LossesOfClassifiers) {
  const Output x = Floats({2, -1}), z = Floats({1, 1});
  const float want = (std::log1p(std::exp(-2.0f)) + std::log1p(std::exp(1.0f))) / 2;
  EXPECT_NEAR(Value(SigmoidCrossEntropyLoss(s_, x, z)), want, 1e-5);
  EXPECT_NEAR(Value(HingeLoss(s_, x, z)), (0 + 2) / 2.0, 1e-6);
  EXPECT_NEAR(Value(LogLoss(s_, Floats({0.5f, 0.25f}), Floats({1, 0}))),
              -(std::log(0.5f) + std::log(0.75f)) / 2, 1e-5);
}

TEST_F(LossTest, WeightsCountByTheirPresence) {
  const Output p = Floats({1, 2, 5}), y = Floats({1, 4, 1});
  EXPECT_NEAR(Value(MeanSquaredErrorLoss(s_, p, y, {.weights = Floats({1, 0, 2})})), 32 / 2.0,
              1e-5);
  EXPECT_EQ(Value(MeanSquaredErrorLoss(s_, p, y, {.weights = Floats({0, 0, 0})})), 0);
  EXPECT_NEAR(
      Value(MeanSquaredErrorLoss(s_, p, y, {.weights = ops::Const(s_, Tensor::Scalar<float>(3))})),
      20, 1e-5);
}

TEST_F(LossTest, AreCollected) {
  EXPECT_FALSE(TotalLoss(s_).valid());
  MeanSquaredErrorLoss(s_, Floats({1}), Floats({3}));
  AbsoluteDifferenceLoss(s_, Floats({1}), Floats({3}));
  EXPECT_NEAR(Value(TotalLoss(s_)), 6, 1e-6);
}

TEST_F(LossTest, OfNothingIsZero) {
  EXPECT_EQ(Value(MeanSquaredErrorLoss(s_, Floats({}), Floats({}))), 0);
}

}  // namespace
}  // namespace weir
