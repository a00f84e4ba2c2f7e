#include "weir/ops/binary.h"

#include <cmath>
#include <limits>

#include "weir/graph/gradients.h"
#include "weir/ops/operators.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

void ExpectBroadcast(const char* op, DataType type) {
  SCOPED_TRACE(op);
  EXPECT_SHAPE(ShapeTest(op).In("[2,1]", type).In("[?,?,3]", type), "[?,2,3]");
  EXPECT_SHAPE_ERROR(ShapeTest(op).In("[2,3]", type).In("[2]", type), "Incompatible shapes");
}

TEST(Binary, ShapesBroadcast) {
  EXPECT_SHAPE(ShapeTest("Add").In("[2,1]").In("[3]"), "[2,3]");
  EXPECT_SHAPE(ShapeTest("Mul").In("[?,3]").In("[]"), "[?,3]");
  EXPECT_SHAPE(ShapeTest("Less").In("?").In("[3]"), "<unknown>");
  EXPECT_SHAPE(ShapeTest("LogicalAnd").In("[2]", DT_BOOL).In("[1]", DT_BOOL), "[2]");
  EXPECT_SHAPE_ERROR(ShapeTest("Sub").In("[2,3]").In("[2]"), "Incompatible shapes");
  EXPECT_SHAPE_ERROR(ShapeTest("ApproximateEqual").In("[2]").In("[1]"), "");
  EXPECT_SHAPE(ShapeTest("Betainc").In("[]").In("[2,3]").In("[]"), "[2,3]");
  for (const char* op : {"AddV2",
                         "Div",
                         "RealDiv",
                         "FloorDiv",
                         "TruncateDiv",
                         "FloorMod",
                         "Mod",
                         "DivNoNan",
                         "Xdivy",
                         "MulNoNan",
                         "Xlogy",
                         "Pow",
                         "Maximum",
                         "Minimum",
                         "Igamma",
                         "Igammac",
                         "Polygamma",
                         "Zeta",
                         "SquaredDifference",
                         "LessEqual",
                         "Greater",
                         "Equal",
                         "Atan2",
                         "NotEqual",
                         "Complex",
                         "GreaterEqual",
                         "NextAfter",
                         "TruncateMod",
                         "IgammaGradA",
                         "RandomGammaGrad"}) {
    ExpectBroadcast(op, DT_FLOAT);
  }
  for (const char* op : {"BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"}) {
    ExpectBroadcast(op, DT_INT32);
  }
  ExpectBroadcast("LogicalOr", DT_BOOL);
}

TEST(Binary, BroadcastsAlongEveryKindOfDimension) {
  OpTest("AddV2").In<float>({2}, {1, 2}).In<float>({2}, {10, 20}).Expect<float>({2}, {11, 22});
  OpTest("Sub").In<float>({}, {1}).In<float>({2}, {10, 20}).Expect<float>({2}, {-9, -19});
  OpTest("Sub").In<float>({2}, {10, 20}).In<float>({1, 1}, {1}).Expect<float>({1, 2}, {9, 19});
  OpTest("Sub")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<float>({3}, {1, 2, 3})
      .Expect<float>({2, 3}, {0, 0, 0, 3, 3, 3});
  OpTest("Sub")
      .In<float>({2, 1}, {1, 2})
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .Expect<float>({2, 3}, {0, -1, -2, -2, -3, -4});
  OpTest("Sub")
      .In<float>({2, 1, 2}, {1, 2, 3, 4})
      .In<float>({3, 1}, {10, 20, 30})
      .Expect<float>({2, 3, 2}, {-9, -8, -19, -18, -29, -28, -7, -6, -17, -16, -27, -26});
  OpTest("Add").In<float>({0, 3}, {}).In<float>({3}, {1, 2, 3}).Expect<float>({0, 3}, {});
  OpTest("Add").In<float>({2, 1}, {1, 2}).In<float>({0}, {}).Expect<float>({2, 0}, {});
}

