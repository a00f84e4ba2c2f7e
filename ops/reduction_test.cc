#include "weir/ops/reduction.h"

#include <cmath>
#include <limits>

#include "weir/graph/gradients.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Tensor Axes(std::initializer_list<int32_t> axes) { return Tensor::Vector<int32_t>(axes); }

const Tensor& Matrix() {
  static const Tensor* const matrix = new Tensor(Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  return *matrix;
}

TEST(Reduction, ShapeFollowsTheAxes) {
  EXPECT_SHAPE(ShapeTest("Sum").In("[2,3,4]").Const(Axes({1})), "[2,4]");
  EXPECT_SHAPE(ShapeTest("Sum").In("[2,?,4]").Const(Axes({-1, 0})), "[?]");
  EXPECT_SHAPE(ShapeTest("Mean").In("[2,3]").Const(Axes({0})).Attr("keep_dims", true), "[1,3]");
  EXPECT_SHAPE(ShapeTest("Max").In("[2,3]").Const(Tensor::Scalar<int64_t>(1)), "[2]");
  EXPECT_SHAPE(ShapeTest("Max").In("[2,3]").Const(Axes({})), "[2,3]");
  EXPECT_SHAPE(ShapeTest("Sum").In("[2,3]").In("[1]", DT_INT32), "<unknown>");
  EXPECT_SHAPE(ShapeTest("Sum").In("[2,3]").In("[1]", DT_INT32).Attr("keep_dims", true), "[?,?]");
  EXPECT_SHAPE(ShapeTest("Sum").In("?").Const(Axes({0})), "<unknown>");
  EXPECT_SHAPE(ShapeTest("All").In("[2,3]", DT_BOOL).Const(Axes({0, 1})), "[]");
  EXPECT_SHAPE(ShapeTest("Any").In("[2,3]", DT_BOOL).Const(Axes({1})), "[2]");
  for (const char* op : {"Prod", "Min", "EuclideanNorm"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[2,?,4]").Const(Axes({1})).Attr("keep_dims", true), "[2,1,4]");
  }
  EXPECT_SHAPE(ShapeTest("L2Loss").In("?"), "[]");
  EXPECT_SHAPE_ERROR(ShapeTest("Sum").In("[2,3]").Const(Axes({2})), "Invalid reduction dimension");
  EXPECT_SHAPE_ERROR(ShapeTest("Sum").In("[2,3]").Const(Axes({0, -2})), "duplicate dimension");
}

TEST(Reduction, EveryKindOfReduction) {
  OpTest("Sum").In(Matrix()).In(Axes({0})).Expect<float>({3}, {5, 7, 9});
  OpTest("Sum").In(Matrix()).In(Axes({-1})).Expect<float>({2}, {6, 15});
  OpTest("Sum").In(Matrix()).In(Axes({0, 1})).Expect<float>({}, {21});
  OpTest("Sum").In(Matrix()).In(Axes({})).Expect(Matrix());
  OpTest("Mean").In(Matrix()).In(Axes({1})).Attr("keep_dims", true).Expect<float>({2, 1}, {2, 5});
  OpTest("Prod").In(Matrix()).In(Axes({0})).Expect<float>({3}, {4, 10, 18});
  OpTest("Max").In(Matrix()).In(Axes({0, 1})).Expect<float>({}, {6});
  OpTest("Min").In(Matrix()).In(Axes({1})).Expect<float>({2}, {1, 4});
  OpTest("EuclideanNorm").In<float>({2}, {3, 4}).In(Axes({0})).Expect<float>({}, {5});
  OpTest("L2Loss").In(Matrix()).Expect<float>({}, {45.5f});
  const Tensor b = Tensor::Of<bool>({2, 2}, {true, false, true, true});
  OpTest("All").In(b).In(Axes({0})).Expect<bool>({2}, {true, false});
  OpTest("Any").In(b).In(Axes({1})).Expect<bool>({2}, {true, true});
}

TEST(Reduction, OuterAndInnerAxesTogether) {
  Tensor x = *Tensor::Make(DT_FLOAT, Shape({2, 3, 2, 2}));
  for (int i = 0; i < 24; ++i) x.mutable_data<float>()[i] = static_cast<float>(i);
  OpTest("Sum").In(x).In(Axes({0, 2})).Expect<float>({3, 2}, {28, 32, 44, 48, 60, 64});
  OpTest("Sum").In(x).In(Axes({1, 3})).Expect<float>({2, 2}, {27, 39, 99, 111});
  OpTest("Max").In(x).In(Axes({0, 3})).Expect<float>({3, 2}, {13, 15, 17, 19, 21, 23});
}

TEST(Reduction, NoElements) {
  const Tensor x = Tensor::Of<float>({0, 2}, {});
  OpTest("Sum").In(x).In(Axes({0})).Expect<float>({2}, {0, 0});
  OpTest("Prod").In(x).In(Axes({0})).Expect<float>({2}, {1, 1});
  OpTest("Mean").In(x).In(Axes({0})).Expect<float>({2}, {kNan, kNan});
  OpTest("Max").In(x).In(Axes({0})).Expect<float>({2}, {-kInf, -kInf});
  OpTest("Min").In(x).In(Axes({0})).Expect<float>({2}, {kInf, kInf});
  OpTest("Sum").In(x).In(Axes({1})).Expect<float>({0}, {});
}

TEST(Reduction, OtherTypes) {
  OpTest("Sum").In<int32_t>({2}, {INT32_MAX, 1}).In(Axes({0})).Expect<int32_t>({}, {INT32_MIN});
  OpTest("Mean").In<int32_t>({2}, {-3, 0}).In(Axes({0})).Expect<int32_t>({}, {-1});
  OpTest("Mean").In<uint8_t>({2}, {250, 252}).In(Axes({0})).Expect<uint8_t>({}, {251});
  OpTest("Max").In<uint8_t>({2}, {3, 200}).In(Axes({0})).Expect<uint8_t>({}, {200});
  OpTest("Sum").In<Complex64>({2}, {{1, 2}, {3, 4}}).In(Axes({0})).Expect<Complex64>({}, {{4, 6}});
  OpTest("Sum")
      .In<Half>({2}, {Half(1.5f), Half(2.0f)})
      .In(Axes({0}))
      .Expect<Half>({}, {Half(3.5f)});
}

TEST(Reduction, NanIsTheExtremum) {
  OpTest("Max").In<float>({3}, {1, kNan, 3}).In(Axes({0})).Expect<float>({}, {kNan});
  OpTest("Min").In<float>({3}, {kNan, 2, 3}).In(Axes({0})).Expect<float>({}, {kNan});
}

TEST(Reduction, LongSumsStayAccurate) {
  const int64_t n = 300001;
  Tensor x = *Tensor::Make(DT_FLOAT, Shape({n, 2}));
  double even = 0, odd = 0;
  for (int64_t i = 0; i < n; ++i) {
    x.mutable_data<float>()[2 * i] = 0.1f;
    x.mutable_data<float>()[2 * i + 1] = static_cast<float>(i % 7) + 0.3f;
    even += 0.1f;
    odd += static_cast<double>(static_cast<float>(i % 7) + 0.3f);
  }
  OpTest("Sum").In(x).In(Axes({0})).Tolerance(5e-7, 0).Expect<float>(
      {2}, {static_cast<float>(even), static_cast<float>(odd)});
  OpTest("Sum")
      .In(x)
      .In(Axes({0, 1}))
      .Tolerance(5e-7, 0)
      .Expect<float>({}, {static_cast<float>(even + odd)});
}

TEST(Reduction, WrongAxes) {
  OpTest("Sum").In(Matrix()).In(Axes({2})).ExpectError("Invalid reduction dimension");
  OpTest("Max").In(Matrix()).In(Axes({-3})).ExpectError("Invalid reduction dimension");
  OpTest("Mean").In(Matrix()).In(Axes({1, -1})).ExpectError("duplicate dimension");
}

TEST(Reduction, Gradients) {
  for (const char* op : {"Sum", "Mean", "Prod", "Max", "Min"}) {
    for (const bool keep_dims : {false, true}) {
      const auto check = [&](const Shape& shape, std::initializer_list<int32_t> axes) {
        GradientTest(op).In(shape).Const(Axes(axes)).Attr("keep_dims", keep_dims).Check();
      };
      check({3}, {0});
      check({2, 3}, {0});
      check({2, 3}, {-1});
      check({2, 3, 2}, {0, 2});
      check({2, 3}, {0, 1});
      check({2, 3}, {});
    }
  }
  GradientTest("L2Loss").In({2, 3}).Check();
}

TEST(Reduction, ProductGradientCrossesZeros) {
  GradientTest("Prod").In(Tensor::Of<double>({2, 3}, {1, 0, 3, 0, 0, 2})).Const(Axes({1})).Check();
  GradientTest("Prod").In(Tensor::Of<double>({2, 2}, {1, 0, 3, 2})).Const(Axes({0, 1})).Check();
}

std::vector<float> RunOne(const Scope& s, const Output& y, std::vector<FeedRef> feeds = {}) {
  absl::StatusOr<Session> session = Session::Create(s);
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return {};
  absl::StatusOr<std::vector<Tensor>> got = session->Run(feeds, {y}, {});
  EXPECT_TRUE(got.ok()) << got.status();
  if (!got.ok()) return {};
  return std::vector<float>((*got)[0].data<float>(),
                            (*got)[0].data<float>() + (*got)[0].num_elements());
}

TEST(Reduction, EqualExtremaShareTheGradient) {
  const Scope s = Scope::Root();
  const Output x = s.Op("Identity").In(Tensor::Vector<float>({3, 1, 3})).Build();
  absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(s, {ops::ReduceMax(s, x)}, {x});
  ASSERT_TRUE(grads.ok()) << grads.status();
  EXPECT_EQ(RunOne(s, (*grads)[0]), std::vector<float>({.5f, 0, .5f}));
}

TEST(Reduction, GradientsOfUnknownShapes) {
  for (const char* op : {"Sum", "Mean", "Prod", "Max"}) {
    const Scope s = Scope::Root();
    const Output x = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
    const Output axes = s.Op("Placeholder").Attr("dtype", DT_INT32).Build();
    const Output y = s.Op(op).In(x).In(axes).Build();
    absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(s, {y}, {x});
    ASSERT_TRUE(grads.ok()) << grads.status();
    const std::vector<float> got =
        RunOne(s, (*grads)[0], {{x, Tensor::Of<float>({2, 2}, {1, 2, 3, 4})}, {axes, Axes({-1})}});
    const std::string name = op;
    const std::vector<float> want = name == "Sum"    ? std::vector<float>({1, 1, 1, 1})
                                    : name == "Mean" ? std::vector<float>({.5f, .5f, .5f, .5f})
                                    : name == "Prod" ? std::vector<float>({2, 1, 4, 3})
                                                     : std::vector<float>({0, 1, 0, 1});
    EXPECT_EQ(got, want) << op;
  }
}

TEST(Reduction, BuildersReduceEverythingByDefault) {
  const Scope s = Scope::Root();
  const Output x = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const Tensor value = Tensor::Of<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(RunOne(s, ops::ReduceSum(s, x), {{x, value}}), std::vector<float>({10}));
  EXPECT_EQ(RunOne(s, ops::ReduceMean(s, x, {-1}), {{x, value}}), std::vector<float>({1.5f, 3.5f}));
  const std::vector<float> lse = RunOne(s, ops::ReduceLogSumExp(s, x), {{x, value}});
  ASSERT_EQ(lse.size(), 1u);
  EXPECT_NEAR(lse[0], 4.4401897f, 1e-5);
}

TEST(Reduction, LogSumExpOfExtremes) {
  const Scope s = Scope::Root();
  const Tensor x = Tensor::Of<float>({2, 2}, {1000, 1000, -kInf, -kInf});
  const std::vector<float> got = RunOne(s, ops::ReduceLogSumExp(s, x, {1}));
  ASSERT_EQ(got.size(), 2u);
  EXPECT_NEAR(got[0], 1000.6931f, 1e-3);
  EXPECT_EQ(got[1], -kInf);
}

}  // namespace
}  // namespace weir
