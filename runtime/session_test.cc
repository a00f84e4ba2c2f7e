#include "weir/runtime/session.h"

#include <cmath>
#include <thread>

#include "gtest/gtest.h"
#include "weir/graph/import.h"
#include "weir/ops/binary.h"
#include "weir/ops/constant.h"
#include "weir/ops/identity.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/random.h"
#include "weir/ops/reshape.h"
#include "weir/ops/shape.h"
#include "weir/ops/unary.h"
#include "weir/ops/variables_util.h"
#include "weir/proto/config.pb.h"

namespace weir {
namespace {

Session Open(const Scope& scope, const SessionOptions& options = {}) {
  absl::StatusOr<Session> session = Session::Create(scope, options);
  EXPECT_TRUE(session.ok()) << session.status();
  return *std::move(session);
}

float Value(const absl::StatusOr<std::vector<Tensor>>& results, size_t i = 0) {
  EXPECT_TRUE(results.ok()) << results.status();
  return results.ok() ? *(*results)[i].data<float>() : 0;
}

Tensor F(float v) { return Tensor::Scalar<float>(v); }

TEST(Session, FeedsByNameAndByHandle) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {});
  const Output y = x * 2.0f + 1.0f;
  Session session = Open(scope);
  EXPECT_EQ(Value(session.Run({{x, F(3)}}, {y})), 7);
  EXPECT_EQ(Value(session.Run({{"x", F(4)}}, {y.name()})), 9);
  EXPECT_EQ(Value(session.Run({{"x:0", F(5)}}, {y.name() + ":0"})), 11);
}

TEST(Session, AnyTensorCanBeFed) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {});
  const Output hidden = ops::Exp(scope, x);
  const Output y = hidden + 1.0f;
  Session session = Open(scope);
  EXPECT_EQ(Value(session.Run({{hidden, F(10)}}, {y})), 11);  // x is not needed.
  EXPECT_EQ(Value(session.Run({{hidden, F(10)}}, {hidden})), 10);
}

// The number of steps that a run of `fetches` takes, by its trace.
int CountSteps(const Session& session, const std::vector<TensorRef>& fetches) {
  CallOptions options;
  options.trace = true;
  RunMetadata metadata;
  EXPECT_TRUE(session.Run({}, fetches, {}, options, &metadata).ok());
  int steps = 0;
  for (const DeviceStepStats& device : metadata.step_stats().dev_stats()) {
    steps += device.node_stats_size();
  }
  return steps;
}

TEST(Session, EqualNodesAreComputedOnce) {
  const Scope scope = Scope::Root();
  const Output x = GetVariable(scope, "x", {}, Constant(2));
  const Output read = ops::Identity(scope, x);
  const Output a = ops::Exp(scope, read), b = ops::Exp(scope, read);
  const Output other = ops::Log(scope, read);
  const Operation init = GlobalVariablesInitializer(scope);
  SessionOptions plain;
  plain.optimize = false;
  for (const SessionOptions& options : {SessionOptions(), plain}) {
    const Session session = Open(scope, options);
    ASSERT_TRUE(session.Run({}, {}, {init}).ok());
    EXPECT_EQ(CountSteps(session, {a, b, other}) - CountSteps(session, {a, other}),
              options.optimize ? 0 : 1);
    const auto results = session.Run({}, {a, b});
    EXPECT_EQ(Value(results, 0), std::exp(2.0f));
    EXPECT_EQ(Value(results, 1), std::exp(2.0f));
  }
}

TEST(Session, NodesWithStateAreNotMerged) {
  const Scope scope = Scope::Root();
  const Output shape = ops::Const(scope, std::vector<int>{4});
  const Output a = ops::RandomUniform(scope, shape, DT_FLOAT);
  const Output b = ops::RandomUniform(scope, shape, DT_FLOAT);
  const auto results = Open(scope).Run({}, {a, b});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_NE(*(*results)[0].data<float>(), *(*results)[1].data<float>());
}

