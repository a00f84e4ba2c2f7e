#include "weir/ops/variables_util.h"

#include <cmath>

#include "weir/graph/gradients.h"
#include "weir/ops/identity.h"
#include "weir/ops/losses_util.h"
#include "weir/ops/moving_average_util.h"
#include "weir/ops/random.h"
#include "weir/ops/seed_util.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

std::vector<std::string> NodeNames(const Scope& scope) {
  std::vector<std::string> names;
  for (NodeId id = 0; id < scope.graph().num_nodes(); ++id) {
    names.push_back(scope.graph().node(id).name());
  }
  return names;
}

TEST(GetVariable, LaysOutAResourceVariable) {
  const Scope s = Scope::Root();
  const ops::Variable v = GetVariable(s.Sub("fc"), "w", Shape(), Constant(2));
  ASSERT_TRUE(s.status().ok()) << s.status();
  EXPECT_EQ(v.name(), "fc/w");
  EXPECT_EQ(NodeNames(s), (std::vector<std::string>{"fc/w", "fc/w/Initializer/Const",
                                                    "fc/w/IsInitialized/VarIsInitializedOp",
                                                    "fc/w/Assign", "fc/w/Read/ReadVariableOp"}));
  const Node& initial = v.initial_value().op().node();
  EXPECT_EQ(initial.attrs().Value<std::vector<std::string>>("_class"),
            std::vector<std::string>{"loc:@fc/w"});
}

TEST(GetVariable, LaysOutAReferenceVariable) {
  const Scope s = Scope::Root();
  GetVariableOptions options;
  options.use_resource = false;
  const ops::Variable v = GetVariable(s, "w", Shape(), Zeros(), options);
  ASSERT_TRUE(s.status().ok()) << s.status();
  EXPECT_EQ(NodeNames(s),
            (std::vector<std::string>{"w", "w/Initializer/zeros", "w/Assign", "w/read"}));
  EXPECT_EQ(v.value().op().node().attrs().Value<std::vector<std::string>>("_class"),
            std::vector<std::string>{"loc:@w"});
}

TEST(GetVariable, SharesOnRequest) {
  const Scope s = Scope::Root();
  const ops::Variable v = GetVariable(s, "w", Shape({2}));
  GetVariableOptions options;
  options.reuse = Reuse::kAuto;
  EXPECT_EQ(GetVariable(s, "w", Shape({2}), {}, options).handle().name(), v.handle().name());
  options.reuse = Reuse::kOld;
  EXPECT_TRUE(GetVariable(s, "w", Shape({2}), {}, options).valid());
  EXPECT_FALSE(GetVariable(s, "w", Shape({3}), {}, options).valid());
  EXPECT_NE(s.status().message().find(
                "Trying to share variable w, but specified shape [3] and found shape [2]."),
            std::string::npos)
      << s.status();
}

TEST(GetVariable, RefusesASecondAndAMissingOne) {
  const Scope twice = Scope::Root();
  GetVariable(twice, "w", Shape());
  EXPECT_FALSE(GetVariable(twice, "w", Shape()).valid());
  EXPECT_NE(twice.status().message().find("Variable w already exists, disallowed."),
            std::string::npos);
  const Scope missing = Scope::Root();
  GetVariableOptions options;
  options.reuse = Reuse::kOld;
  EXPECT_FALSE(GetVariable(missing, "w", Shape(), {}, options).valid());
  EXPECT_NE(missing.status().message().find("Variable w does not exist"), std::string::npos);
}

TEST(GetVariable, HasADefaultInitializerForNumbersOnly) {
  const Scope s = Scope::Root();
  GetVariableOptions options;
  options.dtype = DT_INT32;
  EXPECT_TRUE(GetVariable(s, "n", Shape({2}), {}, options).valid());
  options.dtype = DT_STRING;
  EXPECT_FALSE(GetVariable(s, "s", Shape({2}), {}, options).valid());
  EXPECT_NE(s.status().message().find("An initializer for variable s"), std::string::npos);
}

TEST(GetVariable, KeepsListsOfItsVariables) {
  const Scope s = Scope::Root();
  GetVariable(s, "w", Shape());
  GetVariableOptions frozen;
  frozen.trainable = false;
  GetVariable(s, "mean", Shape(), {}, frozen);
  GetVariableOptions local;
  local.local = true;
  GetVariable(s, "count", Shape(), {}, local);
  const auto names = [](const std::vector<ops::Variable>& variables) {
    std::string text;
    for (const ops::Variable& v : variables) text += v.name() + " ";
    return text;
  };
  EXPECT_EQ(names(TrainableVariables(s)), "w ");
  EXPECT_EQ(names(GlobalVariables(s)), "w mean ");
  EXPECT_EQ(names(LocalVariables(s)), "count ");
  EXPECT_EQ(s.state()->collections["trainable_variables"], std::vector<std::string>{"w:0"});
  EXPECT_TRUE(FindVariable(s, "mean").valid());
  EXPECT_FALSE(FindVariable(s, "none").valid());
}

TEST(GlobalVariablesInitializer, IsOneOpAfterAllAssignments) {
  const Scope s = Scope::Root();
  GetVariable(s, "a", Shape());
  GetVariable(s, "b", Shape());
  const Operation init = GlobalVariablesInitializer(s);
  ASSERT_TRUE(init.valid()) << s.status();
  EXPECT_EQ(init.name(), "init");
  EXPECT_EQ(init.node().op().name, "NoOp");
  EXPECT_EQ(init.node().control_inputs().size(), 2u);
}

