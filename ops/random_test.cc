#include "weir/ops/random.h"

#include <algorithm>
#include <cmath>

#include "weir/graph/gradients.h"
#include "weir/ops/constant.h"
#include "weir/ops/seed_util.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

// Fetches a tensor of the scope's graph `runs` times in a new session; the values of the last run.
Tensor Fetch(const Scope& scope, const Output& output, int runs = 1, int threads = 1) {
  SessionOptions options;
  options.threads = threads;
  const auto session = Session::Create(scope, options);
  EXPECT_TRUE(session.ok()) << session.status();
  Tensor value = Tensor::Scalar<float>(0);
  for (int i = 0; session.ok() && i < runs; ++i) {
    const auto ran = session->Run({}, {output});
    EXPECT_TRUE(ran.ok()) << ran.status();
    if (ran.ok()) value = (*ran)[0];
  }
  return value;
}

template <typename T>
void ExpectValues(const Tensor& got, const std::vector<double>& want, double tolerance) {
  ASSERT_EQ(got.num_elements(), static_cast<int64_t>(want.size()));
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(got.data<T>()[i]), want[i], tolerance) << "element " << i;
  }
}

// Only the op's seed is given: the graph's is then 87654321.
constexpr ops::RandomOptions kSeed1234{1234};

TEST(RandomUniform, GivesThePublishedStream) {
  const Scope s = Scope::Root();
  const Output y = ops::RandomUniform(s, {2, 3}, DT_FLOAT, kSeed1234);
  EXPECT_EQ(y.op().node().attrs().Value<int64_t>("seed"), 87654321);
  EXPECT_EQ(y.op().node().attrs().Value<int64_t>("seed2"), 1234);
  ExpectValues<float>(Fetch(s, y),
                      {0.848307, 0.32357132, 0.3067001, 0.06969976, 0.9138565, 0.17047906}, 6e-8);
  ExpectValues<float>(Fetch(s, y, 2),
                      {0.59211946, 0.19563866, 0.55491555, 0.03586602, 0.18073142, 0.17679763},
                      6e-8);
}

TEST(RandomUniform, GivesTheStreamInEveryFloatingType) {
  const Scope s = Scope::Root();
  const Output wide = ops::RandomUniform(s, {3}, DT_DOUBLE, kSeed1234);
  ExpectValues<double>(Fetch(s, wide), {0.7864565445549252, 0.45360178699661, 0.3108524944083375},
                       1e-15);
  const Output half = ops::RandomUniform(s, {4}, DT_HALF, kSeed1234);
  ExpectValues<Half>(Fetch(s, half), {0.3310546875, 0.6962890625, 0.4873046875, 0.98046875}, 0);
}

TEST(RandomUniformInt, GivesTheStreamInBothTypes) {
  const Scope s = Scope::Root();
  const Output narrow = ops::RandomUniformInt(s, {8}, Tensor::Scalar<int32_t>(0),
                                              Tensor::Scalar<int32_t>(100), kSeed1234);
  EXPECT_EQ(Fetch(s, narrow).ToString(), "int32 [8] {99, 85, 63, 64, 0, 86, 78, 50}");
  const Output wide = ops::RandomUniformInt(s, {4}, Tensor::Scalar<int64_t>(0),
                                            Tensor::Scalar<int64_t>(100), kSeed1234);
  EXPECT_EQ(Fetch(s, wide).ToString(), "int64 [4] {59, 7, 56, 78}");
}

TEST(RandomUniformInt, NeedsARange) {
  OpTest("RandomUniformInt")
      .In<int32_t>({1}, {2})
      .In<int32_t>({}, {5})
      .In<int32_t>({}, {5})
      .ExpectError("Need minval < maxval, got 5 >= 5");
}

TEST(RandomStandardNormal, GivesThePublishedStream) {
  const Scope s = Scope::Root();
  const Output y = ops::RandomStandardNormal(s, {2, 3}, DT_FLOAT, kSeed1234);
  ExpectValues<float>(Fetch(s, y),
                      {0.51340485, -0.255814, 0.6519913, 1.3923638, 0.37256798, 0.20336303}, 3e-7);
  ExpectValues<float>(Fetch(s, y, 2),
                      {0.96462417, 0.34291974, 0.24251089, 1.0578597, 1.6574976, 0.8210897}, 3e-7);
  const Output wide = ops::RandomStandardNormal(s, {3}, DT_DOUBLE, kSeed1234);
  ExpectValues<double>(Fetch(s, wide),
                       {0.1992184227755242, -0.6638882732840937, 1.5200021071991738}, 1e-14);
}

