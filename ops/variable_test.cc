#include "weir/ops/variable.h"

#include "weir/graph/gradients.h"
#include "weir/ops/constant.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

// A variable with one value, of either kind, and a session on what was built with it.
class VariableTest : public testing::TestWithParam<bool> {
 protected:
  ops::Variable Make(const std::string& name, const Tensor& value) {
    GetVariableOptions options;
    options.dtype = value.dtype();
    options.use_resource = GetParam();
    return GetVariable(scope_, name, value.shape(), FromTensor(value), options);
  }

  void Open() {
    absl::StatusOr<Session> session = Session::Create(scope_);
    ASSERT_TRUE(session.ok()) << session.status();
    session_ = std::make_unique<Session>(*std::move(session));
  }
  void OpenAndInitialize() {
    const Operation init = GlobalVariablesInitializer(scope_);
    Open();
    Run(init);
  }
  void Run(const Operation& target) {
    const auto ran = session_->Run({}, {}, {target});
    EXPECT_TRUE(ran.ok()) << ran.status();
  }
  absl::Status RunError(const Operation& target) {
    return session_->Run({}, {}, {target}).status();
  }
  std::string Value(const Output& tensor) {
    const auto ran = session_->Run({}, {tensor});
    return ran.ok() ? (*ran)[0].ToString() : std::string(ran.status().message());
  }

  Scope scope_ = Scope::Root();
  std::unique_ptr<Session> session_;
};

INSTANTIATE_TEST_SUITE_P(BothKinds, VariableTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Resource" : "Reference"; });

TEST_P(VariableTest, ReadsWhatWasAssigned) {
  const ops::Variable v = Make("v", Tensor::Vector<float>({1, 2}));
  const Operation assign = v.Assign(scope_, Tensor::Vector<float>({5, 6}));
  OpenAndInitialize();
  EXPECT_EQ(Value(v), "float [2] {1, 2}");
  Run(assign);
  EXPECT_EQ(Value(v), "float [2] {5, 6}");
}

TEST_P(VariableTest, AddsAndSubtracts) {
  const ops::Variable v = Make("v", Tensor::Vector<int32_t>({1, 2}));
  const Operation add = v.AssignAdd(scope_, Tensor::Vector<int32_t>({10, 20}));
  const Operation sub = v.AssignSub(scope_, Tensor::Vector<int32_t>({1, 1}));
  EXPECT_EQ(add.node().op().name, GetParam() ? "AssignAddVariableOp" : "AssignAdd");
  EXPECT_EQ(sub.node().op().name, GetParam() ? "AssignSubVariableOp" : "AssignSub");
  OpenAndInitialize();
  Run(add);
  Run(add);
  EXPECT_EQ(Value(v), "int32 [2] {21, 42}");
  Run(sub);
  EXPECT_EQ(Value(v), "int32 [2] {20, 41}");
}

TEST_P(VariableTest, KeepsAValueThatWasRead) {
  const ops::Variable v = Make("v", Tensor::Vector<float>({1, 2}));
  const Operation add = v.AssignAdd(scope_, Tensor::Vector<float>({1, 1}));
  OpenAndInitialize();
  const auto before = session_->Run({}, {v});
  ASSERT_TRUE(before.ok()) << before.status();
  Run(add);
  EXPECT_EQ((*before)[0].ToString(), "float [2] {1, 2}");
  EXPECT_EQ(Value(v), "float [2] {2, 3}");
}

TEST_P(VariableTest, SaysWhichVariableHasNoValue) {
  const ops::Variable v = Make("layer/v", Tensor::Vector<float>({1, 2}));
  const Operation add = v.AssignAdd(scope_, Tensor::Vector<float>({1, 1}));
  Open();
  const std::string read = Value(v);
  EXPECT_NE(read.find(GetParam() ? "Error while reading resource variable layer/v from Container: "
                                   "localhost. This could mean that the variable was uninitialized"
                                 : "Attempting to use uninitialized value layer/v"),
            std::string::npos)
      << read;
  EXPECT_EQ(RunError(add).code(), absl::StatusCode::kFailedPrecondition) << RunError(add);
}

TEST_P(VariableTest, KnowsWhetherItIsInitialized) {
  const ops::Variable v = Make("v", Tensor::Scalar<float>(3));
  const Output initialized = v.IsInitialized(scope_);
  EXPECT_EQ(initialized.op().node().op().name,
            GetParam() ? "VarIsInitializedOp" : "IsVariableInitialized");
  EXPECT_EQ(initialized.shape().ToString(), "[]");
  const Operation init = GlobalVariablesInitializer(scope_);
  Open();
  EXPECT_EQ(Value(initialized), "bool [] {false}");
  Run(init);
  EXPECT_EQ(Value(initialized), "bool [] {true}");
}

TEST_P(VariableTest, IsSharedByRunsAndNotBySessions) {
  const ops::Variable v = Make("v", Tensor::Scalar<int64_t>(0));
  const Operation add = v.AssignAdd(scope_, Tensor::Scalar<int64_t>(1));
  OpenAndInitialize();
  Run(add);
  Run(add);
  EXPECT_EQ(Value(v), "int64 [] {2}");
  Open();
  EXPECT_NE(Value(v).find("uninitialized"), std::string::npos);
}

TEST_P(VariableTest, AssignsStrings) {
  const ops::Variable v = Make("v", Tensor::Vector<std::string>({"a", "b"}));
  const Operation assign = v.Assign(scope_, Tensor::Vector<std::string>({"c", "d"}));
  OpenAndInitialize();
  Run(assign);
  const auto ran = session_->Run({}, {v});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].data<std::string>()[1], "d");
}