TEST(GetOrCreateGlobalStep, IsMadeOnce) {
  const Scope s = Scope::Root();
  const ops::Variable step = GetOrCreateGlobalStep(s.Sub("model"));
  EXPECT_EQ(step.name(), "global_step");
  EXPECT_EQ(step.dtype(), DT_INT64);
  EXPECT_EQ(GetOrCreateGlobalStep(s).handle().name(), step.handle().name());
  EXPECT_TRUE(TrainableVariables(s).empty());
}

TEST(Group, RefusesEmptyHandles) {
  const Scope s = Scope::Root();
  EXPECT_FALSE(Group(s, {Operation()}).valid());
  EXPECT_FALSE(s.status().ok());
}

TEST(Group, RefusesOperationsOfAnotherGraph) {
  const Scope s = Scope::Root();
  (void)Group(s, {ops::NoOp(Scope::Root())});
  EXPECT_FALSE(s.status().ok());
}

TEST(Options, EveryFieldMayBeLeftOut) {
  const Scope s = Scope::Root();
  EXPECT_EQ(GetVariable(s, "v", Shape(), Zeros(), {.dtype = DT_DOUBLE}).dtype(), DT_DOUBLE);
  EXPECT_TRUE(ops::RandomOptions{.seed = 1}.seed.has_value());
  EXPECT_EQ((VarianceScalingOptions{.scale = 2}.scale), 2);
  EXPECT_EQ((LossOptions{.label_smoothing = 0.5}.label_smoothing), 0.5);
  EXPECT_EQ((MovingAverageOptions{.name = "a"}.name), "a");
  EXPECT_TRUE(GradientOptions{.colocate_with_ops = true}.colocate_with_ops);
}

// The value that an initializer gives to a variable of that shape.
Tensor InitialValue(const Initializer& initializer, const Shape& shape, DataType dtype = DT_FLOAT) {
  const Scope s = Scope::Root();
  SetRandomSeed(s, 7);
  GetVariableOptions options;
  options.dtype = dtype;
  const ops::Variable v = GetVariable(s, "v", shape, initializer, options);
  const auto session = Session::Create(s);
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return Tensor::Scalar<float>(0);
  const auto ran = session->Run({}, {v.initial_value()});
  EXPECT_TRUE(ran.ok()) << ran.status();
  return ran.ok() ? (*ran)[0] : Tensor::Scalar<float>(0);
}

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};
Moments MomentsOf(const Tensor& t) {
  Moments m;
  for (float v : t.values<float>()) {
    m.mean += v;
    m.deviation += v * v;
    m.largest = std::max<double>(m.largest, std::abs(v));
  }
  m.mean /= static_cast<double>(t.num_elements());
  m.deviation = std::sqrt(m.deviation / static_cast<double>(t.num_elements()) - m.mean * m.mean);
  return m;
}

TEST(Initializers, FillWithOneValue) {
  EXPECT_EQ(InitialValue(Zeros(), Shape({2})).ToString(), "float [2] {0, 0}");
  EXPECT_EQ(InitialValue(Ones(), Shape({2}), DT_INT64).ToString(), "int64 [2] {1, 1}");
  EXPECT_EQ(InitialValue(Constant(0.5), Shape()).ToString(), "float [] {0.5}");
  EXPECT_EQ(InitialValue(FromTensor(Tensor::Vector<float>({1, 2})), Shape({2})).ToString(),
            "float [2] {1, 2}");
}

TEST(Initializers, DrawFromTheirDistributions) {
  const Shape shape({100, 200});
  const Moments normal = MomentsOf(InitialValue(RandomNormal(0.5, 2), shape));
  EXPECT_NEAR(normal.mean, 2, 0.02);
  EXPECT_NEAR(normal.deviation, 0.5, 0.01);
  const Moments cut = MomentsOf(InitialValue(TruncatedNormal(1), shape));
  EXPECT_NEAR(cut.deviation, 0.8796, 0.02);
  EXPECT_LE(cut.largest, 2);
  const Moments uniform = MomentsOf(InitialValue(RandomUniform(-3, 3), shape));
  EXPECT_NEAR(uniform.deviation, 3 / std::sqrt(3.0), 0.03);
  EXPECT_LE(uniform.largest, 3);
}

TEST(Initializers, ScaleVarianceByTheFans) {
  const Moments glorot = MomentsOf(InitialValue(GlorotUniform(), Shape({100, 200})));
  EXPECT_LE(glorot.largest, std::sqrt(6.0 / 300));
  EXPECT_NEAR(glorot.deviation, std::sqrt(2.0 / 300), 0.002);
  const Moments he = MomentsOf(InitialValue(HeNormal(), Shape({3, 3, 20, 100})));
  EXPECT_NEAR(he.deviation, std::sqrt(2.0 / 180), 0.003);
}

TEST(Initializers, FromTensorMustFit) {
  const Scope s = Scope::Root();
  EXPECT_FALSE(GetVariable(s, "v", Shape({3}), FromTensor(Tensor::Vector<float>({1, 2}))).valid());
  EXPECT_NE(s.status().message().find("the initial value is float [2]"), std::string::npos);
}

}  // namespace
}  // namespace weir
