#include "weir/ops/batch_norm.h"

#include <cmath>
#include <functional>

#include "weir/graph/gradients.h"
#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

struct Version {
  std::string op, grad;
};
const Version kVersions[] = {{"FusedBatchNorm", "FusedBatchNormGrad"},
                             {"FusedBatchNormV2", "FusedBatchNormGradV2"},
                             {"FusedBatchNormV3", "FusedBatchNormGradV3"}};

TEST(FusedBatchNorm, Shape) {
  EXPECT_SHAPE(ShapeTest("FusedBatchNorm").In("[2,3,4,?]").In("[5]").In("[?]").In("[0]").In("[0]"),
               "[2,3,4,5];[5];[5];[5];[5]");
  EXPECT_SHAPE(ShapeTest("FusedBatchNormV3")
                   .Attr("is_training", false)
                   .Attr("data_format", "NCHW")
                   .In("[2,?,4,3]")
                   .In("[5]")
                   .In("[?]")
                   .In("[5]")
                   .In("[5]"),
               "[2,5,4,3];[5];[5];[5];[5];[]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("FusedBatchNorm").In("[2,3,4,4]").In("[5]").In("[?]").In("[0]").In("[0]"), "");
  EXPECT_SHAPE(
      ShapeTest("FusedBatchNormV2").In("[2,3,4,?]").In("[5]").In("[?]").In("[0]").In("[0]"),
      "[2,3,4,5];[5];[5];[5];[5]");
  for (const Version& version : kVersions) {
    ShapeTest test(version.grad);
    test.In("[2,3,4,?]").In("[2,3,4,?]").In("[5]").In("[5]").In("[5]");
    if (version.grad == "FusedBatchNormGradV3") test.In("?");
    EXPECT_SHAPE(test, "[2,3,4,5];[5];[5];[];[]");
  }
}

TEST(FusedBatchNorm, TrainingUsesTheBatch) {
  // Channel 0: mean 2, biased variance 1; channel 1: mean 6, variance 4.
  for (const char* format : {"NHWC", "NCHW"}) {
    const bool first = std::string(format) == "NCHW";
    const Shape shape = first ? Shape({1, 2, 1, 2}) : Shape({1, 1, 2, 2});
    const Tensor x =
        first ? Tensor::Of<float>(shape, {1, 3, 4, 8}) : Tensor::Of<float>(shape, {1, 4, 3, 8});
    const Tensor y = first ? Tensor::Of<float>(shape, {-9, 11, 18, 22})
                           : Tensor::Of<float>(shape, {-9, 18, 11, 22});
    OpTest("FusedBatchNormV2")
        .Attr("epsilon", 0.0f)
        .Attr("data_format", format)
        .In(x)
        .In<float>({2}, {10, 2})
        .In<float>({2}, {1, 20})
        .In<float>({0}, {})
        .In<float>({0}, {})
        .Expect(y)
        .Expect<float>({2}, {2, 6})
        .Expect<float>({2}, {2, 8})
        .Expect<float>({2}, {2, 6})
        .Expect<float>({2}, {1, 4});
  }
}

TEST(FusedBatchNorm, InferenceUsesTheGivenStatistics) {
  OpTest("FusedBatchNormV3")
      .Attr("epsilon", 0.0f)
      .Attr("is_training", false)
      .In<float>({1, 1, 2, 1}, {1, 3})
      .In<float>({1}, {10})
      .In<float>({1}, {1})
      .In<float>({1}, {3})
      .In<float>({1}, {4})
      .Expect<float>({1, 1, 2, 1}, {-9, 1})
      .Expect<float>({1}, {3})
      .Expect<float>({1}, {4});
}

// As newer producers pass them.
TEST(FusedBatchNorm, IgnoresStatisticsInTraining) {
  OpTest("FusedBatchNorm")
      .Attr("epsilon", 0.0f)
      .In<float>({1, 1, 2, 1}, {1, 3})
      .In<float>({1}, {10})
      .In<float>({1}, {1})
      .In<float>({1}, {3})
      .In<float>({1}, {4})
      .Expect<float>({1, 1, 2, 1}, {-9, 11})
      .Expect<float>({1}, {2})
      .Expect<float>({1}, {2});
}

TEST(FusedBatchNorm, RefusesStatisticsOfOtherChannels) {
  OpTest("FusedBatchNorm")
      .In<float>({1, 1, 2, 1}, {1, 3})
      .In<float>({1}, {10})
      .In<float>({1}, {1})
      .In<float>({2}, {3, 3})
      .In<float>({1}, {4})
      .ExpectError("[1]");
}

// Batch normalisation of 6 numbers in double precision, weighted sum of the result.
struct Problem {
  std::vector<double> x = {0.3, -1.2, 0.8, 2.1, -0.4, 1.3};
  std::vector<double> w = {1, -0.5, 0.25, 2, -1, 0.75};
  double scale = 1.4, offset = 0.3, mean = 0.2, variance = 1.5, epsilon = 0.01;
  bool training = true;

  double Loss() const {
    double m = mean, v = variance;
    if (training) {
      m = v = 0;
      for (double e : x) m += e / 6;
      for (double e : x) v += (e - m) * (e - m) / 6;
    }
    double loss = 0;
    for (size_t i = 0; i < 6; ++i) {
      loss += w[i] * ((x[i] - m) / std::sqrt(v + epsilon) * scale + offset);
    }
    return loss;
  }
};

Tensor Image(const std::vector<double>& v) {
  const std::vector<float> narrow(v.begin(), v.end());
  return Tensor::Of<float>({1, 2, 3, 1}, absl::MakeConstSpan(narrow));
}

// The derivative of `loss` by `p`, a field of what loss looks at.
double Derivative(double* p, const std::function<double()>& loss) {
  const double at = *p, step = 1e-5;
  *p = at + step;
  const double up = loss();
  *p = at - step;
  const double down = loss();
  *p = at;
  return (up - down) / (2 * step);
}

absl::StatusOr<std::vector<Output>> Gradients(const Scope& s, const std::vector<Output>& ys,
                                              const std::vector<Output>& xs,
                                              const std::vector<Output>& grad_ys) {
  return AddDenseGradients(s, ys, xs, grad_ys);
}

std::vector<TensorRef> Refs(const std::vector<Output>& outputs) {
  return std::vector<TensorRef>(outputs.begin(), outputs.end());
}

struct Built {
  Output x, scale, offset, y, dy;
};

Built Build(const Scope& s, const Problem& p, const Version& version) {
  Built b;
  b.x = ops::Const(s, Image(p.x));
  b.scale = ops::Const(s, Tensor::Vector<float>({static_cast<float>(p.scale)}));
  b.offset = ops::Const(s, Tensor::Vector<float>({static_cast<float>(p.offset)}));
  b.dy = ops::Const(s, Image(p.w));
  const Tensor empty = Tensor::Vector<float>({});
  const Tensor mean = Tensor::Vector<float>({static_cast<float>(p.mean)});
  const Tensor variance = Tensor::Vector<float>({static_cast<float>(p.variance)});
  b.y = s.Op(version.op)
            .In(b.x)
            .In(b.scale)
            .In(b.offset)
            .In(p.training ? empty : mean)
            .In(p.training ? empty : variance)
            .Attr("epsilon", static_cast<float>(p.epsilon))
            .Attr("is_training", p.training)
            .Build();
  return b;
}

void ExpectGradient(const Version& version) {
  for (bool training : {true, false}) {
    Problem p;
    p.training = training;
    const Scope s = Scope::Root();
    const Built b = Build(s, p, version);
    absl::StatusOr<std::vector<Output>> grads =
        Gradients(s, {b.y}, {b.x, b.scale, b.offset}, {b.dy});
    ASSERT_TRUE(grads.ok()) << grads.status();
    EXPECT_EQ((*grads)[0].op().node().op().name, version.grad);
    absl::StatusOr<Session> session = Session::Create(s);
    ASSERT_TRUE(session.ok()) << session.status();
    auto got = session->Run({}, Refs(*grads), {});
    ASSERT_TRUE(got.ok()) << got.status();
    const auto loss = [&] { return p.Loss(); };
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR((*got)[0].data<float>()[i], Derivative(&p.x[i], loss), 1e-4) << i;
    }
    EXPECT_NEAR((*got)[1].data<float>()[0], Derivative(&p.scale, loss), 1e-4);
    EXPECT_NEAR((*got)[2].data<float>()[0], Derivative(&p.offset, loss), 1e-4);
  }
}