TEST(TruncatedNormal, GivesThePublishedStream) {
  const Scope s = Scope::Root();
  const Output y = ops::TruncatedNormal(s, {6}, DT_FLOAT, kSeed1234);
  ExpectValues<float>(Fetch(s, y),
                      {0.51340485, -0.255814, 0.6519913, 1.3923638, 0.1662533, -0.9161797}, 3e-7);
}

TEST(RandomOps, DoNotDependOnThreads) {
  const Scope s = Scope::Root();
  for (const Output& y : {ops::RandomUniform(s, {100001}, DT_FLOAT, kSeed1234),
                          ops::TruncatedNormal(s, {100001}, DT_FLOAT, kSeed1234)}) {
    const Tensor one = Fetch(s, y, 1, 1), four = Fetch(s, y, 1, 4);
    EXPECT_TRUE(std::equal(one.values<float>().begin(), one.values<float>().end(),
                           four.values<float>().begin()));
  }
}

TEST(RandomOps, DrawAnewWithoutSeeds) {
  const Scope s = Scope::Root();
  const Output y = ops::RandomUniform(s, {8}, DT_DOUBLE);
  EXPECT_NE(Fetch(s, y).ToString(), Fetch(s, y).ToString());
}

TEST(RandomOps, GiveNothingForEmptyShapes) {
  const Scope s = Scope::Root();
  EXPECT_EQ(Fetch(s, ops::RandomUniform(s, {0, 3})).shape(), Shape({0, 3}));
  EXPECT_EQ(Fetch(s, ops::TruncatedNormal(s, {0})).shape(), Shape({0}));
}

TEST(RandomOps, RefuseNegativeShapes) {
  OpTest("RandomUniform").In<int32_t>({1}, {-2}).Attr("dtype", DT_FLOAT).ExpectError("-2");
}

