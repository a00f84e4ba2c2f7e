// Sessions across the CPU and further devices, on devices that any machine has.

#include "gtest/gtest.h"
#include "weir/ops/constant.h"
#include "weir/ops/losses_util.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/standard_ops.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/freeze.h"
#include "weir/runtime/saver.h"
#include "weir/runtime/session.h"
#include "weir/runtime/variable_state.h"
#include "weir/tests/fake_gpu.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

constexpr char kCpu[] = "/job:localhost/replica:0/task:0/device:CPU:0";

SessionOptions OnGpus(std::vector<std::shared_ptr<Device>> gpus) {
  SessionOptions options;
  options.threads = 1;
  options.kernels = &FakeGpuKernels();
  options.devices = std::move(gpus);
  return options;
}

// A small classifier with its training step.
struct Model {
  Model() {
    const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1, 3});
    const Output labels = ops::Placeholder(scope.Named("labels"), DT_INT32, {-1});
    const auto w = GetVariable(scope, "w", Shape({3, 2}), Constant(0.25), {.use_resource = true});
    const auto b = GetVariable(scope, "b", Shape({2}), Constant(0.5), {.use_resource = false});
    logits = ops::MatMul(scope.Named("logits"), x, w) + b;
    loss = SparseSoftmaxCrossEntropyLoss(scope, logits, labels);
    train = AdamOptimizer(0.1).Minimize(scope, loss);
    init = GlobalVariablesInitializer(scope);
  }

  std::vector<FeedRef> feeds() const {
    return {{"x", Tensor::Of<float>({4, 3}, {1, 2, 3, -1, 0, 1, .5f, .25f, 0, 3, 1, -2})},
            {"labels", Tensor::Vector<int32_t>({0, 1, 1, 0})}};
  }

  // The losses of ten steps.
  std::vector<float> Train(Session& session) const {
    EXPECT_TRUE(session.Run({}, {}, {init}).ok());
    std::vector<float> losses;
    for (int i = 0; i < 10; ++i) {
      const auto ran = session.Run(feeds(), {loss}, {train});
      EXPECT_TRUE(ran.ok()) << ran.status();
      losses.push_back(ran.ok() ? *(*ran)[0].data<float>() : 0);
    }
    return losses;
  }

  Scope scope = Scope::Root();
  Output logits, loss;
  Operation train, init;
};

TEST(Devices, TrainingOnADeviceGivesTheBitsOfTheCpu) {
  const Model model;
  Session cpu = Session::Create(model.scope, {.threads = 1}).value();
  const auto gpu = std::make_shared<FakeGpu>();
  Session both = Session::Create(model.scope, OnGpus({gpu})).value();
  EXPECT_EQ(model.Train(both), model.Train(cpu));
  EXPECT_GT(gpu->memory().in_use, 0u);
}

TEST(Devices, MemoryComesBackWhenTheSessionGoes) {
  const Model model;
  const auto gpu = std::make_shared<FakeGpu>();
  for (int round = 0; round < 20; ++round) {
    Session session = Session::Create(model.scope, OnGpus({gpu})).value();
    (void)model.Train(session);
  }
  EXPECT_EQ(gpu->memory().in_use, 0u);
}

TEST(Devices, CheckpointsAndFrozenGraphsCrossDevices) {
  Model model;
  MemoryEnv env;
  const auto gpu = std::make_shared<FakeGpu>();
  SessionOptions options = OnGpus({gpu});
  options.env = &env;
  Saver saver(model.scope);
  Session trained = Session::Create(model.scope, options).value();
  (void)model.Train(trained);
  ASSERT_TRUE(saver.Save(trained, "/model").ok());
  const Tensor want = trained.Run(model.feeds(), {model.loss}, {}).value()[0];

  Session restored = Session::Create(model.scope, {.threads = 1, .env = &env}).value();
  ASSERT_TRUE(saver.Restore(restored, "/model").ok());
  EXPECT_EQ(restored.Run(model.feeds(), {model.loss}, {}).value()[0].ToString(), want.ToString());

  const auto frozen = FreezeGraph(trained, {"logits"});
  ASSERT_TRUE(frozen.ok()) << frozen.status();
  Session classifier = Session::Create(*frozen, OnGpus({gpu})).value();
  EXPECT_TRUE(classifier.Run({model.feeds()[0]}, {"logits"}, {}).ok());
}

// Where each of two nodes ran, by what the log of placement says.
std::string Placed(const Scope& scope, const SessionOptions& options, const Output& fetch) {
  SessionOptions logged = options;
  logged.log_device_placement = true;
  const Session session = Session::Create(scope, logged).value();
  testing::internal::CaptureStderr();
  const auto ran = session.Run({}, {fetch});
  const std::string log = testing::internal::GetCapturedStderr();
  return ran.ok() ? log : std::string(ran.status().message());
}

