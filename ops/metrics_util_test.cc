#include "weir/ops/metrics_util.h"

#include <cmath>

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Accuracy, CountsEqualElements) {
  const Scope s = Scope::Root();
  const Output p = ops::Const(s, Tensor::Vector<int32_t>({1, 2, 3, 4}));
  const Output y = ops::Const(s, Tensor::Vector<int32_t>({1, 0, 3, 4}));
  const Output share = Accuracy(s, p, y);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  const auto ran = session->Run({}, {share});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_NEAR(*(*ran)[0].data<float>(), 0.75, 1e-6);
}

TEST(StreamingMean, RemembersBatches) {
  const Scope s = Scope::Root();
  const Output x = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const StreamingMetric mean = StreamingMean(s, x);
  const Operation reset = LocalVariablesInitializer(s);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {reset}).ok());
  const auto feed = [&](std::initializer_list<float> values) {
    const auto ran = session->Run({{x, Tensor::Vector<float>(values)}}, {mean.update});
    EXPECT_TRUE(ran.ok()) << ran.status();
    return ran.ok() ? *(*ran)[0].data<float>() : NAN;
  };
  EXPECT_NEAR(feed({1, 2}), 1.5, 1e-6);
  EXPECT_NEAR(feed({6}), 3, 1e-6);
  const auto ran = session->Run({}, {mean.value});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_NEAR(*(*ran)[0].data<float>(), 3, 1e-6);
  ASSERT_TRUE(session->Run({}, {}, {reset}).ok());
  EXPECT_NEAR(feed({7}), 7, 1e-6);
}

TEST(StreamingPrecision, AndRecallCountPositives) {
  const Scope s = Scope::Root();
  const Output p = ops::Const(s, Tensor::Vector<bool>({true, true, false, true}));
  const Output y = ops::Const(s, Tensor::Vector<bool>({true, false, true, true}));
  const StreamingMetric precision = StreamingPrecision(s, p, y);
  const StreamingMetric recall = StreamingRecall(s, p, y);
  const Operation reset = LocalVariablesInitializer(s);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {reset}).ok());
  const auto ran = session->Run({}, {precision.update, recall.update});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_NEAR(*(*ran)[0].data<float>(), 2 / 3.0, 1e-6);
  EXPECT_NEAR(*(*ran)[1].data<float>(), 2 / 3.0, 1e-6);
}

}  // namespace
}  // namespace weir