TEST_P(VariableTest, GradientGoesToTheHandle) {
  const ops::Variable v = Make("v", Tensor::Vector<float>({2, 3}));
  const Output value = v;
  EXPECT_EQ(value.op().node().op().name, GetParam() ? "ReadVariableOp" : "Identity");
  const Output y = scope_.Op("Mul").In(v).In(v).Build();
  const auto gradients = AddDenseGradients(scope_, {y}, {v.handle()});
  ASSERT_TRUE(gradients.ok()) << gradients.status();
  OpenAndInitialize();
  EXPECT_EQ(Value((*gradients)[0]), "float [2] {4, 6}");
}

TEST_P(VariableTest, RefusesAnotherShape) {
  const ops::Variable v = Make("v", Tensor::Vector<float>({1, 2}));
  const Output fed =
      scope_.Op("Placeholder").Attr("dtype", DT_FLOAT).Attr("shape", PartialShape()).Build();
  const Operation assign = v.Assign(scope_, fed);
  const Operation add = v.AssignAdd(scope_, fed);
  OpenAndInitialize();
  const Tensor longer = Tensor::Vector<float>({1, 2, 3});
  const absl::Status assigned = session_->Run({{fed, longer}}, {}, {assign}).status();
  EXPECT_NE(assigned.message().find("Assign requires shapes of both tensors to match. lhs shape= "
                                    "[2] rhs shape= [3]"),
            std::string::npos)
      << assigned;
  const absl::Status added = session_->Run({{fed, longer}}, {}, {add}).status();
  EXPECT_NE(added.message().find("Cannot update variable with shape [2] using a Tensor with shape "
                                 "[3], shapes must be equal."),
            std::string::npos)
      << added;
}

TEST(Assign, TakesAnyShapeWhenAskedTo) {
  const Scope s = Scope::Root();
  const Output ref = ops::VariableV2(s.Named("v"), PartialShape(), DT_FLOAT);
  const Output assign =
      ops::Assign(s, ref, Tensor::Vector<float>({1, 2, 3}), {.validate_shape = false});
  const Output read = s.Op("Identity").In(assign).Build();
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  const auto ran = session->Run({}, {read});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].ToString(), "float [3] {1, 2, 3}");
}

