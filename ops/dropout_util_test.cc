#include "weir/ops/dropout_util.h"

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Ones(int64_t n) {
  const std::vector<float> ones(static_cast<size_t>(n), 1.0f);
  return Tensor::Vector<float>(absl::MakeConstSpan(ones));
}

Tensor Evaluate(const Scope& s, const Output& y) {
  absl::StatusOr<Session> session = Session::Create(s);
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return Tensor();
  absl::StatusOr<std::vector<Tensor>> result = session->Run({}, {y});
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? (*result)[0] : Tensor();
}

void ExpectDropped(const Tensor& y, int64_t n, double keep_prob) {
  ASSERT_EQ(y.num_elements(), n);
  int64_t kept = 0;
  for (float v : y.values<float>()) {
    if (v != 0) {
      ++kept;
      EXPECT_FLOAT_EQ(v, static_cast<float>(1 / keep_prob));
    }
  }
  EXPECT_NEAR(static_cast<double>(kept) / static_cast<double>(n), keep_prob, 0.03);
}

TEST(Dropout, KeepsTheGivenPart) {
  const Scope s = Scope::Root();
  const Output x = ops::Const(s, Ones(10000));
  ExpectDropped(Evaluate(s, ops::Dropout(s, x, 0.25, {.seed = 7})), 10000, 0.25);
}

TEST(Dropout, TakesAProbabilityOfTheGraph) {
  const Scope s = Scope::Root();
  const Output x = ops::Const(s, Ones(10000));
  const Output keep = ops::Const(s, Tensor::Scalar<float>(0.75f));
  ExpectDropped(Evaluate(s, ops::Dropout(s, x, keep, {.seed = 7})), 10000, 0.75);
}

TEST(Dropout, KeepingAllIsTheIdentity) {
  const Scope s = Scope::Root();
  const Output x = ops::Const(s, Ones(3));
  EXPECT_EQ(ops::Dropout(s, x, 1.0).endpoint(), x.endpoint());
}

TEST(Dropout, RefusesWhatIsNoProbability) {
  for (double keep_prob : {0.0, -1.0, 1.5}) {
    const Scope s = Scope::Root();
    const Output y = ops::Dropout(s, ops::Const(s, Ones(3)), keep_prob);
    EXPECT_FALSE(y.valid());
    EXPECT_FALSE(s.status().ok());
  }
}

}  // namespace
}  // namespace weir
