#include "weir/ops/training.h"

#include "absl/strings/str_split.h"
#include "weir/ops/constant.h"
#include "weir/ops/standard_ops.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

using Values = std::vector<double>;

// What every case starts from: the variable, the gradient, and up to three slots.
const Values kVar = {1, -2, 0.5};
const Values kGradient = {0.1, -0.2, 0.3};
const Values kSlots[] = {{0.2, 0.3, 0.4}, {0.05, 0.1, 0.15}, {0.3, 0.2, 0.1}};

struct StepCase {
  const char* name;
  const char* rule;
  const char* inputs;        // "lr=0.1 grad": the op's inputs after the variables, in order.
  std::vector<Values> want;  // The variable and its slots after one step.
  ops::ApplyOptions options = {};
  const char* sparse = nullptr;  // The sparse form's inputs, if it has one.
  bool resource_only = false;
  std::vector<int> slots = {0, 1, 2};  // Which of kSlots the rule's slots start from.
};

const StepCase kCases[] = {
    {"GradientDescent", "GradientDescent", "alpha=0.1 grad", {{0.99, -1.98, 0.47}}},
    {"ProximalGradientDescent",
     "ProximalGradientDescent",
     "alpha=0.1 l1=0.2 l2=0.3 grad",
     {{0.941747573, -1.902912621, 0.436893204}},
     {},
     "alpha=0.1 l1=0.2 l2=0.3 grad indices"},
    {"Momentum",
     "Momentum",
     "lr=0.1 grad momentum=0.9",
     {{0.972, -2.007, 0.434}, {0.28, 0.07, 0.66}},
     {},
     "lr=0.1 grad indices momentum=0.9"},
    {"NesterovMomentum",
     "Momentum",
     "lr=0.1 grad momentum=0.9",
     {{0.9648, -1.9863, 0.4106}, {0.28, 0.07, 0.66}},
     {.use_nesterov = true},
     "lr=0.1 grad indices momentum=0.9"},
    {"KerasMomentum",
     "KerasMomentum",
     "lr=0.1 grad momentum=0.9",
     {{1.17, -1.71, 0.83}, {0.17, 0.29, 0.33}},
     {},
     "lr=0.1 grad indices momentum=0.9",
     true},
    {"KerasNesterovMomentum",
     "KerasMomentum",
     "lr=0.1 grad momentum=0.9",
     {{1.143, -1.719, 0.767}, {0.17, 0.29, 0.33}},
     {.use_nesterov = true},
     "lr=0.1 grad indices momentum=0.9",
     true},
    {"Adam",
     "Adam",
     "beta1_power=0.81 beta2_power=0.998 lr=0.1 beta1=0.9 beta2=0.999 eps=0.01 grad",
     {{0.980848805, -2.01804292, 0.476890319}, {0.19, 0.25, 0.39}, {0.04996, 0.09994, 0.14994}}},
    {"NesterovAdam",
     "Adam",
     "beta1_power=0.81 beta2_power=0.998 lr=0.1 beta1=0.9 beta2=0.999 eps=0.01 grad",
     {{0.981755967, -2.014795194, 0.477423619}, {0.19, 0.25, 0.39}, {0.04996, 0.09994, 0.14994}},
     {.use_nesterov = true}},
    {"AdamWithAmsgrad",
     "AdamWithAmsgrad",
     "beta1_power=0.81 beta2_power=0.998 lr=0.1 beta1=0.9 beta2=0.999 eps=0.01 grad",
     {{0.991981433, -2.01287011, 0.476890319},
      {0.19, 0.25, 0.39},
      {0.04996, 0.09994, 0.14994},
      {0.3, 0.2, 0.14994}},
     {},
     nullptr,
     true},
    {"AdaMax",
     "AdaMax",
     "beta1_power=0.81 lr=0.1 beta1=0.9 beta2=0.999 eps=0.01 grad",
     {{0.090909091, -2.626566416, -0.162139219}, {0.19, 0.25, 0.39}, {0.1, 0.2, 0.3}}},
    {"Adagrad",
     "Adagrad",
     "lr=0.1 grad",
     {{0.978178211, -1.965700283, 0.457142857}, {0.21, 0.34, 0.49}},
     {},
     "lr=0.1 grad indices"},
    {"AdagradWithFrozenSlots",
     "Adagrad",
     "lr=0.1 grad",
     {{0.97763932, -1.963485163, 0.452565835}, {0.2, 0.3, 0.4}},
     {.update_slots = false},
     "lr=0.1 grad indices"},
    {"AdagradV2",
     "AdagradV2",
     "lr=0.1 eps=0.01 grad",
     {{0.978644232, -1.9662786, 0.457746479}, {0.21, 0.34, 0.49}},
     {},
     "lr=0.1 eps=0.01 grad indices"},
    {"ProximalAdagrad",
     "ProximalAdagrad",
     "lr=0.1 l1=0.2 l2=0.3 grad",
     {{0.87711404, -1.836893191, 0.410958904}, {0.21, 0.34, 0.49}},
     {},
     "lr=0.1 l1=0.2 l2=0.3 grad indices"},
    {"AdagradDA",
     "AdagradDA",
     "grad lr=0.1 l1=0.1 l2=0.3 global_step=3",
     {{0, 0, -0.068977654}, {0.3, 0.1, 0.7}, {0.06, 0.14, 0.24}},
     {},
     "grad indices lr=0.1 l1=0.1 l2=0.3 global_step=3"},
    {"Adadelta",
     "Adadelta",
     "lr=0.1 rho=0.95 eps=0.01 grad",
     {{0.994529608, -1.987828388, 0.480894529},
      {0.1905, 0.287, 0.3845},
      {0.047649626, 0.095740741, 0.144325095}},
     {},
     "lr=0.1 rho=0.95 eps=0.01 grad indices"},
    {"RMSProp",
     "RMSProp",
     "lr=0.1 rho=0.95 momentum=0.9 eps=0.01 grad",
     {{0.932667219, -2.053301208, 0.317236323},
      {0.1905, 0.287, 0.3845},
      {0.067332781, 0.053301208, 0.182763677}},
     {},
     "lr=0.1 rho=0.95 momentum=0.9 eps=0.01 grad indices"},
    {"CenteredRMSProp",
     "CenteredRMSProp",
     "lr=0.1 rho=0.95 momentum=0.9 eps=0.01 grad",
     {{0.707512115, -2.142846517, 0.36065988},
      {0.0525, 0.085, 0.1575},
      {0.1905, 0.287, 0.3845},
      {0.292487885, 0.142846517, 0.13934012}},
     {},
     "lr=0.1 rho=0.95 momentum=0.9 eps=0.01 grad indices",
     false,
     {1, 0, 2}},
    {"Ftrl",
     "Ftrl",
     "grad lr=0.1 l1=0.05 l2=0.3 power=-0.5",
     {{0, -0.086682757, -0.008194429}, {0.21, 0.34, 0.49}, {0.03956026, 0.60745264, 0.11227766}},
     {},
     "grad indices lr=0.1 l1=0.05 l2=0.3 power=-0.5"},
    {"FtrlOfAnotherPower",
     "Ftrl",
     "grad lr=0.1 l1=0.05 l2=0.3 power=-0.3",
     {{-0.001314651, -0.048916531, -0.01862779},
      {0.21, 0.34, 0.49},
      {0.059020236, 0.433265207, 0.211567087}},
     {},
     "grad indices lr=0.1 l1=0.05 l2=0.3 power=-0.3"},
    {"FtrlV2",
     "FtrlV2",
     "grad lr=0.1 l1=0.05 l2=0.3 l2_shrinkage=0.1 power=-0.5",
     {{-0.036576458, -0.024483567, -0.021352324},
      {0.21, 0.34, 0.49},
      {0.23956026, 0.20745264, 0.21227766}},
     {},
     "grad indices lr=0.1 l1=0.05 l2=0.3 l2_shrinkage=0.1 power=-0.5"},
    {"AddSign",
     "AddSign",
     "lr=0.1 alpha=1.5 decay=0.5 beta=0.9 grad",
     {{0.98, -1.98, 0.44}, {0.19, 0.25, 0.39}}},
    {"PowerSign",
     "PowerSign",
     "lr=0.1 logbase=1.5 decay=0.5 beta=0.9 grad",
     {{0.97883, -1.990552669, 0.43649}, {0.19, 0.25, 0.39}}},
};