TEST(FusedBatchNorm, Gradient) {
  for (const Version& version : kVersions) ExpectGradient(version);
}

// The derivative of v . dx, where dx is the gradient of x, by x, dy and scale.
void ExpectSecondGradient(const Version& version) {
  const std::vector<double> v = {0.5, 1, -2, 0.1, 0.7, -0.3};
  for (bool training : {true, false}) {
    Problem p;
    p.training = training;
    const Scope s = Scope::Root();
    const Built b = Build(s, p, version);
    absl::StatusOr<std::vector<Output>> first = Gradients(s, {b.y}, {b.x}, {b.dy});
    ASSERT_TRUE(first.ok()) << first.status();
    absl::StatusOr<std::vector<Output>> second =
        Gradients(s, {(*first)[0]}, {b.x, b.dy, b.scale}, {ops::Const(s, Image(v))});
    ASSERT_TRUE(second.ok()) << second.status();
    absl::StatusOr<Session> session = Session::Create(s);
    ASSERT_TRUE(session.ok()) << session.status();
    auto got = session->Run({}, Refs(*second), {});
    ASSERT_TRUE(got.ok()) << got.status();
    const auto directional = [&] {  // v . d(loss)/dx
      Problem up = p, down = p;
      for (size_t i = 0; i < 6; ++i) {
        up.x[i] += 1e-4 * v[i];
        down.x[i] -= 1e-4 * v[i];
      }
      return (up.Loss() - down.Loss()) / 2e-4;
    };
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR((*got)[0].data<float>()[i], Derivative(&p.x[i], directional), 1e-3) << i;
      EXPECT_NEAR((*got)[1].data<float>()[i], Derivative(&p.w[i], directional), 1e-3) << i;
    }
    EXPECT_NEAR((*got)[2].data<float>()[0], Derivative(&p.scale, directional), 1e-3);
  }
}

TEST(FusedBatchNorm, SecondGradient) {
  for (const Version& version : kVersions) ExpectSecondGradient(version);
}

TEST(FusedBatchNorm, TheStatisticsOfAnEmptyBatchAreNan) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  OpTest("FusedBatchNormV2")
      .In<float>({0, 2, 2, 1}, {})
      .In<float>({1}, {1})
      .In<float>({1}, {0})
      .In<float>({0}, {})
      .In<float>({0}, {})
      .Expect<float>({0, 2, 2, 1}, {})
      .Expect<float>({1}, {kNan})
      .Expect<float>({1}, {kNan})
      .Expect<float>({1}, {0})
      .Expect<float>({1}, {0});
}

}  // namespace
}  // namespace weir