TEST(Session, ViewsMadeWhileRunningOutliveTheirSource) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {2});
  const Output shape = ops::Placeholder(scope.Named("shape"), DT_INT32, {2});
  // Only the run tells the shape; the memory behind the view would be free for what follows.
  const Output view = ops::Reshape(scope, ops::Neg(scope, x), shape);
  const Output next = ops::Neg(scope, ops::Exp(scope, x));
  const Output y = ops::Sub(scope, view, next);
  Session session = Open(scope, {.optimize = false});
  const absl::StatusOr<std::vector<Tensor>> got = session.Run(
      {{x, Tensor::Vector<float>({0, 0})}, {shape, Tensor::Vector<int32_t>({1, 2})}}, {y});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)[0].ToString(), Tensor::Of<float>({1, 2}, {1, 1}).ToString());
}

TEST(Session, ErrorsOfFeedsAndFetches) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {2});
  const Output y = ops::Neg(scope.Named("y"), x);
  const Operation nothing = scope.Named("nothing").Op("NoOp").Build();
  Session session = Open(scope);
  const auto error = [&](const std::vector<FeedRef>& feeds, const std::vector<TensorRef>& fetches) {
    return std::string(session.Run(feeds, fetches, {}).status().message());
  };
  EXPECT_NE(
      error({}, {y}).find("You must feed a value for placeholder tensor 'x' with dtype float"),
      std::string::npos)
      << error({}, {y});
  EXPECT_NE(error({{"x", F(1)}}, {y})
                .find("Cannot feed value of shape [] for Tensor 'x:0', which has shape '[2]'"),
            std::string::npos);
  EXPECT_NE(error({{"x", Tensor::Vector<int32_t>({1, 2})}}, {y}).find("expects float but int32"),
            std::string::npos);
  EXPECT_NE(error({{"zzz", F(1)}}, {y}).find("zzz"), std::string::npos);
  EXPECT_NE(error({}, {"y:3"}).find("y:3"), std::string::npos);
  EXPECT_NE(error({}, {nothing.name().c_str()}).find("no output"), std::string::npos);
  EXPECT_NE(error({}, {}).find("at least one target"), std::string::npos);
  EXPECT_NE(error({{"x", F(1)}, {"x:0", F(1)}}, {y}).find("more than once"), std::string::npos);
  // After all of it the session still works.
  EXPECT_EQ(Value(session.Run({{"x", Tensor::Vector<float>({1, 2})}}, {y})), -1);
}

TEST(Session, RuntimeErrorsNameTheNode) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT);
  const Output y = ops::MatMul(scope.Named("fc"), x, x);
  Session session = Open(scope);
  const absl::Status status =
      session.Run({{x, *Tensor::Zeros(DT_FLOAT, Shape({2, 3}))}}, {y}).status();
  EXPECT_NE(status.message().find("MatMul 'fc' (session_test.cc:"), std::string::npos) << status;
}

TEST(Session, CallablesArePositionalAndTakeAnyShape) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT), w = ops::Placeholder(scope, DT_FLOAT, {});
  const Output y = ops::Mul(scope, x, w);
  Session session = Open(scope);
  const absl::StatusOr<Callable> step = session.Prepare({w, x}, {y});
  ASSERT_TRUE(step.ok());
  for (int64_t n = 0; n < 70; ++n) {  // More shapes than programs are kept for.
    const Tensor ones = *Tensor::Zeros(DT_FLOAT, Shape({n}));
    const auto out = (*step)({F(2), ones});
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ((*out)[0].shape(), Shape({n}));
  }
  EXPECT_FALSE((*step)({F(2)}).ok());
}

TEST(Session, ResultsAreTheCallers) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {});
  const Output y = ops::Neg(scope, x), c = ops::Const(scope, F(5));
  Session session = Open(scope);
  auto first = session.Run({{x, F(1)}}, {y, c});
  ASSERT_TRUE(first.ok());
  Tensor kept = (*first)[0];
  (*first)[1].mutable_data<float>()[0] = 77;  // The graph's constant is not this one.
  EXPECT_EQ(Value(session.Run({{x, F(2)}}, {y, c}), 1), 5);
  EXPECT_EQ(kept.data<float>()[0], -1);
}