Tensor FloatTensor(DataType dtype, const Values& values) {
  absl::StatusOr<Tensor> t = Tensor::Make(dtype, Shape({static_cast<int64_t>(values.size())}));
  for (size_t i = 0; i < values.size(); ++i) {
    switch (dtype) {
      case DT_FLOAT: t->mutable_data<float>()[i] = static_cast<float>(values[i]); break;
      case DT_HALF: t->mutable_data<Half>()[i] = Half(static_cast<float>(values[i])); break;
      default: t->mutable_data<double>()[i] = values[i];
    }
  }
  return *t;
}

double ValueAt(const Tensor& t, int64_t i) {
  switch (t.dtype()) {
    case DT_FLOAT: return t.data<float>()[i];
    case DT_HALF: return t.data<Half>()[i];
    default: return t.data<double>()[i];
  }
}

class StepTest : public testing::TestWithParam<StepCase> {
 protected:
  // Does one step on fresh variables and compares all of them.
  void Check(bool resource, bool sparse, DataType dtype, double tolerance) {
    const StepCase& c = GetParam();
    const Scope s = Scope::Root();
    std::vector<ops::Variable> variables;
    std::vector<Output> handles;
    for (size_t i = 0; i < c.want.size(); ++i) {
      const Values& initial = i == 0 ? kVar : kSlots[c.slots[i - 1]];
      GetVariableOptions options;
      options.dtype = dtype;
      options.use_resource = resource;
      variables.push_back(GetVariable(s, absl::StrCat("v", i), Shape({3}),
                                      FromTensor(FloatTensor(dtype, initial)), options));
      handles.push_back(variables.back().handle());
    }
    const std::vector<Input> inputs = Inputs(s, sparse ? c.sparse : c.inputs, dtype, sparse);
    const Operation step = sparse ? ops::SparseApplyRule(s, c.rule, handles, inputs, c.options)
                                  : ops::ApplyRule(s, c.rule, handles, inputs, c.options);
    ASSERT_TRUE(step.valid()) << s.status();
    EXPECT_EQ(step.node().op().name,
              absl::StrCat(resource ? "Resource" : "", sparse ? "Sparse" : "", "Apply", c.rule));
    // A reference is passed on, with the variable's shape.
    if (!resource) {
      EXPECT_EQ(step.out(0).shape().ToString(), "[3]");
    }
    const Operation init = GlobalVariablesInitializer(s);
    const auto session = Session::Create(s);
    ASSERT_TRUE(session.ok()) << session.status();
    ASSERT_TRUE(session->Run({}, {}, {init}).ok());
    const auto stepped = session->Run({}, {}, {step});
    ASSERT_TRUE(stepped.ok()) << stepped.status();
    for (size_t v = 0; v < c.want.size(); ++v) {
      const auto got = session->Run({}, {variables[v]});
      ASSERT_TRUE(got.ok()) << got.status();
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(ValueAt((*got)[0], i), c.want[v][i], tolerance)
            << "variable " << v << ", element " << i << (sparse ? ", sparse" : "");
      }
    }
  }

 private:
  // The inputs that a case spells. Sparse steps get the elements in another order.
  static std::vector<Input> Inputs(const Scope& s, const char* text, DataType dtype, bool sparse) {
    std::vector<Input> inputs;
    for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ' '))) {
      if (word == "grad") {
        const Values rows = sparse ? Values{kGradient[2], kGradient[0], kGradient[1]} : kGradient;
        inputs.push_back(FloatTensor(dtype, rows));
        continue;
      }
      if (word == "indices") {
        inputs.push_back(Tensor::Vector<int32_t>({2, 0, 1}));
        continue;
      }
      const std::vector<std::string> parts = absl::StrSplit(word, '=');
      const double value = std::stod(parts[1]);
      inputs.push_back(ops::ScalarConst(s, parts[0] == "global_step" ? DT_INT64 : dtype, value));
    }
    return inputs;
  }
};

