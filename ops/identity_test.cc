#include "weir/ops/identity.h"

#include "weir/graph/gradients.h"
#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Identity, PassesEveryType) {
  for (const char* op :
       {"Identity", "Snapshot", "StopGradient", "PreventGradient", "GuaranteeConst"}) {
    OpTest(op).In<float>({2}, {1, 2}).Expect<float>({2}, {1, 2});
    OpTest(op).In<std::string>({1}, {"text"}).Expect<std::string>({1}, {"text"});
    EXPECT_SHAPE(ShapeTest(op).In("[?,2]"), "[?,2]");
  }
}

TEST(Identity, Gradient) {
  for (const char* op : {"Identity", "Snapshot", "GuaranteeConst"}) {
    GradientTest(op).In({2, 3}).Check();
  }
}

TEST(IdentityN, PassesAll) {
  OpTest("IdentityN")
      .In<float>({2}, {1, 2})
      .In<int32_t>({}, {3})
      .AsList(2)
      .Expect<float>({2}, {1, 2})
      .Expect<int32_t>({}, {3});
  EXPECT_SHAPE(ShapeTest("IdentityN").In("[?]").In("[2,3]", DT_STRING).AsList(2), "[?];[2,3]");
  GradientTest("IdentityN").In({2}).In({3, 1}).AsList(2).Check();
}

TEST(StopGradient, NothingFlows) {
  const Scope s = Scope::Root();
  const Output x = ops::Const(s, {1.0f, 2.0f});
  const auto grads = AddDenseGradients(s, {ops::StopGradient(s, x)}, {x});
  ASSERT_TRUE(grads.ok()) << grads.status();
  EXPECT_FALSE((*grads)[0].valid());
}

TEST(PreventGradient, ShowsItsReason) {
  const Scope s = Scope::Root();
  const Output x = ops::Const(s, {1.0f, 2.0f});
  const auto grads = AddDenseGradients(s, {ops::PreventGradient(s, x, "no second order")}, {x});
  ASSERT_FALSE(grads.ok());
  EXPECT_NE(grads.status().message().find("no second order"), std::string::npos);
}

TEST(EnsureShape, HoldsTheInputToAShape) {
  OpTest("EnsureShape")
      .In<float>({1, 2}, {1, 2})
      .Attr("shape", PartialShape({-1, 2}))
      .Expect<float>({1, 2}, {1, 2});
  OpTest("EnsureShape")
      .In<float>({2}, {1, 2})
      .Attr("shape", PartialShape({3}))
      .ExpectError("is not compatible with expected shape [3]");
  EXPECT_SHAPE(ShapeTest("EnsureShape").In("<unknown>").Attr("shape", PartialShape({-1, 2})),
               "[?,2]");
  EXPECT_SHAPE(ShapeTest("EnsureShape").In("[3,?]").Attr("shape", PartialShape({-1, 2})), "[3,2]");
  GradientTest("EnsureShape").In({2}).Attr("shape", PartialShape({-1})).Check();
}

TEST(Group, WaitsForAll) {
  const Scope s = Scope::Root();
  const Operation a = ops::NoOp(s.Named("a")), b = ops::NoOp(s.Named("b"));
  const Operation both = ops::Group(s.Named("both"), {a, b});
  ASSERT_TRUE(s.status().ok()) << s.status();
  EXPECT_EQ(both.node().control_inputs().size(), 2u);
  EXPECT_EQ(both.num_outputs(), 0);
}

TEST(NoOp, RunsAfterItsControlInputs) {
  OpTest no_op("NoOp");
  const auto outputs = no_op.Outputs();
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_TRUE(outputs->empty());
  const Scope s = Scope::Root();
  const Operation failing =
      s.Op("Assert").In(Tensor::Scalar(false)).InList({Tensor::Scalar("why")}).Build();
  const Operation after = ops::NoOp(s.ControlDependencies({failing}));
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_FALSE(session->Run({}, {}, {after}).ok());
}

TEST(Group, RefusesOperationsOfAnotherGraph) {
  const Scope s = Scope::Root(), other = Scope::Root();
  (void)ops::Group(s, {ops::NoOp(other.Named("a"))});
  EXPECT_EQ(s.status().message(), "control input 'a' belongs to another graph");
}

}  // namespace
}  // namespace weir