TEST(Session, SteadyCallsReuseTheResultsBuffers) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {});
  const Output y = x * 3.0f;
  Session session = Open(scope);
  const Callable step = *session.Prepare({x}, {y});
  std::vector<Tensor> results(1);
  ASSERT_TRUE(step.Run({F(1)}, absl::MakeSpan(results)).ok());
  const char* before = results[0].raw_data();
  ASSERT_TRUE(step.Run({F(2)}, absl::MakeSpan(results)).ok());
  EXPECT_EQ(results[0].raw_data(), before);
  EXPECT_EQ(*results[0].data<float>(), 6);
}

TEST(Session, ShapesThatShowOnlyWhileRunning) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT), to = ops::Placeholder(scope, DT_INT32);
  const Output y = ops::Neg(scope, ops::Reshape(scope, x, to));
  Session session = Open(scope);
  const Tensor six = Tensor::Vector<float>({1, 2, 3, 4, 5, 6});
  for (int round = 0; round < 2; ++round) {
    for (const auto& dims : {std::pair<int, int>{2, 3}, {3, 2}}) {
      const auto out =
          session.Run({{x, six}, {to, Tensor::Vector<int32_t>({dims.first, dims.second})}}, {y});
      ASSERT_TRUE(out.ok()) << out.status();
      EXPECT_EQ((*out)[0].shape(), Shape({dims.first, dims.second}));
      EXPECT_EQ((*out)[0].data<float>()[5], -6);
    }
  }
  EXPECT_FALSE(session.Run({{x, six}, {to, Tensor::Vector<int32_t>({4})}}, {y}).ok());
}

TEST(Session, VariablesKeepTheirValuesAndSnapshots) {
  const Scope scope = Scope::Root();
  for (bool resource : {true, false}) {
    const ops::Variable v = GetVariable(scope, resource ? "r" : "v", Shape({2}), Constant(1),
                                        {.use_resource = resource, .collections = {}});
    const Operation add = v.AssignAdd(scope, ops::Const(scope, Tensor::Vector<float>({1, 10})));
    Session session = Open(scope);
    EXPECT_EQ(session.Run({}, {v}).status().code(), absl::StatusCode::kFailedPrecondition);
    ASSERT_TRUE(session.Run({}, {}, {v.initializer()}).ok());
    const auto before = session.Run({}, {v});
    ASSERT_TRUE(session.Run({}, {}, {add}).ok());
    EXPECT_EQ(Value(before), 1);
    EXPECT_EQ(Value(session.Run({}, {v})), 2);
  }
}

TEST(Session, ConcurrentUpdatesAreAtomic) {
  const Scope scope = Scope::Root();
  const ops::Variable v = GetVariable(scope, "v", Shape({64}), Zeros());
  const Operation add = v.AssignAdd(scope, ops::Ones(scope, Shape({64})));
  Session session = Open(scope, {.threads = 2});
  ASSERT_TRUE(session.Run({}, {}, {v.initializer()}).ok());
  std::vector<std::thread> threads;
  constexpr int kThreads = 4, kRuns = 200;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRuns; ++i) {
        EXPECT_TRUE(session.Run({}, {}, {add}).ok());
        const auto seen = session.Run({}, {v});
        ASSERT_TRUE(seen.ok());
        for (float x : (*seen)[0].values<float>()) EXPECT_EQ(x, (*seen)[0].data<float>()[0]);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(Value(session.Run({}, {v})), kThreads * kRuns);
}

TEST(Session, SameBitsAtAnyThreadCountAndWithoutOptimisation) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {257, 129});
  const Output y = ops::Tanh(scope, ops::MatMul(scope, x, x, {.transpose_b = true}) * 0.01f);
  Tensor input = *Tensor::Make(DT_FLOAT, Shape({257, 129}));
  for (int64_t i = 0; i < input.num_elements(); ++i) {
    input.mutable_data<float>()[i] = static_cast<float>(i * 7919 % 1000) / 500 - 1;
  }
  std::vector<Tensor> results;
  for (const SessionOptions& options : {SessionOptions{.threads = 1}, SessionOptions{.threads = 3},
                                        SessionOptions{.threads = 1, .optimize = false}}) {
    Session session = Open(scope, options);
    const auto out = session.Run({{x, input}}, {y});
    ASSERT_TRUE(out.ok());
    results.push_back((*out)[0]);
  }
  for (const Tensor& r : results) {
    EXPECT_EQ(std::memcmp(r.raw_data(), results[0].raw_data(), r.bytes()), 0);
  }
}

