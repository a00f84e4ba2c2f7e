#include "weir/graph/scope.h"

#include "gtest/gtest.h"
#include "weir/graph/device_name.h"
#include "weir/ops/standard_ops.h"

namespace weir {
namespace {

Output Constant(const Scope& scope, const Tensor& value) {
  return scope.Op("Const").Attr("dtype", value.dtype()).Attr("value", value).Build();
}

TEST(Scope, NamesAreUniqueWithoutRegardToCase) {
  const Scope scope = Scope::Root();
  const auto name = [&](const Scope& s) { return s.Op("NoOp").Build().name(); };
  EXPECT_EQ(name(scope.Named("c")), "c");
  EXPECT_EQ(name(scope.Named("C")), "C_1");
  EXPECT_EQ(name(scope.Named("c")), "c_2");
  EXPECT_EQ(name(scope.Named("c_1")), "c_1_1");
  EXPECT_EQ(name(scope.Sub("a")), "a/NoOp");
  EXPECT_EQ(name(scope.Sub("a")), "a_1/NoOp");
  EXPECT_EQ(name(scope.Named("a")), "a_2");
}

TEST(Scope, ErrorsNameNodeAndLineAndAreKept) {
  const Scope scope = Scope::Root();
  const Output a = Constant(scope, Tensor::Of<float>({2, 3}, {0, 0, 0, 0, 0, 0}));
  const Output bad = scope.Named("fc").Op("MatMul").In(a).In(a).Build();
  EXPECT_FALSE(bad.valid());
  const std::string message(scope.status().message());
  EXPECT_NE(message.find("MatMul 'fc' (scope_test.cc:"), std::string::npos) << message;
  EXPECT_NE(message.find("[2,3]"), std::string::npos) << message;
  // Building on is harmless, and the first error stays.
  (void)scope.Op("Identity").In(bad).Build();
  EXPECT_EQ(scope.status().message(), message);
}

TEST(Scope, NumbersTakeTheTypeOfTheOtherInput) {
  const Scope scope = Scope::Root();
  const Output x = Constant(scope, Tensor::Scalar<double>(1));
  EXPECT_EQ(Output(scope.Op("AddV2").In(x).In(2).Build()).type(), DT_DOUBLE);
  EXPECT_EQ(Output(scope.Op("AddV2").In(1.5).In(2.5).Build()).type(), DT_FLOAT);
  const Output i = Constant(scope, Tensor::Scalar<int32_t>(1));
  (void)scope.Op("AddV2").In(i).In(2.5).Build();
  EXPECT_FALSE(scope.status().ok());
}

// The error of adding `literal` to a tensor of `type`; "" if there is none.
std::string LiteralError(DataType type, const Input& literal) {
  const Scope scope = Scope::Root();
  const Output x = scope.Op("Placeholder").Attr("dtype", type).Build();
  (void)scope.Named("sum").Op("AddV2").In(x).In(literal).Build();
  return std::string(scope.status().message());
}

TEST(Scope, NumbersThatTheTypeCannotHoldAreErrors) {
  const std::string error = LiteralError(DT_UINT8, 300);
  EXPECT_NE(error.find("AddV2 'sum' (scope_test.cc:"), std::string::npos) << error;
  EXPECT_NE(error.find("the number 300 cannot become uint8"), std::string::npos) << error;
  EXPECT_NE(LiteralError(DT_UINT8, -1).find("-1"), std::string::npos);
  EXPECT_NE(LiteralError(DT_INT8, {1, 128}).find("128"), std::string::npos);
  EXPECT_NE(LiteralError(DT_INT32, int64_t{1} << 31).find("2147483648"), std::string::npos);
  EXPECT_NE(LiteralError(DT_INT64, ~uint64_t{0}).find("18446744073709551615"), std::string::npos);
  EXPECT_NE(LiteralError(DT_INT32, 2.5).find("2.5"), std::string::npos);
  EXPECT_EQ(LiteralError(DT_UINT8, {0, 255}), "");
  EXPECT_EQ(LiteralError(DT_INT8, -128), "");
  EXPECT_EQ(LiteralError(DT_INT64, int64_t{1} << 40), "");
  EXPECT_EQ(LiteralError(DT_HALF, 2.5), "");
}

TEST(Scope, ControlDependenciesSkipDataInputs) {
  const Scope scope = Scope::Root();
  const Output x = Constant(scope, Tensor::Scalar<float>(1));
  const Operation before = scope.Op("NoOp").Build();
  const Operation y =
      scope.ControlDependencies({before, x.op(), before}).Op("Identity").In(x).Build();
  ASSERT_EQ(y.node().control_inputs().size(), 1u);
  EXPECT_EQ(y.node().control_inputs()[0], before.id());
}

TEST(Scope, DevicesNestFieldByField) {
  const Scope scope = Scope::Root().Device("/job:ps/cpu:0");
  EXPECT_EQ(scope.Device("/gpu:1").device(), "/job:ps/device:GPU:1");
  EXPECT_EQ(Scope::Root().Device("/job:w/gpu:0").Device("/job:ps").device(),
            "/job:ps/device:GPU:0");
  const Scope bad = Scope::Root().Device("gpu/0");
  EXPECT_FALSE(bad.status().ok());
}

TEST(DeviceName, FollowsTheGrammar) {
  EXPECT_EQ(DeviceName::Parse("/gpu:0")->ToString(), "/device:GPU:0");
  EXPECT_EQ(DeviceName::Parse("/job:localhost/replica:0/task:0/device:CPU:0")->ToString(),
            "/job:localhost/replica:0/task:0/device:CPU:0");
  EXPECT_EQ(DeviceName::Parse("/device:GPU:*")->ToString(), "/device:GPU:*");
  EXPECT_EQ(DeviceName::Parse("/")->ToString(), "");
  for (const char* bad : {"x", "/gpu", "/job:", "/device:GPU:x", "/task:-1", "//"}) {
    EXPECT_FALSE(DeviceName::Parse(bad).ok()) << bad;
  }
}

TEST(Scope, ColocationCollectsGroups) {
  const Scope scope = Scope::Root();
  const Operation a = scope.Named("a").Op("NoOp").Build();
  const Operation b = scope.ColocateWith(a).Named("b").Op("NoOp").Build();
  EXPECT_EQ(*b.node().attrs().Get<std::vector<std::string>>("_class"),
            std::vector<std::string>{"loc:@a"});
}

TEST(Scope, InputsOfAnotherGraphAreRefused) {
  const Scope one = Scope::Root(), two = Scope::Root();
  const Output x = Constant(one, Tensor::Scalar<float>(1));
  EXPECT_FALSE(Operation(two.Op("Identity").In(x).Build()).valid());
  EXPECT_NE(two.status().message().find("another graph"), std::string::npos);
}

TEST(Scope, OperationsOfAnotherGraphAreRefused) {
  const Scope other = Scope::Root();
  (void)other.Op("NoOp").Build();
  const Operation foreign = other.Named("foreign").Op("NoOp").Build();
  const Scope waits = Scope::Root(), together = Scope::Root(), control = Scope::Root();
  (void)waits.ControlDependencies({foreign}).Op("NoOp").Build();
  EXPECT_EQ(waits.status().message(), "control input 'foreign' belongs to another graph");
  (void)together.ColocateWith(foreign).Op("NoOp").Build();
  EXPECT_NE(together.status().message().find("'foreign'"), std::string::npos);
  (void)control.Op("NoOp").Control(foreign).Build();
  EXPECT_FALSE(control.status().ok());
}

TEST(Scope, OneThatStandsForNoneGivesInvalidHandles) {
  const Scope none;
  EXPECT_FALSE(none.Op("Relu").In(1.0f).Build().valid());
  EXPECT_FALSE(none.Sub("a").Named("b").Device("/cpu:0").Op("NoOp").Build().valid());
  EXPECT_EQ(none.graph().num_nodes(), 0);
  EXPECT_NE(none.status().message().find("Scope::Root()"), std::string::npos) << none.status();
}

}  // namespace
}  // namespace weir