TEST(Binary, BlocksOfThreadsSeeTheRightElements) {
  const int64_t rows = 300, columns = 257;
  Tensor x = *Tensor::Make(DT_FLOAT, Shape({rows, columns}));
  Tensor bias = *Tensor::Make(DT_FLOAT, Shape({columns}));
  Tensor want = *Tensor::Make(DT_FLOAT, Shape({rows, columns}));
  for (int64_t i = 0; i < rows * columns; ++i) x.mutable_data<float>()[i] = float(i % 1000);
  for (int64_t j = 0; j < columns; ++j) bias.mutable_data<float>()[j] = float(j);
  for (int64_t i = 0; i < rows * columns; ++i) {
    want.mutable_data<float>()[i] = float(i % 1000) + float(i % columns);
  }
  OpTest("AddV2").In(x).In(bias).Expect(want);
}

TEST(Binary, IntegerDivision) {
  const Tensor x = Tensor::Of<int32_t>({4}, {7, -7, 7, -7});
  const Tensor y = Tensor::Of<int32_t>({4}, {2, 2, -2, -2});
  OpTest("Div").In(x).In(y).Expect<int32_t>({4}, {3, -3, -3, 3});
  OpTest("TruncateDiv").In(x).In(y).Expect<int32_t>({4}, {3, -3, -3, 3});
  OpTest("FloorDiv").In(x).In(y).Expect<int32_t>({4}, {3, -4, -4, 3});
  OpTest("FloorMod").In(x).In(y).Expect<int32_t>({4}, {1, 1, -1, -1});
  OpTest("Mod").In(x).In(y).Expect<int32_t>({4}, {1, -1, 1, -1});
  OpTest("TruncateMod").In(x).In(y).Expect<int32_t>({4}, {1, -1, 1, -1});
  for (const char* op : {"Div", "TruncateDiv", "FloorDiv", "FloorMod", "Mod", "TruncateMod"}) {
    OpTest(op).In(x).In<int32_t>({4}, {1, 0, 1, 1}).ExpectError("Integer division by zero");
    OpTest(op).In(x).In<int32_t>({}, {0}).ExpectError("Integer division by zero");
  }
  OpTest("FloorDiv")
      .In<int32_t>({1}, {INT32_MIN})
      .In<int32_t>({}, {-1})
      .Expect<int32_t>({1}, {INT32_MIN});
  OpTest("FloorMod").In<int64_t>({1}, {INT64_MIN}).In<int64_t>({}, {-1}).Expect<int64_t>({1}, {0});
}

TEST(Binary, IntegersWrapAround) {
  OpTest("Add").In<int32_t>({}, {INT32_MAX}).In<int32_t>({}, {1}).Expect<int32_t>({}, {INT32_MIN});
  OpTest("Mul").In<uint8_t>({}, {200}).In<uint8_t>({}, {2}).Expect<uint8_t>({}, {144});
  OpTest("Mul").In<uint16_t>({}, {65535}).In<uint16_t>({}, {65535}).Expect<uint16_t>({}, {1});
  OpTest("Sub").In<int8_t>({}, {-128}).In<int8_t>({}, {1}).Expect<int8_t>({}, {127});
}

TEST(Binary, FloatDivisionAndRemainders) {
  OpTest("RealDiv").In<float>({2}, {1, 1}).In<float>({2}, {4, 0}).Expect<float>({2}, {.25f, kInf});
  OpTest("FloorDiv").In<float>({2}, {-7, 7}).In<float>({}, {2}).Expect<float>({2}, {-4, 3});
  OpTest("FloorMod").In<float>({2}, {-7, 7}).In<float>({2}, {2, -2}).Expect<float>({2}, {1, -1});
  OpTest("Mod").In<float>({2}, {-7, 7}).In<float>({2}, {2, -2}).Expect<float>({2}, {-1, 1});
  OpTest("DivNoNan").In<float>({2}, {1, 1}).In<float>({2}, {4, 0}).Expect<float>({2}, {.25f, 0});
  OpTest("MulNoNan").In<float>({2}, {kNan, 3}).In<float>({2}, {0, 2}).Expect<float>({2}, {0, 6});
  OpTest("Xdivy").In<float>({2}, {0, 3}).In<float>({2}, {0, 2}).Expect<float>({2}, {0, 1.5f});
  OpTest("Xlogy").In<float>({2}, {0, 3}).In<float>({2}, {0, 1}).Expect<float>({2}, {0, 0});
}