TEST(Devices, NodesGoWhereTheyAskAndElseToTheFirstDevice) {
  const Scope scope = Scope::Root();
  const Output a = ops::Const(scope.Named("a"), 1.0f);
  const Output b = scope.Device("/device:CPU:0").Named("b").Op("Neg").In(a).Build();
  const Output c = scope.Device("/gpu:1").Named("c").Op("Neg").In(b).Build();
  SessionOptions options = OnGpus({std::make_shared<FakeGpu>(FakeGpu::Options{.id = 0}),
                                   std::make_shared<FakeGpu>(FakeGpu::Options{.id = 1})});
  options.optimize = false;
  EXPECT_EQ(Placed(scope, options, c),
            absl::StrCat("a: (Const): /job:localhost/replica:0/task:0/device:GPU:0\n", "b: (Neg): ",
                         kCpu, "\nc: (Neg): /job:localhost/replica:0/task:0/device:GPU:1\n"));
}

// Updates that its device cannot do keep a variable on the host: in all programs, also in those
// that do not update it.
TEST(Devices, AVariableIsWhereAllWhoUseItCanRun) {
  KernelRegistry kernels;
  for (const auto& op : StandardOps().ops()) {
    for (const char* type : {"CPU", "GPU"}) {
      const bool missing = op->name == "ResourceApplyGradientDescent" && type == std::string("GPU");
      for (const Kernel& kernel : FakeGpuKernels().Find(op->name, type)) {
        if (!missing) kernels.Add(op->name, type, kernel.prepare);
      }
    }
  }
  const Scope scope = Scope::Root();
  const auto v = GetVariable(scope, "v", Shape({2}), Constant(1), {.use_resource = true});
  const Output read = scope.Named("read").Op("Neg").In(v.value()).Build();
  const Operation update = scope.Named("update")
                               .Op("ResourceApplyGradientDescent")
                               .In(v.handle())
                               .In(0.5f)
                               .In(Tensor::Vector<float>({2, 4}))
                               .Build();
  const Operation init = GlobalVariablesInitializer(scope);
  SessionOptions options = OnGpus({std::make_shared<FakeGpu>()});
  options.kernels = &kernels;
  const Session session = Session::Create(scope, options).value();
  ASSERT_TRUE(session.Run({}, {}, {init}).ok());
  for (int i = 0; i < 2; ++i) {
    const auto ran = session.Run({}, {read});
    ASSERT_TRUE(ran.ok()) << ran.status();
    EXPECT_EQ((*ran)[0].ToString(), i == 0 ? "float [2] {-1, -1}" : "float [2] {-0, 1}");
    ASSERT_TRUE(session.Run({}, {}, {update}).ok());
  }
}

TEST(Devices, AVariableThatCannotMoveStays) {
  FakeGpu gpu;
  DeviceMemory* const there = gpu.allocator().device_memory();
  Variable variable("v", DT_FLOAT, PartialShape({2}));
  ASSERT_TRUE(variable.Assign(Tensor::Vector<float>({1, 2})).ok());
  gpu.FailAllocation(0);
  EXPECT_EQ(variable.MoveTo(there).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(variable.memory(), nullptr);
  EXPECT_EQ(variable.Read()->ToString(), "float [2] {1, 2}");
  ASSERT_TRUE(variable.MoveTo(there).ok());
  EXPECT_EQ(variable.memory(), there);
  EXPECT_EQ(variable.Read()->OnHost()->ToString(), "float [2] {1, 2}");
}

TEST(Devices, ValuesCrossFromDeviceToDevice) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output on0 = scope.Device("/gpu:0").Op("Neg").In(x).Build();
  const Output on1 = scope.Device("/gpu:1").Op("Square").In(on0).Build();
  const Output on_cpu = scope.Device("/cpu:0").Op("AddV2").In(on0).In(on1).Build();
  const Session session =
      Session::Create(scope, OnGpus({std::make_shared<FakeGpu>(FakeGpu::Options{.id = 0}),
                                     std::make_shared<FakeGpu>(FakeGpu::Options{.id = 1})}))
          .value();
  for (int n = 1; n < 4; ++n) {  // Other shapes are other programs.
    const auto ran = session.Run({{x, Tensor::Of<float>({n}, std::vector<float>(n, 3))}}, {on_cpu});
    ASSERT_TRUE(ran.ok()) << ran.status();
    EXPECT_EQ(*(*ran)[0].data<float>(), 6);
  }
}

TEST(Devices, ThePrefetchedFeedsAreUsed) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output on_gpu = scope.Device("/gpu:0").Op("Neg").In(x).Build();
  const Output on_cpu = scope.Device("/cpu:0").Op("Neg").In(x).Build();
  const Session session = Session::Create(scope, OnGpus({std::make_shared<FakeGpu>()})).value();
  const Callable call = session.Prepare({x}, {on_gpu, on_cpu}).value();
  Tensor fed = Tensor::Vector<float>({1, 2}), same = fed;
  ASSERT_TRUE(call.Prefetch({fed}).ok());
  same.mutable_data<float>()[0] = 3;  // Who reads it on the host reads the tensor itself.
  const auto ran = call({fed});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].ToString(), "float [2] {-1, -2}");
  EXPECT_EQ((*ran)[1].ToString(), "float [2] {-3, -2}");
  EXPECT_EQ((*call({fed}))[0].ToString(), "float [2] {-3, -2}");
}