void ExpectCounting(bool resource) {
  const Scope s = Scope::Root();
  GetVariableOptions options;
  options.dtype = DT_INT32;
  options.use_resource = resource;
  const ops::Variable v = GetVariable(s, "v", Shape(), Zeros(), options);
  const Output count = s.Op(resource ? "ResourceCountUpTo" : "CountUpTo")
                           .In(v.handle())
                           .Attr("limit", 2)
                           .Attr("T", DT_INT32)
                           .Build();
  ASSERT_TRUE(count.valid()) << s.status();
  EXPECT_EQ(count.shape().ToString(), "[]");
  const Operation init = GlobalVariablesInitializer(s);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {init}).ok());
  for (int want : {0, 1}) {
    const auto ran = session->Run({}, {count});
    ASSERT_TRUE(ran.ok()) << ran.status();
    EXPECT_EQ(*(*ran)[0].data<int32_t>(), want);
  }
  const auto ran = session->Run({}, {count});
  EXPECT_EQ(ran.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_NE(ran.status().message().find("Reached limit of 2"), std::string::npos);
}

TEST(CountUpTo, CountsAndStops) {
  ExpectCounting(/*resource=*/false);
  ExpectCounting(/*resource=*/true);
}

// v/read hands out the variable, not its value, as TensorFlow's graphs of averages rely on.
TEST(ReferenceVariable, WhoComesAfterAnUpdateSeesItThroughAnEarlierRead) {
  const Scope s = Scope::Root();
  const Output ref = ops::VariableV2(s, {}, DT_FLOAT);
  const Output init = ops::Assign(s, ref, 1.0f);
  const Output read = s.Op("Identity").In(ref).Build();
  const Output before = s.Op("Neg").In(read).Build();
  const Output update = ops::AssignAdd(s.ControlDependencies({before.op()}), ref, 4.0f);
  const Output after = s.ControlDependencies({update.op()}).Op("Neg").In(read).Build();
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {init.op()}).ok());
  const auto ran = session->Run({}, {before, after});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].ToString(), "float [] {-1}");
  EXPECT_EQ((*ran)[1].ToString(), "float [] {-5}");
}

TEST(RefIdentity, PassesTheReferenceOn) {
  const Scope s = Scope::Root();
  const Output ref = ops::VariableV2(s, PartialShape({2}), DT_FLOAT);
  const Output assigned = ops::Assign(s, ref, Tensor::Vector<float>({1, 2}));
  const Output same = ops::RefIdentity(s.ControlDependencies({assigned.op()}), ref);
  EXPECT_EQ(same.shape().ToString(), "[2]");
  EXPECT_TRUE(IsRefType(same.type()));
  const Output added = ops::AssignAdd(s, same, Tensor::Vector<float>({10, 10}));
  const Output square = s.Op("Square").In(same).Build();
  const auto gradients = AddDenseGradients(s, {square}, {ref});
  ASSERT_TRUE(gradients.ok()) << gradients.status();
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  const auto ran = session->Run({}, {(*gradients)[0]});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].ToString(), "float [2] {2, 4}");
  const auto changed = session->Run({}, {added});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ((*changed)[0].ToString(), "float [2] {11, 12}");
}

TEST(TemporaryVariable, LivesWithinARun) {
  const Scope s = Scope::Root();
  const Output ref = ops::TemporaryVariable(s, PartialShape({2}), DT_FLOAT, "t");
  const Output assigned = ops::Assign(s, ref, Tensor::Vector<float>({1, 2}));
  const Output added = ops::AssignAdd(s, assigned, Tensor::Vector<float>({10, 10}));
  const Output last = ops::DestroyTemporaryVariable(s, added, "t");
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  for (int run = 0; run < 2; ++run) {
    const auto ran = session->Run({}, {last});
    ASSERT_TRUE(ran.ok()) << ran.status();
    EXPECT_EQ((*ran)[0].ToString(), "float [2] {11, 12}");
  }
}

TEST(DestroyResourceOp, TakesTheValueAway) {
  const Scope s = Scope::Root();
  const ops::Variable v = GetVariable(s, "v", Shape({2}), Ones());
  const Operation destroy = ops::DestroyResourceOp(s, v.handle());
  const Operation insist = ops::DestroyResourceOp(s, v.handle(), false);
  const Output initialized = v.IsInitialized(s);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {v.initializer()}).ok());
  ASSERT_TRUE(session->Run({}, {}, {destroy}).ok());
  const auto ran = session->Run({}, {initialized});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_FALSE(*(*ran)[0].data<bool>());
  EXPECT_TRUE(session->Run({}, {}, {destroy}).ok());
  EXPECT_EQ(session->Run({}, {}, {insist}).status().code(), absl::StatusCode::kNotFound);
}