TEST(Binary, Powers) {
  OpTest("Pow")
      .In<float>({3}, {2, 4, -2})
      .In<float>({3}, {3, .5f, 3})
      .Expect<float>({3}, {8, 2, -8});
  OpTest("Pow")
      .In<int32_t>({3}, {2, -3, 0})
      .In<int32_t>({3}, {10, 3, 0})
      .Expect<int32_t>({3}, {1024, -27, 1});
  OpTest("Pow").In<int32_t>({1}, {2}).In<int32_t>({1}, {-1}).ExpectError("negative integer powers");
}

TEST(Binary, ExtremaKeepNan) {
  const Tensor x = Tensor::Of<float>({3}, {1, kNan, 3}), y = Tensor::Of<float>({3}, {2, 0, kNan});
  OpTest("Maximum").In(x).In(y).Expect<float>({3}, {2, kNan, kNan});
  OpTest("Minimum").In(x).In(y).Expect<float>({3}, {1, kNan, kNan});
  OpTest("SquaredDifference").In<float>({2}, {1, 5}).In<float>({}, {3}).Expect<float>({2}, {4, 4});
  OpTest("Atan2")
      .In<float>({2}, {1, -1})
      .In<float>({2}, {0, -1})
      .Expect<float>({2}, {std::atan2(1.0f, 0.0f), std::atan2(-1.0f, -1.0f)});
}

TEST(Binary, Comparisons) {
  const Tensor x = Tensor::Of<float>({3}, {1, 2, kNan}), y = Tensor::Of<float>({3}, {2, 2, kNan});
  OpTest("Less").In(x).In(y).Expect<bool>({3}, {true, false, false});
  OpTest("LessEqual").In(x).In(y).Expect<bool>({3}, {true, true, false});
  OpTest("Greater").In(y).In(x).Expect<bool>({3}, {true, false, false});
  OpTest("GreaterEqual").In(y).In(x).Expect<bool>({3}, {true, true, false});
  OpTest("Equal").In(x).In(y).Expect<bool>({3}, {false, true, false});
  OpTest("NotEqual").In(x).In(y).Expect<bool>({3}, {true, false, true});
  OpTest("Equal")
      .In<Half>({1}, {Half(0.0f)})
      .In<Half>({1}, {Half(-0.0f)})
      .Expect<bool>({1}, {true});
  OpTest("LogicalAnd")
      .In<bool>({2}, {true, true})
      .In<bool>({2}, {true, false})
      .Expect<bool>({2}, {true, false});
  OpTest("LogicalOr")
      .In<bool>({2}, {false, true})
      .In<bool>({}, {false})
      .Expect<bool>({2}, {false, true});
  OpTest("ApproximateEqual")
      .In<float>({2}, {1, 1})
      .In<float>({2}, {1.05f, 1.2f})
      .Attr("tolerance", 0.1f)
      .Expect<bool>({2}, {true, false});
}

TEST(Binary, Strings) {
  OpTest("Add")
      .In<std::string>({2}, {"a", "b"})
      .In<std::string>({}, {"x"})
      .Expect<std::string>({2}, {"ax", "bx"});
  OpTest("Equal")
      .In<std::string>({2}, {"a", "b"})
      .In<std::string>({}, {"b"})
      .Expect<bool>({2}, {false, true});
}

TEST(Binary, Bits) {
  OpTest("BitwiseAnd").In<uint8_t>({1}, {12}).In<uint8_t>({1}, {10}).Expect<uint8_t>({1}, {8});
  OpTest("BitwiseOr").In<int16_t>({1}, {12}).In<int16_t>({1}, {10}).Expect<int16_t>({1}, {14});
  OpTest("BitwiseXor").In<int64_t>({1}, {12}).In<int64_t>({1}, {10}).Expect<int64_t>({1}, {6});
  OpTest("LeftShift")
      .In<int8_t>({4}, {1, 3, 1, 1})
      .In<int8_t>({4}, {2, 7, 100, -1})
      .Expect<int8_t>({4}, {4, -128, -128, 1});
  OpTest("RightShift")
      .In<int32_t>({3}, {-8, 8, -8})
      .In<int32_t>({3}, {1, 1, 99})
      .Expect<int32_t>({3}, {-4, 4, -1});
}

