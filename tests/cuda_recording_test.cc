// Steps of a session as CUDA graphs, over the emulated CUDA runtime.

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "weir/ops/constant.h"
#include "weir/ops/operators.h"
#include "weir/ops/variables_util.h"
#include "weir/proto/config.pb.h"
#include "weir/runtime/resource_store.h"
#include "weir/runtime/session.h"
#include "weir/runtime/variable_state.h"
#include "weir/tests/small_cuda.h"

namespace weir {
namespace {

using cuda_emulation::Calls;

// y = x * w, squared; w goes down by half of y.
struct Model {
  Model() {
    x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {2});
    w = GetVariable(scope, "w", Shape({2}), Constant(1), {.use_resource = true}).handle();
    read = scope.Named("read").Op("ReadVariableOp").In(w).Attr("dtype", DT_FLOAT).Build();
    const Output y = scope.Named("y").Op("Mul").In(x).In(read).Build();
    square = scope.Named("square").Op("Mul").In(y).In(y).Build();
    train = scope.Named("train").Op("ResourceApplyGradientDescent").In(w).In(0.5f).In(y).Build();
    init = GlobalVariablesInitializer(scope);
  }

  Session Open(const SessionOptions& options) const {
    Session session = Session::Create(scope, options).value();
    EXPECT_TRUE(session.Run({}, {}, {init}).ok());
    return session;
  }

  std::string Step(const Session& session, float value = 0.25f) const {
    const auto ran = session.Run({{x, Tensor::Vector<float>({value, 1})}}, {square}, {train});
    return ran.ok() ? (*ran)[0].ToString() : ran.status().ToString();
  }

  std::vector<std::string> Steps(const Session& session, int n) const {
    std::vector<std::string> results;
    for (int i = 0; i < n; ++i) results.push_back(Step(session, 0.125f * static_cast<float>(i)));
    return results;
  }

  Scope scope = Scope::Root();
  Output x, w, read, square;
  Operation train, init;
};

std::shared_ptr<Variable> VariableOf(const Session& session) {
  return std::dynamic_pointer_cast<Variable>(session.resources().Find("", "w"));
}

class CudaRecording : public testing::Test {
 protected:
  void SetUp() override { cuda_emulation::SetMachine({}); }
  void TearDown() override {
    EXPECT_EQ(cuda_emulation::GraphsInUse(), 0);
    EXPECT_EQ(cuda_emulation::StreamsInUse(), 0);
    EXPECT_EQ(cuda_emulation::BytesInUse(), 0u);
  }

  static SessionOptions OnGpu() {
    SessionOptions options;
    options.threads = 1;
    options.devices = {MakeSmallCuda()};
    options.kernels = &SmallCudaKernels();
    return options;
  }

  // What the CPU makes of n steps.
  std::vector<std::string> Want(int n) const {
    return model_.Steps(model_.Open({.threads = 1}), n);
  }

  Model model_;
};

TEST_F(CudaRecording, AStepBecomesOneLaunch) {
  const Session session = model_.Open(OnGpu());
  std::vector<std::string> results;
  std::vector<int> kernels, graphs;
  for (int i = 0; i < 6; ++i) {
    const int kernels_before = Calls("cudaLaunchKernelEx"), before = Calls("cudaGraphLaunch");
    results.push_back(model_.Step(session, 0.125f * static_cast<float>(i)));
    kernels.push_back(Calls("cudaLaunchKernelEx") - kernels_before);
    graphs.push_back(Calls("cudaGraphLaunch") - before);
  }
  EXPECT_EQ(results, Want(6));
  EXPECT_THAT(kernels, testing::ElementsAre(3, 6, 0, 0, 0, 0));
  EXPECT_THAT(graphs, testing::ElementsAre(0, 0, 1, 1, 1, 1));
}

TEST_F(CudaRecording, ReferenceVariablesAreRecordedToo) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {2});
  const auto w = GetVariable(scope, "w", Shape({2}), Constant(1), {.use_resource = false});
  const Output y = scope.Op("Mul").In(x).In(w.value()).Build();
  const Output square = scope.Op("Mul").In(y).In(y).Build();
  const auto down = [&] {
    return scope.Op("ApplyGradientDescent").In(w.handle()).In(0.25f).In(y).Build();
  };
  const std::vector<TargetRef> twice = {Operation(down()), Operation(down())};
  const Operation init = GlobalVariablesInitializer(scope);
  const Session gpu = Session::Create(scope, OnGpu()).value();
  const Session cpu = Session::Create(scope, {.threads = 1}).value();
  ASSERT_TRUE(gpu.Run({}, {}, {init}).ok() && cpu.Run({}, {}, {init}).ok());
  const std::vector<FeedRef> feeds = {{x, Tensor::Vector<float>({0.5f, 1})}};
  for (int i = 0; i < 6; ++i) {
    const auto got = gpu.Run(feeds, {square}, twice), want = cpu.Run(feeds, {square}, twice);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ((*got)[0].ToString(), (*want)[0].ToString());
  }
  EXPECT_EQ(Calls("cudaGraphLaunch"), 4);
}