TEST(Session, TimeoutAndCancellation) {
  const Scope scope = Scope::Root();
  Output y = ops::Placeholder(scope.Named("x"), DT_FLOAT, {200, 200});
  for (int i = 0; i < 2000; ++i) y = ops::MatMul(scope, y, y);
  Session session = Open(scope, {.threads = 1});
  const std::vector<FeedRef> feeds = {{"x", *Tensor::Zeros(DT_FLOAT, Shape({200, 200}))}};
  CallOptions options;
  options.timeout_ms = 1;
  EXPECT_EQ(session.Run(feeds, {y}, {}, options).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  CancellationToken token;
  token.Cancel();
  CallOptions cancelled;
  cancelled.cancellation = &token;
  EXPECT_EQ(session.Run(feeds, {y}, {}, cancelled).status().code(), absl::StatusCode::kCancelled);
}

TEST(Session, MemoryLimitIsAnErrorNotADeath) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT);
  const Output y = ops::Exp(scope, x);
  Session session = Open(scope, {.memory_limit = 1 << 20});
  EXPECT_EQ(session.Run({{x, *Tensor::Zeros(DT_FLOAT, Shape({1 << 20}))}}, {y}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Value(session.Run({{x, F(0)}}, {y})), 1);
}

TEST(Session, ClosedSessionsSaySo) {
  const Scope scope = Scope::Root();
  const Output c = ops::Const(scope, F(1));
  Session session = Open(scope);
  const Callable step = *session.Prepare({}, {c});
  ASSERT_TRUE(session.Close().ok());
  EXPECT_EQ(session.Run({}, {c}).status().message(), "Attempted to use a closed Session.");
  EXPECT_EQ(step({}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Session, ExtendTakesOverNewNodes) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {});
  Session session = Open(scope);
  const Output y = ops::Neg(scope, x);
  EXPECT_FALSE(session.Run({{x, F(1)}}, {y}).ok());
  ASSERT_TRUE(session.Extend(scope).ok());
  EXPECT_EQ(Value(session.Run({{x, F(1)}}, {y})), -1);
  // A GraphDef may use nodes that are there already.
  GraphDef def;
  NodeDef* node = def.add_node();
  node->set_name("z");
  node->set_op("Neg");
  node->add_input("x");
  (*node->mutable_attr())["T"].set_type(DT_FLOAT);
  ASSERT_TRUE(session.Extend(def).ok());
  EXPECT_EQ(Value(session.Run({{x, F(4)}}, {"z"})), -4);
  EXPECT_EQ(session.Extend(def).code(), absl::StatusCode::kAlreadyExists);
}

TEST(Session, ExtendRefusesAScopeThatItDoesNotContinue) {
  const Scope scope = Scope::Root();
  (void)ops::Placeholder(scope.Named("x"), DT_FLOAT, {});
  Session session = Open(scope);
  const Scope other = Scope::Root();
  (void)ops::Placeholder(other.Named("y"), DT_FLOAT, {});
  (void)ops::Placeholder(other.Named("z"), DT_FLOAT, {});
  EXPECT_EQ(session.Extend(other).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(session.graph().num_nodes(), 1);
}

TEST(Session, TraceHasEveryStep) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {});
  const Output y = ops::Exp(scope.Named("e"), ops::Neg(scope.Named("n"), x));
  Session session = Open(scope);
  CallOptions options;
  options.trace = true;
  RunMetadata metadata;
  ASSERT_TRUE(session.Run({{x, F(1)}}, {y}, {}, options, &metadata).ok());
  ASSERT_EQ(metadata.step_stats().dev_stats_size(), 1);
  const auto& steps = metadata.step_stats().dev_stats(0).node_stats();
  ASSERT_EQ(steps.size(), 2);
  EXPECT_EQ(steps[0].node_name(), "n");
  EXPECT_EQ(steps[1].node_name(), "e");
}

}  // namespace
}  // namespace weir