TEST(Binary, ComplexNumbers) {
  OpTest("Complex")
      .In<float>({2}, {1, 2})
      .In<float>({}, {3})
      .Expect<Complex64>({2}, {{1, 3}, {2, 3}});
  OpTest("Mul")
      .In<Complex64>({1}, {{1, 2}})
      .In<Complex64>({1}, {{3, -1}})
      .Expect<Complex64>({1}, {{5, 5}});
  OpTest("Complex")
      .In<float>({}, {1})
      .In<float>({}, {1})
      .Attr("Tout", DT_COMPLEX128)
      .ExpectError("Tout");
}

TEST(Binary, SpecialFunctions) {
  OpTest("Igamma").In<double>({}, {3}).In<double>({}, {10}).Expect<double>({},
                                                                           {0.9972306042844884});
  OpTest("Igammac").In<double>({}, {0.5}).In<double>({}, {0.3}).Expect<double>(
      {}, {std::erfc(std::sqrt(0.3))});
  OpTest("Zeta").In<double>({}, {2}).In<double>({}, {1}).Expect<double>({}, {1.6449340668482264});
  OpTest("Polygamma")
      .In<double>({}, {1})
      .In<double>({}, {0.5})
      .Expect<double>({}, {4.934802200544679});
  OpTest("Betainc")
      .In<double>({}, {2})
      .In<double>({}, {3})
      .In<double>({2}, {0.4, 1})
      .Expect<double>({2}, {0.5248, 1});
  // By differences of P's series in a, extrapolated.
  OpTest("IgammaGradA")
      .In<double>({2}, {1, 2.5})
      .In<double>({2}, {1, 1.5})
      .Expect<double>({2}, {-0.431729710635, -0.252175400424});
  // The differences above over the density.
  OpTest("RandomGammaGrad")
      .In<double>({2}, {1, 2.5})
      .In<double>({2}, {1, 1.5})
      .Expect<double>({2}, {1.17356302722, 0.817793685955});
  OpTest("NextAfter").In<double>({}, {0}).In<double>({}, {1}).Expect<double>({}, {4.9e-324});
}

// Ops with a domain in which they are smooth, for both arguments.
struct SmoothOp {
  const char* op;
  double x_low, x_high, y_low, y_high;
};
constexpr SmoothOp kSmooth[] = {
    {"Add", -1, 1, -1, 1},
    {"AddV2", -1, 1, -1, 1},
    {"Sub", -1, 1, -1, 1},
    {"Mul", -1, 1, -1, 1},
    {"Div", -1, 1, 1, 2},
    {"RealDiv", -1, 1, 1, 2},
    {"FloorMod", 1.05, 1.45, .3, .35},
    {"TruncateMod", 1.05, 1.15, .3, .35},
    {"DivNoNan", -1, 1, 1, 2},
    {"MulNoNan", -1, 1, 1, 2},
    {"Xdivy", 1, 2, 1, 2},
    {"Xlogy", 1, 2, 1, 2},
    {"Pow", .5, 2, -2, 2},
    {"Maximum", -1, 1, -1, 1},
    {"Minimum", -1, 1, -1, 1},
    {"SquaredDifference", -1, 1, -1, 1},
    {"Atan2", .5, 1, .5, 1},
    {"Igamma", 1, 3, 1, 3},
    {"Igammac", 1, 3, 1, 3},
    {"Mod", 1.05, 1.15, .3, .35},
    {"NextAfter", -1, 1, 2, 3},
};