INSTANTIATE_TEST_SUITE_P(AllRules, StepTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(StepTest, UpdatesResourceVariables) {
  Check(/*resource=*/true, /*sparse=*/false, DT_FLOAT, 1e-6);
  Check(true, false, DT_DOUBLE, 1e-8);
  Check(true, false, DT_HALF, 4e-3);
}

TEST_P(StepTest, UpdatesReferenceVariables) {
  if (!GetParam().resource_only) Check(/*resource=*/false, /*sparse=*/false, DT_FLOAT, 1e-6);
}

TEST_P(StepTest, UpdatesRows) {
  if (GetParam().sparse == nullptr) return;
  Check(/*resource=*/true, /*sparse=*/true, DT_FLOAT, 1e-6);
  if (!GetParam().resource_only) Check(false, true, DT_DOUBLE, 1e-8);
}

// A session with a [3, 2] variable of ones and one slot of zeros.
class RowsTest : public testing::Test {
 protected:
  absl::Status Step(const Tensor& gradient, const Tensor& indices) {
    const Scope s = Scope::Root();
    const ops::Variable var = GetVariable(s, "v", Shape({3, 2}), Ones());
    const ops::Variable slot = GetVariable(s, "slot", Shape({3, 2}), Zeros());
    const Output fed = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
    const Operation step = ops::SparseApplyRule(s, "Momentum", {var.handle(), slot.handle()},
                                                {1.0f, fed, indices, 0.5f});
    const Operation init = GlobalVariablesInitializer(s);
    const auto session = Session::Create(s);
    if (!session.ok()) return session.status();
    RETURN_IF_ERROR(session->Run({}, {}, {init}).status());
    RETURN_IF_ERROR(session->Run({{fed, gradient}}, {}, {step}).status());
    ASSIGN_OR_RETURN(const std::vector<Tensor> values, session->Run({}, {var}));
    value_ = values[0].ToString();
    return absl::OkStatus();
  }
  std::string value_;
};

TEST_F(RowsTest, RepeatedRowsAreUpdatedOneAfterAnother) {
  const absl::Status status =
      Step(Tensor::Of<float>(Shape({2, 2}), {1, 2, 1, 2}), Tensor::Vector<int64_t>({1, 1}));
  ASSERT_TRUE(status.ok()) << status;
  // accum 1, then 1.5: 1 - 1 - 1.5.
  EXPECT_EQ(value_, "float [3,2] {1, 1, -1.5, -4, 1, 1}");
}

TEST_F(RowsTest, NoRowsAreFine) {
  const absl::Status status = Step(Tensor::Of<float>(Shape({0, 2}), std::initializer_list<float>{}),
                                   Tensor::Vector<int32_t>(absl::Span<const int32_t>()));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(value_, "float [3,2] {1, 1, 1, 1, 1, 1}");
}

TEST_F(RowsTest, IndicesMustBeRows) {
  for (int64_t index : {int64_t{3}, int64_t{-1}, int64_t{1} << 40}) {
    const absl::Status status =
        Step(Tensor::Of<float>(Shape({1, 2}), {1, 2}), Tensor::Vector<int64_t>({index}));
    EXPECT_NE(status.message().find("is out of range"), std::string::npos) << status;
  }
}

TEST_F(RowsTest, GradientMustFit) {
  EXPECT_FALSE(
      Step(Tensor::Of<float>(Shape({1, 3}), {1, 2, 3}), Tensor::Vector<int32_t>({0})).ok());
  EXPECT_FALSE(
      Step(Tensor::Of<float>(Shape({1, 2}), {1, 2}), Tensor::Vector<int32_t>({0, 1})).ok());
  EXPECT_FALSE(Step(Tensor::Scalar<float>(1), Tensor::Vector<int32_t>({0})).ok());
}

TEST(ApplyRule, RefusesAnotherShape) {
  const Scope s = Scope::Root();
  const ops::Variable v = GetVariable(s, "v", Shape({3}), Ones());
  ops::ApplyRule(s, "GradientDescent", {v.handle()}, {0.1f, Tensor::Vector<float>({1, 2})});
  EXPECT_FALSE(s.status().ok());
}

TEST(ApplyRule, RefusesFormsThatThereAreNot) {
  const Scope unknown = Scope::Root();
  const ops::Variable v = GetVariable(unknown, "v", Shape({3}));
  ops::ApplyRule(unknown, "Newton", {v.handle()}, {0.1f, v});
  EXPECT_NE(unknown.status().message().find("there is no update rule 'Newton'"), std::string::npos);
  const Scope dense = Scope::Root();
  const ops::Variable w = GetVariable(dense, "w", Shape({3}));
  ops::SparseApplyRule(dense, "Adam", {w.handle()}, {});
  EXPECT_NE(dense.status().message().find("there is no sparse update rule 'Adam'"),
            std::string::npos);
}

TEST(ApplyRule, NeedsValues) {
  const Scope s = Scope::Root();
  const ops::Variable v = GetVariable(s, "v", Shape({2}));
  const Operation step =
      ops::ApplyRule(s, "GradientDescent", {v.handle()}, {0.1f, Tensor::Vector<float>({1, 2})});
  const auto session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(session->Run({}, {}, {step}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(TrainingOps, InferTheVariablesShape) {
  const Scope s = Scope::Root();
  GetVariableOptions options;
  options.use_resource = false;
  const ops::Variable v = GetVariable(s, "v", Shape({2}), {}, options);
  const Operation step =
      ops::ApplyRule(s, "GradientDescent", {v.handle()}, {0.1f, Tensor::Vector<float>({1, 2})});
  ASSERT_TRUE(step.valid()) << s.status();
  EXPECT_EQ(step.out(0).shape().ToString(), "[2]");
}

}  // namespace
}  // namespace weir