// Strings are the host's, also where their variable is on a device.
TEST_F(CudaRecording, StringsAreNotRecorded) {
  const Scope scope = Scope::Root();
  const auto handle = [&](const char* name) {
    return scope.Named(name)
        .Op("VarHandleOp")
        .Attr("dtype", DT_STRING)
        .Attr("shape", Shape())
        .Build();
  };
  const Output x = ops::Placeholder(scope.Named("x"), DT_STRING, {});
  const Output v = handle("v"), w = handle("w");
  const std::vector<TargetRef> assign = {
      Operation(scope.Op("AssignVariableOp").In(v).In(x).Build()),
      Operation(scope.Op("AssignVariableOp").In(w).In(x).Build())};
  const Output read = scope.Op("ReadVariableOp").In(v).Attr("dtype", DT_STRING).Build();
  const Session session = Session::Create(scope, OnGpu()).value();
  for (const char* text : {"a", "b", "c", "d", "e"}) {
    ASSERT_TRUE(session.Run({{x, Tensor::Scalar(text)}}, {}, assign).ok());
    EXPECT_EQ(*session.Run({}, {read}).value()[0].data<std::string>(), text);
  }
}

TEST_F(CudaRecording, CanBeSwitchedOff) {
  SessionOptions options = OnGpu();
  options.use_recordings = false;
  EXPECT_EQ(model_.Steps(model_.Open(options), 6), Want(6));
  EXPECT_EQ(Calls("cudaStreamBeginCapture"), 0);
}

TEST_F(CudaRecording, WhoTracesSeesEachStep) {
  const Session session = model_.Open(OnGpu());
  (void)model_.Steps(session, 4);
  const int before = Calls("cudaGraphLaunch");
  RunMetadata metadata;
  const std::vector<FeedRef> feeds = {{model_.x, Tensor::Vector<float>({1, 1})}};
  ASSERT_TRUE(session.Run(feeds, {model_.square}, {model_.train}, {.trace = true}, &metadata).ok());
  EXPECT_EQ(Calls("cudaGraphLaunch"), before);
  EXPECT_GE(metadata.step_stats().dev_stats(0).node_stats_size(), 4);
}

// Who holds a value keeps it: the update goes into a new buffer, and a new recording follows.
TEST_F(CudaRecording, AVariableInAnotherBufferIsRecordedAnew) {
  const Session session = model_.Open(OnGpu());
  std::vector<std::string> results = model_.Steps(session, 4);
  const int recorded = Calls("cudaGraphInstantiate");
  const Tensor held = VariableOf(session)->Read().value();
  const std::string value = held.OnHost()->ToString();
  for (int i = 4; i < 10; ++i) {
    results.push_back(model_.Step(session, 0.125f * static_cast<float>(i)));
  }
  EXPECT_EQ(results, Want(10));
  EXPECT_EQ(held.OnHost()->ToString(), value);
  EXPECT_EQ(Calls("cudaGraphInstantiate"), recorded + 1);
}

TEST_F(CudaRecording, AnAssignedValueIsSeen) {
  for (const bool in_place : {true, false}) {
    const Session session = model_.Open(OnGpu());
    (void)model_.Steps(session, 4);
    if (!in_place) VariableOf(session)->Reset();
    ASSERT_TRUE(VariableOf(session)->Assign(Tensor::Vector<float>({2, 3})).ok());
    const int before = Calls("cudaGraphLaunch");
    EXPECT_EQ(model_.Step(session, 1), "float [2] {4, 9}");
    EXPECT_EQ(Calls("cudaGraphLaunch") - before, in_place ? 1 : 0);
    EXPECT_EQ(model_.Step(session, 1), "float [2] {1, 2.25}");
  }
}

// The value that is fetched is the one before the update, which has to go elsewhere each time.
TEST_F(CudaRecording, AFetchedValueOfAVariableStays) {
  const Session session = model_.Open(OnGpu()), cpu = model_.Open({.threads = 1});
  const std::vector<FeedRef> feeds = {{model_.x, Tensor::Vector<float>({0.5f, 1})}};
  for (int i = 0; i < 8; ++i) {
    const auto got = session.Run(feeds, {model_.read, model_.square}, {model_.train});
    const auto want = cpu.Run(feeds, {model_.read, model_.square}, {model_.train});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ((*got)[0].ToString(), (*want)[0].ToString()) << i;
    EXPECT_EQ((*got)[1].ToString(), (*want)[1].ToString()) << i;
  }
  EXPECT_LE(Calls("cudaStreamBeginCapture"), 3);  // Then it is left alone.
  EXPECT_EQ(Calls("cudaGraphLaunch"), 0);
}

// Without the update, what a graph has read is there for the steps after it.
TEST_F(CudaRecording, AValueThatIsReadGoesOutOfTheGraph) {
  const Session session = model_.Open(OnGpu());
  const std::vector<FeedRef> feeds = {{model_.x, Tensor::Vector<float>({3, 4})}};
  for (int i = 0; i < 5; ++i) {
    const auto got = session.Run(feeds, {model_.read, model_.square}, {});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ((*got)[0].ToString(), "float [2] {1, 1}");
    EXPECT_EQ((*got)[1].ToString(), "float [2] {9, 16}");
  }
  EXPECT_EQ(Calls("cudaGraphLaunch"), 3);
}