TEST(Devices, WithoutDevicesAPrefetchDoesNothing) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output y = scope.Op("Neg").In(x).Build();
  const Session session = Session::Create(scope, {.threads = 1}).value();
  const Callable call = session.Prepare({x}, {y}).value();
  EXPECT_TRUE(call.Prefetch({Tensor::Vector<float>({1})}).ok());
}

// A run without fetches does not wait; what goes wrong afterwards is not lost.
TEST(Devices, AnErrorAfterTheRunComesOutOfTheNextOrOfClose) {
  const Scope scope = Scope::Root();
  const Output y = scope.Named("y").Device("/gpu:0").Op("Neg").In(1.0f).Build();
  const Output z = scope.Op("Neg").In(y).Build();
  for (const bool closes : {false, true}) {
    const auto gpu = std::make_shared<FakeGpu>();
    SessionOptions options = OnGpus({gpu});
    options.optimize = false;
    Session session = Session::Create(scope, options).value();
    ASSERT_TRUE(session.Run({}, {}, {"y"}).ok());
    gpu->Enqueue([] { return Internal("too late"); });
    const absl::Status status = closes ? session.Close() : session.Run({}, {z}).status();
    EXPECT_NE(status.message().find("too late"), std::string::npos) << status;
    EXPECT_TRUE(session.Close().ok());
  }
}

TEST(Devices, SoftPlacementUsesWhatThereIs) {
  const Scope scope = Scope::Root();
  const Output a = ops::Const(scope.Named("a"), 1.0f);
  const Output b = scope.Device("/device:GPU:7").Named("b").Op("Neg").In(a).Build();
  SessionOptions options;
  options.optimize = false;
  EXPECT_NE(Placed(scope, options, b).find(absl::StrCat("b: (Neg): ", kCpu)), std::string::npos);
  options.allow_soft_placement = false;
  EXPECT_NE(Placed(scope, options, b)
                .find("Cannot assign a device for operation b: Could not satisfy explicit device "
                      "specification '/device:GPU:7' because no devices matching that "
                      "specification are registered in this process; available devices: "),
            std::string::npos);
}

TEST(Devices, WhatSharesAVariableMustAgree) {
  const Scope scope = Scope::Root();
  const Output handle = scope.Device("/gpu:0")
                            .Named("v")
                            .Op("VarHandleOp")
                            .Attr("dtype", DT_FLOAT)
                            .Attr("shape", Shape())
                            .Build();
  const Output read = scope.Device("/cpu:0")
                          .Named("r")
                          .Op("ReadVariableOp")
                          .In(handle)
                          .Attr("dtype", DT_FLOAT)
                          .Build();
  SessionOptions options = OnGpus({std::make_shared<FakeGpu>()});
  options.allow_soft_placement = false;
  EXPECT_EQ(Placed(scope, options, read),
            "Cannot colocate nodes 'v' and 'r': Cannot merge devices with incompatible types: "
            "'/device:GPU:0' and '/device:CPU:0'");
}

// Every allocation and every copy of a training fails once: an error, and then all goes well.
TEST(Devices, FaultsAreErrorsAndPass) {
  const Model model;
  for (const bool in_copy : {false, true}) {
    const auto gpu = std::make_shared<FakeGpu>();
    Session session = Session::Create(model.scope, OnGpus({gpu})).value();
    int failures = 0;
    for (int n = 0;; ++n) {
      ASSERT_LT(n, 1000);
      in_copy ? gpu->FailCopy(n) : gpu->FailAllocation(n);
      absl::Status status = session.Run({}, {}, {model.init}).status();
      if (status.ok()) status = session.Run(model.feeds(), {model.loss}, {model.train}).status();
      in_copy ? gpu->FailCopy(-1) : gpu->FailAllocation(-1);
      if (status.ok()) break;
      ++failures;
      EXPECT_NE(status.message().find("GPU:0"), std::string::npos) << status;
      ASSERT_TRUE(session.Run({}, {}, {model.init}).ok());
    }
    EXPECT_GT(failures, 0);
  }
}

TEST(Devices, TooLargeForTheDeviceIsAnErrorThatNamesIt) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output y = scope.Device("/gpu:0").Op("Neg").In(x).Build();
  const auto gpu = std::make_shared<FakeGpu>(FakeGpu::Options{.bytes = 1 << 20});
  const Session session = Session::Create(scope, OnGpus({gpu})).value();
  const Tensor large = Tensor::Zeros(DT_FLOAT, Shape({1 << 20})).value();
  const auto ran = session.Run({{x, large}}, {y});
  EXPECT_EQ(ran.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(ran.status().message().find("GPU:0"), std::string::npos) << ran.status();
  EXPECT_TRUE(session.Run({{x, Tensor::Vector<float>({1})}}, {y}).ok());
}

}  // namespace
}  // namespace weir