TEST(Binary, GradientsAreReducedToTheInputs) {
  const std::pair<Shape, Shape> shapes[] = {
      {Shape({3}), Shape({3})},       {Shape({}), Shape({2, 3})}, {Shape({2, 3}), Shape({3})},
      {Shape({2, 1}), Shape({2, 3})}, {Shape({1}), Shape({})},    {Shape({2, 1, 2}), Shape({3, 1})},
      {Shape({0, 3}), Shape({3})},
  };
  for (const SmoothOp& op : kSmooth) {
    for (const auto& [x, y] : shapes) {
      GradientTest(op.op).In(x, op.x_low, op.x_high).In(y, op.y_low, op.y_high).Check();
    }
  }
  GradientTest("Polygamma").Const(Tensor::Scalar(1.0)).In({3}, 1, 2).Check();
  GradientTest("Zeta").Const(Tensor::Scalar(2.5)).In({3}, 1, 2).Check();
  GradientTest("Betainc")
      .Const(Tensor::Scalar(1.5))
      .Const(Tensor::Scalar(2.5))
      .In({3}, .2, .8)
      .Check();
}

// Re((1 + 2i) (x + iy)) = x - 2y, whose gradient is that of its parts.
TEST(Binary, GradientOfComplexIsThatOfItsParts) {
  const Scope s = Scope::Root();
  const Output x =
      s.Op("Placeholder").Attr("dtype", DT_DOUBLE).Attr("shape", PartialShape({2, 1})).Build();
  const Output y =
      s.Op("Placeholder").Attr("dtype", DT_DOUBLE).Attr("shape", PartialShape({3})).Build();
  const Output z = s.Op("Complex").In(x).In(y).Attr("Tout", DT_COMPLEX128).Build();
  const Output w = s.Op("Mul").In(z).In(Tensor::Scalar(Complex128(1, 2))).Build();
  const Output re = s.Op("Real").In(w).Attr("Tout", DT_DOUBLE).Build();
  absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(s, {re}, {x, y});
  ASSERT_TRUE(grads.ok()) << grads.status();
  absl::StatusOr<Session> session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  const auto got = session->Run(
      {{x, Tensor::Of<double>({2, 1}, {1, 2})}, {y, Tensor::Vector<double>({3, 4, 5})}},
      {(*grads)[0], (*grads)[1]});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)[0].ToString(), "double [2,1] {3, 3}");
  EXPECT_EQ((*got)[1].ToString(), "double [3] {-4, -4, -4}");
}

TEST(Binary, IgammaGradASaysThatItHasNoGradient) {
  const Scope s = Scope::Root();
  const Output a = s.Op("Placeholder").Attr("dtype", DT_DOUBLE).Build();
  const Output z = s.Op("IgammaGradA").In(a).In(1.0).Build();
  const absl::Status status = AddDenseGradients(s, {z}, {a}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
  EXPECT_NE(status.message().find("second derivative"), absl::string_view::npos) << status;
}

TEST(Binary, TiesOfExtremaGoToTheFirst) {
  for (const char* op : {"Maximum", "Minimum"}) {
    const Scope s = Scope::Root();
    const Output x =
        s.Op("Const").Attr("value", Tensor::Scalar(1.0f)).Attr("dtype", DT_FLOAT).Build();
    const Output y =
        s.Op("Const").Attr("value", Tensor::Scalar(1.0f)).Attr("dtype", DT_FLOAT).Build();
    const Output z = s.Op(op).In(x).In(y).Build();
    absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(s, {z}, {x, y});
    ASSERT_TRUE(grads.ok()) << grads.status();
    absl::StatusOr<Session> session = Session::Create(s);
    ASSERT_TRUE(session.ok()) << session.status();
    absl::StatusOr<std::vector<Tensor>> got = session->Run({}, {(*grads)[0], (*grads)[1]}, {});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(*(*got)[0].data<float>(), 1);
    EXPECT_EQ(*(*got)[1].data<float>(), 0);
  }
}

TEST(Binary, UnknownShapesAreReducedWhenRunning) {
  const Scope s = Scope::Root();
  const Output x = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const Output y = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(s, {x * y}, {x, y});
  ASSERT_TRUE(grads.ok()) << grads.status();
  absl::StatusOr<Session> session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  absl::StatusOr<std::vector<Tensor>> got =
      session->Run({{x, Tensor::Of<float>({2, 1}, {1, 2})}, {y, Tensor::Of<float>({3}, {3, 4, 5})}},
                   {(*grads)[0], (*grads)[1]}, {});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)[0].ToString(), Tensor::Of<float>({2, 1}, {12, 12}).ToString());
  EXPECT_EQ((*got)[1].ToString(), Tensor::Of<float>({3}, {3, 3, 3}).ToString());
}