TEST_F(CudaRecording, AStepOfTheHostSplits) {
  const Scope& scope = model_.scope;
  const Output on_host = scope.Op("Neg").In(model_.square).Build();
  const Output sum = scope.Op("AddV2").In(on_host).In(model_.read).Build();
  const Output end = scope.Op("Mul").In(sum).In(sum).Build();
  const Session session = model_.Open(OnGpu()), cpu = model_.Open({.threads = 1});
  const std::vector<FeedRef> feeds = {{model_.x, Tensor::Vector<float>({3, 4})}};
  for (int i = 0; i < 5; ++i) {
    const int before = Calls("cudaGraphLaunch");
    const auto got = session.Run(feeds, {end}, {}), want = cpu.Run(feeds, {end}, {});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ((*got)[0].ToString(), (*want)[0].ToString());
    EXPECT_EQ(Calls("cudaGraphLaunch") - before, i < 2 ? 0 : 2);
  }
}

TEST_F(CudaRecording, EachShapeHasItsOwn) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output y = scope.Op("Mul").In(x).In(x).Build();
  const Output z = scope.Op("AddV2").In(y).In(x).Build();
  const Session session = Session::Create(scope, OnGpu()).value();
  for (int i = 0; i < 4; ++i) {
    for (const int n : {1, 3}) {
      const auto ran = session.Run({{x, Tensor::Of<float>({n}, std::vector<float>(n, 2))}}, {z});
      ASSERT_TRUE(ran.ok()) << ran.status();
      EXPECT_EQ((*ran)[0].dim(0), n);
      EXPECT_EQ((*ran)[0].data<float>()[n - 1], 6);
    }
  }
  EXPECT_EQ(Calls("cudaGraphInstantiate"), 2);
  EXPECT_EQ(Calls("cudaGraphLaunch"), 4);
}

TEST_F(CudaRecording, AFailingCallIsNoErrorOfTheRun) {
  const std::vector<std::string> want = Want(8);
  for (const char* call : {"cudaStreamBeginCapture", "cudaStreamEndCapture", "cudaGraphInstantiate",
                           "cudaGraphLaunch"}) {
    for (int n = 0; n < 3; ++n) {
      const Session session = model_.Open(OnGpu());
      cuda_emulation::FailCall(call, n, cudaErrorInvalidValue);
      EXPECT_EQ(model_.Steps(session, 8), want) << call << " " << n;
    }
  }
}

// The second run starts each kernel once for itself and then once for the recording.
TEST_F(CudaRecording, AKernelThatCannotBeRecordedRunsAllTheSame) {
  const Session session = model_.Open(OnGpu());
  std::vector<std::string> results = {model_.Step(session, 0)};
  cuda_emulation::FailCall("cudaLaunchKernelEx", 1, cudaErrorInvalidValue);
  for (int i = 1; i < 8; ++i) {
    results.push_back(model_.Step(session, 0.125f * static_cast<float>(i)));
  }
  EXPECT_EQ(results, Want(8));
  EXPECT_EQ(Calls("cudaGraphLaunch"), 5);
}

TEST_F(CudaRecording, WhatNeverLeadsToALaunchIsGivenUp) {
  const Session session = model_.Open(OnGpu());
  for (int i = 0; i < 12; ++i) {
    VariableOf(session)->Reset();
    ASSERT_TRUE(VariableOf(session)->Assign(Tensor::Vector<float>({1, 2})).ok());
    EXPECT_EQ(model_.Step(session, 1), "float [2] {1, 4}");
  }
  EXPECT_EQ(Calls("cudaStreamBeginCapture"), 3);
}

// Sessions in several threads share the device, and threads of one session its variable.
TEST_F(CudaRecording, OtherThreadsGoOn) {
  constexpr int kThreads = 3, kSteps = 20;
  const std::vector<std::string> want = Want(kSteps);
  const SessionOptions options = OnGpu();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] { EXPECT_EQ(model_.Steps(model_.Open(options), kSteps), want); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(CudaRecording, NoUpdateOfSeveralThreadsIsLost) {
  constexpr int kThreads = 3, kSteps = 20;
  const auto down = [this] {
    return model_.scope.Op("ResourceApplyGradientDescent")
        .In(model_.w)
        .In(1.0f)
        .In(model_.x)
        .Build();
  };
  const std::vector<TargetRef> twice = {Operation(down()), Operation(down())};
  const Session session = model_.Open(OnGpu());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kSteps; ++i) {
        const std::vector<FeedRef> feeds = {{model_.x, Tensor::Vector<float>({1, 2})}};
        EXPECT_TRUE(session.Run(feeds, {}, twice).ok());
        EXPECT_TRUE(session.Run({}, {model_.read}, {}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(VariableOf(session)->Read()->OnHost()->ToString(), "float [2] {-119, -239}");
}

}  // namespace
}  // namespace weir