TEST(RandomOps, InferShapes) {
  EXPECT_SHAPE(
      ShapeTest("RandomUniform").Const(Tensor::Vector<int32_t>({2, 3})).Attr("dtype", DT_FLOAT),
      "[2,3]");
  EXPECT_SHAPE(ShapeTest("TruncatedNormal").In("[2]", DT_INT32).Attr("dtype", DT_FLOAT), "[?,?]");
  EXPECT_SHAPE(ShapeTest("RandomGamma").Const(Tensor::Vector<int32_t>({7})).In("[2,?]"), "[7,2,?]");
  EXPECT_SHAPE(ShapeTest("Multinomial").In("[4,?]").Const(Tensor::Scalar<int32_t>(3)), "[4,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("Multinomial").In("[4]").In("[]", DT_INT32), "rank 2");
  EXPECT_SHAPE_ERROR(ShapeTest("StatelessRandomUniform").In("[1]", DT_INT32).In("[3]", DT_INT64),
                     "seed must have shape [2]");
}

TEST(RandomOps, InferShapesOfEveryGenerator) {
  const Tensor shape = Tensor::Vector<int32_t>({2, 3});
  EXPECT_SHAPE(ShapeTest("RandomStandardNormal").Const(shape).Attr("dtype", DT_FLOAT), "[2,3]");
  EXPECT_SHAPE(ShapeTest("RandomUniformInt").Const(shape).In("[]", DT_INT32).In("[]", DT_INT32),
               "[2,3]");
  EXPECT_SHAPE(ShapeTest("RandomShuffle").In("[?,4]"), "[?,4]");
  for (const char* op : {"RandomPoisson", "RandomPoissonV2"}) {
    EXPECT_SHAPE(ShapeTest(op).Const(shape).In("[5,?]"), "[2,3,5,?]");
  }
  ShapeTest truncated("ParameterizedTruncatedNormal");
  EXPECT_SHAPE(truncated.Const(shape).In("[]").In("[]").In("[]").In("[]"), "[2,3]");
  for (const char* op :
       {"StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"}) {
    EXPECT_SHAPE(ShapeTest(op).Const(shape).In("[2]", DT_INT64), "[2,3]");
    EXPECT_SHAPE_ERROR(ShapeTest(op).Const(shape).In("[3]", DT_INT64), "[2]");
  }
  EXPECT_SHAPE(ShapeTest("StatelessRandomUniformInt")
                   .Const(shape)
                   .In("[2]", DT_INT64)
                   .In("[]", DT_INT32)
                   .In("[]", DT_INT32),
               "[2,3]");
  EXPECT_SHAPE(ShapeTest("StatelessMultinomial")
                   .In("[4,?]")
                   .Const(Tensor::Scalar<int32_t>(3))
                   .In("[2]", DT_INT64),
               "[4,3]");
}

TEST(RandomShuffle, PermutesRows) {
  const Scope s = Scope::Root();
  const Output y =
      ops::RandomShuffle(s, Tensor::Of<float>(Shape({3, 2}), {1, 2, 3, 4, 5, 6}), {134});
  EXPECT_EQ(Fetch(s, y).ToString(), "float [3,2] {3, 4, 5, 6, 1, 2}");
  const Output words = ops::RandomShuffle(s, Tensor::Vector<std::string>({"a", "b", "c"}), {134});
  EXPECT_EQ(Fetch(s, words).ToString(), "string [3] {\"b\", \"c\", \"a\"}");
  const Output one = ops::RandomShuffle(s, Tensor::Vector<float>({4}), {134});
  EXPECT_EQ(Fetch(s, one).ToString(), "float [1] {4}");
}

TEST(StatelessRandom, GivesThePublishedValues) {
  const Scope s = Scope::Root();
  const Input seed = Tensor::Vector<int64_t>({1, 2});
  ExpectValues<float>(Fetch(s, ops::StatelessRandomNormal(s, {6}, seed), 2),
                      {0.5441101, 0.20738031, 0.07356432, 0.04643455, -1.3015898, -0.9538565},
                      3e-7);
  ExpectValues<float>(Fetch(s, ops::StatelessRandomUniform(s, {4}, seed)),
                      {0.8440604, 0.19204533, 0.9962232, 0.1603874}, 6e-8);
}

TEST(StatelessRandom, TakesNarrowSeeds) {
  const Scope s = Scope::Root();
  const Output wide = ops::StatelessRandomUniform(s, {4}, Tensor::Vector<int64_t>({-1, 2}));
  const Output narrow = ops::StatelessRandomUniform(s, {4}, Tensor::Vector<int32_t>({-1, 2}));
  EXPECT_EQ(Fetch(s, wide).ToString(), Fetch(s, narrow).ToString());
}

// Equal seeds give equal values, others give others.
TEST(StatelessRandom, FollowsItsSeedAlone) {
  for (const char* op :
       {"StatelessTruncatedNormal", "StatelessRandomUniformInt", "StatelessMultinomial"}) {
    SCOPED_TRACE(op);
    const auto draw = [&](int64_t seed) {
      const Scope s = Scope::Root();
      OpBuilder builder = s.Op(op);
      const Tensor seeds = Tensor::Vector<int64_t>({seed, 7});
      if (absl::string_view(op) == "StatelessTruncatedNormal") {
        builder.In(Tensor::Vector<int32_t>({1000})).In(seeds).Attr("dtype", DT_DOUBLE);
      } else if (absl::string_view(op) == "StatelessRandomUniformInt") {
        builder.In(Tensor::Vector<int32_t>({1000})).In(seeds);
        builder.In(Tensor::Scalar<int64_t>(-5)).In(Tensor::Scalar<int64_t>(5));
      } else {
        builder.In(Tensor::Of<float>({1, 3}, {0, 0, 0})).In(1000).In(seeds);
      }
      return Fetch(s, builder.Build());
    };
    const Tensor first = draw(1);
    ASSERT_EQ(first.num_elements(), 1000);
    EXPECT_EQ(first.ToString(1000), draw(1).ToString(1000));
    EXPECT_NE(first.ToString(1000), draw(2).ToString(1000));
    for (int64_t i = 0; i < 1000; ++i) {
      if (first.dtype() == DT_DOUBLE) {
        EXPECT_LE(std::abs(first.data<double>()[i]), 2);  // Two standard deviations.
      } else {
        const bool is_class = absl::string_view(op) == "StatelessMultinomial";
        EXPECT_GE(first.data<int64_t>()[i], is_class ? 0 : -5);
        EXPECT_LT(first.data<int64_t>()[i], is_class ? 3 : 5);
      }
    }
  }
}

TEST(Multinomial, FollowsTheProbabilities) {
  const Scope s = Scope::Root();
  const Tensor logits = Tensor::Of<float>(
      Shape({2, 3}), {std::log(0.2f), std::log(0.3f), std::log(0.5f), 0, -INFINITY, -INFINITY});
  const Tensor drawn = Fetch(s, ops::Multinomial(s, logits, 10000, DT_INT64, kSeed1234));
  ASSERT_EQ(drawn.shape(), Shape({2, 10000}));
  const auto draws = drawn.values<int64_t>();
  EXPECT_NEAR(std::count(draws.begin(), draws.begin() + 10000, 1) / 10000.0, 0.3, 0.02);
  EXPECT_NEAR(std::count(draws.begin(), draws.begin() + 10000, 2) / 10000.0, 0.5, 0.02);
  EXPECT_EQ(std::count(draws.begin() + 10000, draws.end(), 0), 10000);
}

TEST(Multinomial, NeedsClasses) {
  OpTest("Multinomial")
      .In<float>({2, 0}, {})
      .In<int32_t>({}, {3})
      .ExpectError("num_classes should be positive");
}

double Mean(const Tensor& t) {
  double sum = 0;
  for (double v : t.values<double>()) sum += v;
  return sum / static_cast<double>(t.num_elements());
}

TEST(RandomGamma, HasTheMeanOfItsParameter) {
  const Scope s = Scope::Root();
  for (double alpha : {0.3, 1.0, 4.5}) {
    const Output y = ops::RandomGamma(s, {20000}, Tensor::Scalar<double>(alpha), kSeed1234);
    EXPECT_NEAR(Mean(Fetch(s, y)), alpha, 0.03 * std::max(1.0, alpha)) << alpha;
  }
}

// The mean of the samples is alpha, so that on average a sample moves as alpha does.
TEST(RandomGamma, SamplesMoveWithTheirParameter) {
  const Scope s = Scope::Root();
  const Output alpha = ops::Const(s, Tensor::Vector<double>({0.5, 3.0}));
  const Output y = ops::RandomGamma(s, {20000}, alpha, kSeed1234);
  const std::vector<Output> gradient = AddDenseGradients(s, {y}, {alpha}).value();
  const Tensor sums = Fetch(s, gradient[0]);
  ASSERT_EQ(sums.shape(), Shape({2}));
  EXPECT_NEAR(sums.data<double>()[0] / 20000, 1, 0.03);
  EXPECT_NEAR(sums.data<double>()[1] / 20000, 1, 0.03);
}

TEST(RandomPoisson, HasTheMeanOfItsRate) {
  const Scope s = Scope::Root();
  for (const char* op : {"RandomPoisson", "RandomPoissonV2"}) {
    for (double rate : {0.5, 8.0, 30.0}) {
      const Output y = s.Op(op)
                           .In(Tensor::Vector<int32_t>({20000}))
                           .In(Tensor::Scalar<double>(rate))
                           .Attr("dtype", DT_DOUBLE)
                           .Attr("seed", 1)
                           .Attr("seed2", 1234)
                           .Build();
      EXPECT_NEAR(Mean(Fetch(s, y)), rate, 0.02 * std::max(1.0, rate)) << op << ", " << rate;
    }
  }
}

TEST(RandomPoisson, EndsForRatesThatDoNotFit) {
  const Scope s = Scope::Root();
  const Tensor rates = Tensor::Vector<double>({1e30, NAN, INFINITY, -1});
  const Tensor drawn = Fetch(s, ops::RandomPoisson(s, {1}, rates, DT_INT32, kSeed1234));
  EXPECT_EQ(drawn.data<int32_t>()[3], 0);
}

TEST(ParameterizedTruncatedNormal, KeepsToItsBounds) {
  const Scope s = Scope::Root();
  const Tensor means = Tensor::Vector<float>({0, 5}), deviations = Tensor::Vector<float>({1, 2});
  const Tensor low = Tensor::Vector<float>({-1, 9}), high = Tensor::Vector<float>({1, 10});
  const Tensor drawn = Fetch(
      s, ops::ParameterizedTruncatedNormal(s, {2, 1000}, means, deviations, low, high, kSeed1234));
  for (int64_t i = 0; i < 2000; ++i) {
    const int row = i < 1000 ? 0 : 1;
    EXPECT_GE(drawn.data<float>()[i], low.data<float>()[row]);
    EXPECT_LE(drawn.data<float>()[i], high.data<float>()[row]);
  }
}

TEST(Seeds, FollowTheRuleOfGraphAndOp) {
  const Scope s = Scope::Root();
  EXPECT_EQ(SeedsFor(s, {}).seed, 0);
  EXPECT_EQ(SeedsFor(s, {}).seed2, 0);
  EXPECT_EQ(SeedsFor(s, 5).seed, 87654321);
  SetRandomSeed(s, 42);
  ops::RandomUniform(s, {2});  // Two ops: the shape, and itself.
  EXPECT_EQ(SeedsFor(s, {}).seed, 42);
  EXPECT_EQ(SeedsFor(s, {}).seed2, 2);
  SetRandomSeed(s, 0);
  EXPECT_EQ(SeedsFor(s, 0).seed2, (int64_t{1} << 31) - 1);
  EXPECT_EQ(SeedsFor(s, -1).seed2, (int64_t{1} << 31) - 2);
}

}  // namespace
}  // namespace weir