TEST(Binary, KnownIntegersAreComputedWhileBuilding) {
  const Scope s = Scope::Root();
  const auto known = [&s](absl::string_view op, const Tensor& x,
                          const Tensor& y) -> std::vector<int64_t> {
    const Output z = s.Op(op).In(x).In(y).Build();
    const PartialInts* value = z.valid() ? z.op().node().output_value(0) : nullptr;
    return value == nullptr ? std::vector<int64_t>()
                            : std::vector<int64_t>(value->values.begin(), value->values.end());
  };
  const Tensor x = Tensor::Vector<int32_t>({7, -7}), two = Tensor::Scalar<int32_t>(2);
  EXPECT_EQ(known("AddV2", x, two), std::vector<int64_t>({9, -5}));
  EXPECT_EQ(known("Sub", x, two), std::vector<int64_t>({5, -9}));
  EXPECT_EQ(known("Mul", x, two), std::vector<int64_t>({14, -14}));
  EXPECT_EQ(known("FloorDiv", x, two), std::vector<int64_t>({3, -4}));
  EXPECT_EQ(known("FloorMod", x, two), std::vector<int64_t>({1, 1}));
  EXPECT_EQ(known("Maximum", x, two), std::vector<int64_t>({7, 2}));
  EXPECT_EQ(known("Minimum", x, two), std::vector<int64_t>({2, -7}));
  EXPECT_EQ(known("FloorDiv", two, Tensor::Scalar<int32_t>(0)),
            std::vector<int64_t>({PartialInts::kUnknown}));
  EXPECT_EQ(known("Mul", Tensor::Scalar<int32_t>(1 << 30), two),
            std::vector<int64_t>({PartialInts::kUnknown}));
}

TEST(Operators, BuildUnderTheLeftOperandsPrefix) {
  const Scope s = Scope::Root();
  const Output x = ops::Add(s.WithPrefix("a"), Tensor::Scalar(1.0f), Tensor::Scalar(2.0f));
  const Output y = ops::Add(s.WithPrefix("b"), Tensor::Scalar(3.0f), Tensor::Scalar(4.0f));
  const Output z = 2.0f * (x - y) / y + -x;
  ASSERT_TRUE(z.valid()) << s.status();
  EXPECT_EQ(z.name(), "a/AddV2");
  EXPECT_EQ((3 * y).name(), "b/Mul");
  absl::StatusOr<Session> session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  absl::StatusOr<std::vector<Tensor>> got = session->Run({}, {z}, {});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_FLOAT_EQ(*(*got)[0].data<float>(), 2.0f * (3 - 7) / 7 - 3);
}

TEST(Operators, NameTheCallersLine) {
  const Scope s = Scope::Root();
  const Output x =
      s.Op("Placeholder").Attr("dtype", DT_FLOAT).Attr("shape", PartialShape({2})).Build();
  const Output y =
      s.Op("Placeholder").Attr("dtype", DT_FLOAT).Attr("shape", PartialShape({3})).Build();
  EXPECT_FALSE((x + y).valid());
  EXPECT_NE(s.status().message().find("binary_test.cc"), std::string::npos) << s.status();
}

TEST(Binary, IgammaOfZeroIsZero) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor a = Tensor::Of<double>({4}, {0, -1, nan, 2});
  OpTest("Igamma").In(a).In<double>({}, {0}).Expect<double>({4}, {0, 0, 0, 0});
  OpTest("Igammac").In(a).In<double>({}, {0}).Expect<double>({4}, {nan, nan, nan, 1});
}

}  // namespace
}  // namespace weir
