// The optimizers' steps of many variables, which a GPU takes together, over the emulated CUDA
// runtime.

#include <cuda_runtime.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "weir/ops/constant.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/standard_ops.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

using cuda_emulation::Calls;

// Variables of many sizes, among them none at all and odd ones, with gradients that are fed.
struct Model {
  Model(int n, bool resources) {
    std::vector<GradientAndVariable> gradients;
    for (int i = 0; i < n; ++i) {
      const Shape shape({i * 13 % 5, i == 7 ? 20011 : 3 + i});
      const ops::Variable v = GetVariable(scope, absl::StrCat("v", i), shape, Constant(0.5),
                                          {.use_resource = resources});
      const Output gradient = ops::Placeholder(scope, DT_FLOAT, shape);
      feeds.emplace_back(gradient, Numbers(DT_FLOAT, shape, static_cast<uint32_t>(i) + 1));
      gradients.push_back({.gradient = {.dense = gradient, .slices = {}}, .variable = v});
      variables.push_back(v);
      values.emplace_back(v.value());
    }
    train = AdamOptimizer(0.01).ApplyGradients(scope, gradients);
    init = GlobalVariablesInitializer(scope);
  }

  Scope scope = Scope::Root();
  std::vector<ops::Variable> variables;
  std::vector<FeedRef> feeds;
  std::vector<TensorRef> values;
  Operation train, init;
};

SessionOptions OnGpu(bool optimize) {
  SessionOptions options = WithGpu();
  options.allow_soft_placement = true;
  options.optimize = optimize;
  return options;
}

// The values after three steps, and how many kernels the first has launched.
struct Trained {
  std::vector<Tensor> values;
  int launches = 0;
};

absl::StatusOr<Trained> Train(const Model& model, const SessionOptions& options) {
  RETURN_IF_ERROR(model.scope.status());
  ASSIGN_OR_RETURN(const Session session, Session::Create(model.scope, options));
  RETURN_IF_ERROR(session.Run({}, {}, {model.init}).status());
  Trained trained;
  for (int i = 0; i < 4; ++i) {
    const int before = Calls("cudaLaunchKernelEx");
    RETURN_IF_ERROR(session.Run(model.feeds, {}, {model.train}).status());
    if (i == 0) trained.launches = Calls("cudaLaunchKernelEx") - before;
  }
  ASSIGN_OR_RETURN(trained.values, session.Run({}, model.values, {}));
  return trained;
}

class CudaStepsTest : public testing::TestWithParam<bool> {};

TEST_P(CudaStepsTest, OfManyVariablesAreFewLaunches) {
  const Model model(70, GetParam());
  const auto together = Train(model, OnGpu(true)), alone = Train(model, OnGpu(false));
  const auto want = Train(model, {.threads = 1});
  ASSERT_TRUE(together.ok() && alone.ok() && want.ok())
      << together.status() << alone.status() << want.status();
  ExpectClose(together->values, want->values, 1e-6);
  ExpectClose(together->values, alone->values, 0);
  // A fifth of the variables has no elements, and a launch takes up to 64.
  EXPECT_EQ(alone->launches - together->launches, 56 - 1);
}

TEST_P(CudaStepsTest, AreTakenInTheOrderThatVariablesAsk) {
  Model model(3, GetParam());
  const auto step = [&](const Scope& scope, int v, const Output& by) {
    return scope.Op(GetParam() ? "ResourceApplyGradientDescent" : "ApplyGradientDescent")
        .In(model.variables[v].handle())
        .In(0.5f)
        .In(by)
        .Build();
  };
  // The second step of a variable is by what the first has left.
  const Output ones = ops::Fill(model.scope, {3, 4}, 1.0f);
  const Operation first = step(model.scope, 1, ones);
  const Operation other = step(model.scope, 2, ops::Fill(model.scope, {1, 5}, 3.0f));
  const Scope after = model.scope.ControlDependencies({first});
  const Output left = GetParam()
                          ? Output(after.Op("ReadVariableOp")
                                       .In(model.variables[1].handle())
                                       .Attr("dtype", DT_FLOAT)
                                       .Build())
                          : Output(after.Op("Identity").In(model.variables[1].handle()).Build());
  const Operation second = step(model.scope, 1, left);
  model.train = model.scope.ControlDependencies({second, other}).Op("NoOp").Build();
  const auto got = Train(model, OnGpu(true)), want = Train(model, {.threads = 1});
  ASSERT_TRUE(got.ok() && want.ok()) << got.status() << want.status();
  ExpectClose(got->values, want->values, 0);
}

TEST_P(CudaStepsTest, NameTheNodeWhoseErrorItIs) {
  const Model model(6, GetParam());
  ASSERT_TRUE(model.scope.status().ok()) << model.scope.status();
  const Session session = Session::Create(model.scope, OnGpu(true)).value();
  const auto ran = session.Run(model.feeds, {}, {model.train});
  const auto want =
      Session::Create(model.scope, {.threads = 1})->Run(model.feeds, {}, {model.train});
  EXPECT_EQ(ran.status().code(), absl::StatusCode::kFailedPrecondition) << ran.status();
  EXPECT_EQ(ran.status().message(), want.status().message());
  // The others are as they would be alone.
  for (const ops::Variable& v : {model.variables[0], model.variables[2]}) {
    ASSERT_TRUE(session.Run({}, {}, {v.initializer()}).ok());
  }
  const auto later = session.Run(model.feeds, {}, {model.train});
  EXPECT_EQ(later.status().message(), want.status().message());
}

INSTANTIATE_TEST_SUITE_P(Kinds, CudaStepsTest, testing::Bool(), [](const auto& kind) {
  return std::string(kind.param ? "Resources" : "References");
});

}  // namespace
}  // namespace weir