TEST(VariableShape, NeedsNoValueWhenDeclared) {
  const Scope s = Scope::Root();
  const ops::Variable v = GetVariable(s, "v", Shape({2, 3}));
  const Output shape = ops::VariableShape(s, v.handle());
  const Output open = ops::VarHandleOp(s.Named("open"), DT_FLOAT, PartialShape({-1}));
  const Operation assign = ops::AssignVariableOp(s, open, Tensor::Vector<float>({1, 2, 3}));
  const Output later = ops::VariableShape(s.ControlDependencies({assign}), open, DT_INT64);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  const auto ran = session->Run({}, {shape, later});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].ToString(), "int32 [2] {2, 3}");
  EXPECT_EQ((*ran)[1].ToString(), "int64 [1] {3}");
}

TEST(VarHandleOp, SharesByNameAndRefusesAnotherType) {
  const Scope s = Scope::Root();
  const Output a = ops::VarHandleOp(s.Named("a"), DT_FLOAT, PartialShape(), {"", "x"});
  const Output b = ops::VarHandleOp(s.Named("b"), DT_FLOAT, PartialShape({2}), {"", "x"});
  const Output c = ops::VarHandleOp(s.Named("c"), DT_INT32, PartialShape(), {"", "x"});
  const Operation assign = ops::AssignVariableOp(s, a, Tensor::Vector<float>({1, 2}));
  const Output read = ops::ReadVariableOp(s, b, DT_FLOAT);
  const Output wrong = ops::ReadVariableOp(s, c, DT_INT32);
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Run({}, {}, {assign}).ok());
  const auto ran = session->Run({}, {read});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].ToString(), "float [2] {1, 2}");
  const auto failed = session->Run({}, {wrong});
  EXPECT_NE(failed.status().message().find("is of type float, not int32"), std::string::npos)
      << failed.status();
}

TEST(VariableOps, PassTheReferenceOn) {
  const Scope s = Scope::Root();
  const Output ref = ops::VariableV2(s, PartialShape({2}), DT_FLOAT);
  const Output fed = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const Output temporary = ops::TemporaryVariable(s, PartialShape({2}), DT_FLOAT, "t");
  for (const Output& output :
       {ref, ops::Assign(s, ref, Tensor::Vector<float>({1, 2})), ops::AssignAdd(s, ref, fed),
        ops::AssignSub(s, ref, fed), temporary, ops::DestroyTemporaryVariable(s, temporary, "t")}) {
    ASSERT_TRUE(output.valid()) << s.status();
    EXPECT_EQ(output.shape().ToString(), "[2]") << output.name();
  }
  ops::AssignAdd(s, ref, Tensor::Vector<float>({1, 2, 3}));
  EXPECT_FALSE(s.status().ok());
}

TEST(VariableOps, InferShapesFromTheHandle) {
  const Scope s = Scope::Root();
  const Output handle = ops::VarHandleOp(s, DT_FLOAT, PartialShape({2, -1}));
  EXPECT_EQ(ops::ReadVariableOp(s, handle, DT_FLOAT).shape().ToString(), "[2,?]");
  EXPECT_EQ(ops::VariableShape(s, handle).shape().ToString(), "[2]");
  EXPECT_TRUE(s.status().ok()) << s.status();
  ops::AssignVariableOp(s, handle, Tensor::Vector<float>({1}));
  EXPECT_NE(s.status().message().find("does not fit the variable"), std::string::npos);
}

TEST(VariableOps, RefuseAnotherTypeWhenBuilt) {
  const Scope s = Scope::Root();
  const Output handle = ops::VarHandleOp(s, DT_FLOAT, PartialShape());
  ops::ReadVariableOp(s, handle, DT_INT32);
  EXPECT_NE(s.status().message().find("Trying to read variable with wrong dtype"),
            std::string::npos);
}

}  // namespace
}  // namespace weir
