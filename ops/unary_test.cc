#include "weir/ops/unary.h"

#include <cmath>
#include <limits>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A function, an interval inside its domain, and what it should give.
struct RealFunction {
  const char* op;
  double low, high;
  double (*f)(double);
};

const RealFunction kFunctions[] = {
    {"Abs", -2, 2, [](double x) { return std::fabs(x); }},
    {"Neg", -2, 2, [](double x) { return -x; }},
    {"Square", -2, 2, [](double x) { return x * x; }},
    {"Sqrt", 0.1, 4, [](double x) { return std::sqrt(x); }},
    {"Rsqrt", 0.1, 4, [](double x) { return 1 / std::sqrt(x); }},
    {"Reciprocal", 0.2, 4, [](double x) { return 1 / x; }},
    {"Inv", -4, -0.2, [](double x) { return 1 / x; }},
    {"Exp", -3, 3, [](double x) { return std::exp(x); }},
    {"Expm1", -1, 1, [](double x) { return std::expm1(x); }},
    {"Log", 0.1, 5, [](double x) { return std::log(x); }},
    {"Log1p", -0.5, 2, [](double x) { return std::log1p(x); }},
    {"Sin", -4, 4, [](double x) { return std::sin(x); }},
    {"Cos", -4, 4, [](double x) { return std::cos(x); }},
    {"Tan", -1, 1, [](double x) { return std::tan(x); }},
    {"Asin", -0.9, 0.9, [](double x) { return std::asin(x); }},
    {"Acos", -0.9, 0.9, [](double x) { return std::acos(x); }},
    {"Atan", -3, 3, [](double x) { return std::atan(x); }},
    {"Sinh", -2, 2, [](double x) { return std::sinh(x); }},
    {"Cosh", -2, 2, [](double x) { return std::cosh(x); }},
    {"Tanh", -2, 2, [](double x) { return std::tanh(x); }},
    {"Asinh", -3, 3, [](double x) { return std::asinh(x); }},
    {"Acosh", 1.2, 4, [](double x) { return std::acosh(x); }},
    {"Atanh", -0.9, 0.9, [](double x) { return std::atanh(x); }},
    {"Sigmoid", -4, 4, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"Erf", -2, 2, [](double x) { return std::erf(x); }},
    {"Erfc", -2, 2, [](double x) { return std::erfc(x); }},
    {"Lgamma", 0.3, 5, [](double x) { return std::lgamma(x); }},
};

// More elements than one block of any kernel, between low and high.
std::vector<double> Samples(const RealFunction& f) {
  std::vector<double> x;
  for (int i = 0; i < 301; ++i) x.push_back(f.low + (f.high - f.low) * i / 300);
  return x;
}

template <typename T>
void ExpectFunction(const RealFunction& f) {
  std::vector<T> x, y;
  for (double v : Samples(f)) {
    const T rounded(static_cast<float>(v));
    const double exact = std::is_same_v<T, double> ? v : static_cast<double>(rounded);
    x.push_back(std::is_same_v<T, double> ? T(v) : rounded);
    y.push_back(T(f.f(exact)));
  }
  OpTest(f.op)
      .In(Tensor::Vector<T>(absl::MakeConstSpan(x)))
      .Expect(Tensor::Vector<T>(absl::MakeConstSpan(y)));
}

TEST(Unary, ComputesTheFunctionInEveryFloatingType) {
  for (const RealFunction& f : kFunctions) {
    ExpectFunction<float>(f);
    ExpectFunction<double>(f);
    ExpectFunction<Half>(f);
    ExpectFunction<BFloat16>(f);
  }
}

TEST(Unary, GradientIsTheDerivative) {
  for (const RealFunction& f : kFunctions) {
    for (const Shape& shape : {Shape({}), Shape({5}), Shape({2, 3}), Shape({0, 3})}) {
      GradientTest(f.op).In(shape, f.low, f.high).Check();
    }
  }
  GradientTest("Digamma").In({2, 3}, 0.5, 4).Check();
  GradientTest("BesselI0e").In({7}, -3, 3).Check();
  GradientTest("BesselI1e").In({7}, -3, 3).Check();
  GradientTest("Sign").In({3}, 0.5, 1).Check();
}

