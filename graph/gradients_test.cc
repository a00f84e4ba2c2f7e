#include "weir/graph/gradients.h"

#include "gtest/gtest.h"
#include "weir/ops/standard_ops.h"

namespace weir {
namespace {

Output X(const Scope& scope, const char* name = "x") {
  return scope.Named(name).Op("Placeholder").Attr("dtype", DT_FLOAT).Attr("shape", Shape()).Build();
}

Output Unary(const Scope& scope, const char* op, const Output& x) {
  return scope.Op(op).In(x).Build();
}

Output Mul(const Scope& scope, const Output& a, const Output& b) {
  return scope.Op("Mul").In(a).In(b).Build();
}

TEST(Gradients, UnconnectedMeansNone) {
  const Scope scope = Scope::Root();
  const Output x = X(scope), other = X(scope, "other");
  const auto grads = AddGradients(scope, {Unary(scope, "Exp", x)}, {x, other});
  ASSERT_TRUE(grads.ok()) << grads.status();
  EXPECT_TRUE((*grads)[0].exists());
  EXPECT_FALSE((*grads)[1].exists());
}

TEST(Gradients, XsOnThePathGetTheirTotal) {
  const Scope scope = Scope::Root();
  const Output x = X(scope);
  const Output y = Mul(scope, x, x);
  const auto grads = AddGradients(scope, {Mul(scope, y, y)}, {x, y});
  ASSERT_TRUE(grads.ok()) << grads.status();
  EXPECT_TRUE((*grads)[0].exists());
  EXPECT_TRUE((*grads)[1].exists());
}

TEST(Gradients, StopGradientsAreConstants) {
  const Scope scope = Scope::Root();
  const Output x = X(scope);
  const Output y = Unary(scope, "Exp", x);
  GradientOptions options;
  options.stop_gradients = {y};
  const auto grads = AddGradients(scope, {Unary(scope, "Square", y)}, {x}, {}, options);
  ASSERT_TRUE(grads.ok());
  EXPECT_FALSE((*grads)[0].exists());
}

TEST(Gradients, AllMissingGradientsAreListed) {
  OpRegistry ops;
  ops.Add("Placeholder").Out("output: dtype").Attr("dtype: type").Attr("shape: shape = <unknown>");
  for (const char* name : {"Foo", "Bar"}) ops.Add(name).In("x: float").Out("y: float");
  ops.Add("AddN").In("xs: N * float").Out("y: float").Attr("N: int");
  ops.Add("Const").Out("o: dtype").Attr("dtype: type").Attr("value: tensor");
  ops.Add("Shape").In("x: float").Out("y: int32");
  ops.Add("Cast").In("x: SrcT").Out("y: DstT").Attr("SrcT: type").Attr("DstT: type");
  ops.Add("Fill").In("dims: int32").In("v: float").Out("y: float");
  ASSERT_TRUE(ops.Seal().ok());
  const Scope scope = Scope::Root(ops);
  const Output x = X(scope);
  const Output foo = scope.Named("f").Op("Foo").In(x).Build();
  const Output bar = scope.Named("b").Op("Bar").In(x).Build();
  const auto grads = AddGradients(scope, {foo, bar}, {x});
  EXPECT_EQ(grads.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(grads.status().message().find("b (op type: Bar)"), std::string::npos);
  EXPECT_NE(grads.status().message().find("f (op type: Foo)"), std::string::npos);
}

TEST(Gradients, WrongArgumentsAreErrors) {
  const Scope scope = Scope::Root();
  const Output x = X(scope);
  const Output y = Unary(scope, "Exp", x);
  EXPECT_FALSE(AddGradients(scope, {y}, {Output()}).ok());
  EXPECT_FALSE(AddGradients(scope, {y}, {x}, {x, x}).ok());
  const Output i = scope.Op("Shape").In(x).Build();
  EXPECT_NE(AddGradients(scope, {i}, {x}).status().message().find("int32"), std::string::npos);
}

TEST(Gradients, AreNodesUnderTheGradientsScope) {
  const Scope scope = Scope::Root();
  const Output x = X(scope);
  const Output y = scope.Named("e").Op("Exp").In(x).Build();
  const auto first = AddGradients(scope, {y}, {x});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ((*first)[0].dense.name().rfind("gradients/e_grad/", 0), 0u) << (*first)[0].dense.name();
  // Gradients of gradients.
  const auto second = AddGradients(scope, {(*first)[0].dense}, {x});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)[0].dense.name().rfind("gradients_1/", 0), 0u);
}

TEST(Gradients, TensorsOfAnotherGraphAreRefused) {
  const Scope scope = Scope::Root(), other = Scope::Root();
  const Output x = X(scope), y = Unary(scope, "Exp", x), foreign = X(other);
  const auto error = [&](absl::Span<const Output> grad_ys, const GradientOptions& options) {
    return AddGradients(scope, {y}, {x}, grad_ys, options).status();
  };
  EXPECT_TRUE(absl::IsInvalidArgument(error({foreign}, {})));
  EXPECT_TRUE(absl::IsInvalidArgument(error({}, {.stop_gradients = {foreign}})));
  EXPECT_TRUE(scope.status().ok()) << scope.status();
}

}  // namespace
}  // namespace weir