TEST(Unary, GradientOpsAreDifferentiable) {
  for (const char* op :
       {"SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad", "TanhGrad", "SigmoidGrad"}) {
    GradientTest(op).In({2, 3}, 0.5, 1).In({2, 3}).Check();
  }
  OpTest("TanhGrad").In<float>({2}, {.5f, 2}).In<float>({2}, {2, 1}).Expect<float>({2}, {1.5f, -3});
  OpTest("SqrtGrad").In<float>({}, {2}).In<float>({}, {3}).Expect<float>({}, {.75f});
  OpTest("TanhGrad").In<float>({2}, {0, 0}).In<float>({1}, {0}).ExpectError("");
}

TEST(Unary, ShapeIsKept) {
  EXPECT_SHAPE(ShapeTest("Exp").In("[?,3]"), "[?,3]");
  EXPECT_SHAPE(ShapeTest("Exp").In("?"), "<unknown>");
  EXPECT_SHAPE(ShapeTest("IsNan").In("[2]"), "[2]");
  EXPECT_SHAPE(ShapeTest("Real").In("[2,?]", DT_COMPLEX64), "[2,?]");
  EXPECT_SHAPE(ShapeTest("TanhGrad").In("[2,?]").In("[?,3]"), "[2,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("TanhGrad").In("[2]").In("[3]"), "");
  for (const RealFunction& f : kFunctions) EXPECT_SHAPE(ShapeTest(f.op).In("[?,3]"), "[?,3]");
  for (const char* op : {"Digamma", "BesselI0e", "BesselI1e", "Sign", "Floor", "Ceil", "Round",
                         "Rint", "IsInf", "IsFinite"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[?,3]"), "[?,3]");
  }
  EXPECT_SHAPE(ShapeTest("Invert").In("[?,3]", DT_INT32), "[?,3]");
  EXPECT_SHAPE(ShapeTest("LogicalNot").In("[?,3]", DT_BOOL), "[?,3]");
  for (const char* op : {"Imag", "ComplexAbs", "Angle", "Conj"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[2,?]", DT_COMPLEX64), "[2,?]");
  }
  for (const char* op : {"SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad", "SigmoidGrad"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[2,?]").In("[?,3]"), "[2,3]");
  }
}

TEST(Unary, Integers) {
  OpTest("Abs").In<int32_t>({3}, {-3, 0, 4}).Expect<int32_t>({3}, {3, 0, 4});
  OpTest("Neg").In<int64_t>({2}, {-3, 4}).Expect<int64_t>({2}, {3, -4});
  OpTest("Sign").In<int32_t>({3}, {-3, 0, 4}).Expect<int32_t>({3}, {-1, 0, 1});
  OpTest("Square").In<int32_t>({2}, {-3, 65536}).Expect<int32_t>({2}, {9, 0});
  OpTest("Round").In<int32_t>({2}, {-3, 4}).Expect<int32_t>({2}, {-3, 4});
  OpTest("Invert").In<uint8_t>({2}, {0, 5}).Expect<uint8_t>({2}, {255, 250});
  OpTest("Neg").In<int32_t>({1}, {INT32_MIN}).Expect<int32_t>({1}, {INT32_MIN});
}

TEST(Unary, RoundingGoesToTheEvenNeighbour) {
  for (const char* op : {"Round", "Rint"}) {
    OpTest(op)
        .In<float>({6}, {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 2.4f})
        .Expect<float>({6}, {0, 2, 2, 0, -2, 2});
  }
  OpTest("Floor").In<float>({2}, {-1.5f, 1.5f}).Expect<float>({2}, {-2, 1});
  OpTest("Ceil").In<float>({2}, {-1.5f, 1.5f}).Expect<float>({2}, {-1, 2});
}

TEST(Unary, LimitsAndNan) {
  OpTest("Exp").In<float>({4}, {-kInf, kInf, 200, kNan}).Expect<float>({4}, {0, kInf, kInf, kNan});
  OpTest("Log").In<float>({4}, {0, kInf, -1, kNan}).Expect<float>({4}, {-kInf, kInf, kNan, kNan});
  OpTest("Tanh").In<float>({3}, {-kInf, kInf, kNan}).Expect<float>({3}, {-1, 1, kNan});
  OpTest("Sigmoid").In<float>({3}, {-kInf, kInf, kNan}).Expect<float>({3}, {0, 1, kNan});
  OpTest("Log").In<float>({1}, {1e-40f}).Expect<float>({1}, {-92.1034f});
  OpTest("IsNan").In<float>({3}, {1, kInf, kNan}).Expect<bool>({3}, {false, false, true});
  OpTest("IsInf").In<float>({3}, {1, -kInf, kNan}).Expect<bool>({3}, {false, true, false});
  OpTest("IsFinite").In<float>({3}, {1, kInf, kNan}).Expect<bool>({3}, {true, false, false});
  OpTest("LogicalNot").In<bool>({2}, {true, false}).Expect<bool>({2}, {false, true});
}

TEST(Unary, SpecialFunctions) {
  OpTest("Digamma")
      .In<double>({2}, {1, -1.5})
      .Expect<double>({2}, {-0.5772156649015329, 0.7031566406452432});
  OpTest("BesselI0e").In<double>({1}, {1}).Expect<double>({1}, {0.4657596075936404});
  OpTest("BesselI1e").In<double>({1}, {-1}).Expect<double>({1}, {-0.2079104153497085});
}

TEST(Unary, ComplexParts) {
  const Tensor z = Tensor::Of<Complex64>({2}, {{3, 4}, {0, -2}});
  OpTest("Real").In(z).Expect<float>({2}, {3, 0});
  OpTest("Imag").In(z).Expect<float>({2}, {4, -2});
  OpTest("ComplexAbs").In(z).Expect<float>({2}, {5, 2});
  OpTest("Angle").In(z).Expect<float>({2}, {std::atan2(4.0f, 3.0f), std::atan2(-2.0f, 0.0f)});
  OpTest("Conj").In(z).Expect<Complex64>({2}, {{3, -4}, {0, 2}});
  OpTest("Real").In(z).Attr("Tout", DT_DOUBLE).ExpectError("Tout");
}

// The derivatives of a real function of z = x + iy by x and y, at 3 + 4i.
TEST(Unary, GradientsOfComplexParts) {
  const struct {
    const char* op;
    double by_x, by_y;
  } cases[] = {{"Real", 1, 0},
               {"Imag", 0, 1},
               {"ComplexAbs", 0.6, 0.8},
               {"Angle", -0.16, 0.12},
               {"Conj", 0, -1}};  // Of Conj, the imaginary part.
  for (const auto& c : cases) {
    SCOPED_TRACE(c.op);
    const Scope s = Scope::Root();
    const Output x = s.Op("Identity").In(Tensor::Scalar(3.0)).Build();
    const Output y = s.Op("Identity").In(Tensor::Scalar(4.0)).Build();
    const Output z = s.Op("Complex").In(x).In(y).Attr("Tout", DT_COMPLEX128).Build();
    const bool conjugate = absl::string_view(c.op) == "Conj";
    const Output part = conjugate ? s.Op("Conj").In(z).Build().out(0) : z;
    const Output f = s.Op(conjugate ? "Imag" : c.op).In(part).Attr("Tout", DT_DOUBLE).Build();
    const auto grads = AddDenseGradients(s, {f}, {x, y});
    ASSERT_TRUE(grads.ok()) << grads.status();
    const auto session = Session::Create(s);
    ASSERT_TRUE(session.ok()) << session.status();
    const auto got = session->Run({}, {(*grads)[0], (*grads)[1]});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_NEAR(*(*got)[0].data<double>(), c.by_x, 1e-12);
    EXPECT_NEAR(*(*got)[1].data<double>(), c.by_y, 1e-12);
  }
}

TEST(Unary, ComplexFunctions) {
  const Complex128 z(0.3, -0.7);
  const Tensor in = Tensor::Scalar(z);
  OpTest("Exp").In(in).Expect(Tensor::Scalar(std::exp(z)));
  OpTest("Expm1").In(in).Expect(Tensor::Scalar(std::exp(z) - 1.0));
  OpTest("Log1p").In(in).Expect(Tensor::Scalar(std::log(1.0 + z)));
  OpTest("Sign").In(in).Expect(Tensor::Scalar(z / std::abs(z)));
  OpTest("Tanh").In(in).Expect(Tensor::Scalar(std::tanh(z)));
  OpTest("Sigmoid").In(in).Expect(Tensor::Scalar(1.0 / (1.0 + std::exp(-z))));
}

TEST(Unary, BuildersFollowTheType) {
  const Scope s = Scope::Root();
  const Output z = s.Op("Placeholder").Attr("dtype", DT_COMPLEX128).Build();
  const Output x = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  EXPECT_EQ(ops::Abs(s, z).type(), DT_DOUBLE);
  EXPECT_EQ(ops::Abs(s, x).type(), DT_FLOAT);
  EXPECT_EQ(ops::Imag(s, z).type(), DT_DOUBLE);
  EXPECT_EQ(ops::Conj(s, x).op().node().op().name, "Identity");
  EXPECT_TRUE(s.status().ok()) << s.status();
}

}  // namespace
}  // namespace weir
