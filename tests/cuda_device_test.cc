// CudaDevice and the kernels of the GPU, over the emulated CUDA runtime.

#include "weir/runtime/cuda/cuda_device.h"

#include <cuda_runtime.h>

#include <cmath>

#include "gtest/gtest.h"
#include "weir/ops/constant.h"
#include "weir/ops/operators.h"
#include "weir/runtime/gpu.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

class CudaDeviceTest : public testing::Test {
 protected:
  void SetUp() override { cuda_emulation::SetMachine({}); }

  static SessionOptions OnGpus(const GpuOptions& options = {}) {
    SessionOptions session;
    session.threads = 1;
    session.devices = MakeGpus(options).value();
    session.allow_soft_placement = false;
    return session;
  }

  static std::string ErrorOf(const GpuOptions& options) {
    const auto gpus = MakeGpus(options);
    return gpus.ok() ? "none" : gpus.status().ToString();
  }
};

TEST_F(CudaDeviceTest, ComputesWhatTheCpuComputes) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output y = scope.Op("Exp").In(x).Build() * 2.0f + x;
  const Session gpu = Session::Create(scope, OnGpus()).value();
  const Session cpu = Session::Create(scope, {.threads = 1}).value();
  for (int n : {0, 1, 3, 4, 1000, 1 << 20}) {  // More than a piece of pinned memory, at last.
    std::vector<float> values(n);
    for (int i = 0; i < n; ++i) values[i] = static_cast<float>(i % 17) * 0.125f;
    const Tensor fed = Tensor::Of<float>({n}, values);
    const auto got = gpu.Run({{x, fed}}, {y});
    ASSERT_TRUE(got.ok()) << got.status();
    const Tensor want = cpu.Run({{x, fed}}, {y}).value()[0];
    ASSERT_EQ((*got)[0].shape(), want.shape());
    for (int i = 0; i < n; ++i) {
      ASSERT_NEAR((*got)[0].data<float>()[i], want.data<float>()[i], 1e-5) << n << " " << i;
    }
  }
}

TEST_F(CudaDeviceTest, EverythingComesBackWhenSessionsClose) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output y = x + 1.0f;
  SessionOptions options = OnGpus();
  for (int round = 0; round < 5; ++round) {
    const Session session = Session::Create(scope, options).value();
    ASSERT_TRUE(session.Run({{x, Tensor::Vector<float>({1, 2})}}, {y}).ok());
    EXPECT_GT(cuda_emulation::BytesInUse(), 0u);
  }
  EXPECT_EQ(cuda_emulation::BytesInUse(), 0u);  // The device is still there.
  options.devices.clear();
  EXPECT_EQ(cuda_emulation::StreamsInUse(), 0);
}

TEST_F(CudaDeviceTest, ValuesCrossBetweenGpus) {
  cuda_emulation::SetMachine({.devices = 2});
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output on0 = scope.Device("/gpu:0").Op("Neg").In(x).Build();
  const Output on1 = scope.Device("/gpu:1").Op("Square").In(on0).Build();
  const Output back = scope.Device("/gpu:0").Op("AddV2").In(on0).In(on1).Build();
  const Session session = Session::Create(scope, OnGpus()).value();
  const auto ran = session.Run({{x, Tensor::Vector<float>({2, 3})}}, {back});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ((*ran)[0].ToString(), "float [2] {2, 6}");
}

TEST_F(CudaDeviceTest, DevicesForANodeAreFoundOrTheReasonIs) {
  EXPECT_TRUE(DevicesFor("").value().empty());
  EXPECT_TRUE(DevicesFor("/cpu:0").value().empty());
  EXPECT_EQ(DevicesFor("/device:GPU:0").value().size(), 1u);
  EXPECT_EQ(DevicesFor("/gpu:1").status().ToString(),
            "INVALID_ARGUMENT: /gpu:1: this process sees 1 GPU");
  EXPECT_FALSE(DevicesFor("gpu zero").ok());
  cuda_emulation::SetMachine({.devices = 0});
  EXPECT_NE(DevicesFor("/gpu:0").status().message().find("/gpu:0: no GPU"), std::string::npos);
}

TEST_F(CudaDeviceTest, SaysWhatIsMissing) {
  cuda_emulation::SetMachine({.devices = 0, .driver_version = 0});
  EXPECT_EQ(ErrorOf({}), "UNAVAILABLE: no GPU: the NVIDIA driver (libcuda.so.1) is not installed");
  cuda_emulation::SetMachine({.driver_version = 11040});
  EXPECT_EQ(ErrorOf({}),
            "UNAVAILABLE: no GPU: the NVIDIA driver is too old: it supports CUDA 11.4, and this "
            "program needs 13.0");
  cuda_emulation::SetMachine({.devices = 0});
  setenv("CUDA_VISIBLE_DEVICES", "", 1);
  EXPECT_EQ(ErrorOf({}),
            "UNAVAILABLE: no GPU that this process may see; CUDA_VISIBLE_DEVICES is ''");
  unsetenv("CUDA_VISIBLE_DEVICES");
}

TEST_F(CudaDeviceTest, OldGpusAreRefused) {
  cuda_emulation::SetMachine({.devices = 2, .major = 7, .minor = 5});
  EXPECT_EQ(
      ErrorOf({.visible_device_list = "1"}),
      "UNAVAILABLE: GPU:0: GPU 1 of those that this process sees has compute capability 7.5, "
      "and this program needs 8.0; CUDA_VISIBLE_DEVICES and 'visible_device_list' choose among "
      "several");
  EXPECT_NE(ErrorOf({}).find("GPU:0: GPU 0 of those"), std::string::npos);
  cuda_emulation::SetMachine({.major = 8, .minor = 0});
  EXPECT_EQ(ErrorOf({}), "none");
  cuda_emulation::SetMachine({.major = 12, .minor = 1});
  EXPECT_EQ(ErrorOf({}), "none");
  cuda_emulation::SetMachine({});
  for (int n : {0, 1}) {
    cuda_emulation::FailCall("cudaDeviceGetAttribute", n, cudaErrorInvalidValue);
    EXPECT_NE(ErrorOf({}).find("GPU:0: cudaDeviceGetAttribute: "), std::string::npos);
  }
}

TEST_F(CudaDeviceTest, VisibleDevicesAreChosenAndNumberedInTheListsOrder) {
  cuda_emulation::SetMachine({.devices = 3});
  EXPECT_EQ(MakeGpus({}).value().size(), 3u);
  EXPECT_EQ(MakeGpus({.visible_device_list = "2,0"}).value().size(), 2u);
  EXPECT_NE(ErrorOf({.visible_device_list = "3"})
                .find("invalid GPU id '3' but visible device "
                      "count is 3"),
            std::string::npos);
  EXPECT_NE(ErrorOf({.visible_device_list = "0,x"}).find("could not parse entry"),
            std::string::npos);
  EXPECT_NE(ErrorOf({.visible_device_list = "1,1"}).find("names GPU 1 twice"), std::string::npos);
  EXPECT_NE(ErrorOf({.visible_device_list = "-1"}).find("invalid GPU id"), std::string::npos);
}

// A process cannot have what its own context takes, but may ask for the whole GPU.
TEST_F(CudaDeviceTest, AFractionMayNameWhatTheContextTakes) {
  constexpr size_t kMiB = size_t{1} << 20;
  cuda_emulation::SetMachine({.bytes = 64 * kMiB, .context_bytes = kMiB});
  EXPECT_EQ(ErrorOf({.per_process_gpu_memory_fraction = 1}), "none");
  EXPECT_EQ(ErrorOf({.allow_growth = false, .per_process_gpu_memory_fraction = 1}), "none");
  EXPECT_NE(ErrorOf({.memory_limit = 64 * kMiB}).find("are not free"), std::string::npos);
  EXPECT_EQ(
      MakeGpus({.per_process_gpu_memory_fraction = 1}).value()[0]->allocator().Allocate(64 * kMiB),
      nullptr);
  cuda_emulation::SetMachine({.bytes = 64 * kMiB, .context_bytes = 8 * kMiB});
  EXPECT_NE(ErrorOf({.per_process_gpu_memory_fraction = 1}).find("are not free"),
            std::string::npos);
}

TEST_F(CudaDeviceTest, LimitsAreKeptAndNonsenseIsRefused) {
  cuda_emulation::SetMachine({.bytes = size_t{64} << 20});
  for (const double fraction : {-0.1, 1.5, std::nan("")}) {
    EXPECT_NE(ErrorOf({.per_process_gpu_memory_fraction = fraction}).find("must be in (0, 1]"),
              std::string::npos);
  }
  EXPECT_NE(ErrorOf({.memory_limit = -1}).find("must not be negative"), std::string::npos);
  EXPECT_NE(ErrorOf({.memory_limit = 1}).find("less than the smallest block"), std::string::npos);
  EXPECT_NE(ErrorOf({.memory_limit = 65 << 20}).find("are not free"), std::string::npos);
  // All that is allowed, at first use, and no more.
  const auto fixed =
      MakeGpus({.allow_growth = false, .per_process_gpu_memory_fraction = 0.5}).value();
  EXPECT_EQ(cuda_emulation::BytesInUse(), 0u);
  void* block = fixed[0]->allocator().Allocate(1);
  EXPECT_EQ(cuda_emulation::BytesInUse(), size_t{32} << 20);
  EXPECT_EQ(fixed[0]->allocator().Allocate(size_t{32} << 20), nullptr);
  // Another process's share is not free.
  EXPECT_NE(ErrorOf({.per_process_gpu_memory_fraction = 0.75}).find("are not free"),
            std::string::npos);
  fixed[0]->allocator().Deallocate(block, 1);
}

TEST_F(CudaDeviceTest, EveryFailingCallIsOneErrorAndTheNextRunIsAsGoodAsNew) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output y = scope.Op("Square").In(x).Build();
  const std::vector<FeedRef> feeds = {{x, Tensor::Vector<float>({2, 3})}};
  for (const char* call :
       {"cudaMemcpyAsync", "cudaHostAlloc", "cudaEventRecord", "cudaEventCreateWithFlags",
        "cudaLaunchKernelEx", "cudaSetDevice", "cudaStreamSynchronize", "cudaEventSynchronize"}) {
    int failed = 0;
    for (int n = 0; n < 10; ++n) {
      cuda_emulation::SetMachine({});
      const Session session = Session::Create(scope, OnGpus()).value();
      cuda_emulation::FailCall(call, n, cudaErrorIllegalAddress);
      const auto ran = session.Run(feeds, {y}, {});
      if (ran.ok()) continue;
      ++failed;
      EXPECT_NE(ran.status().message().find("GPU:0"), std::string::npos) << ran.status();
      const auto again = session.Run(feeds, {y}, {});
      ASSERT_TRUE(again.ok()) << call << " " << n << ": " << again.status();
      EXPECT_EQ((*again)[0].ToString(), "float [2] {4, 9}");
    }
    EXPECT_GT(failed, 0) << call;
    EXPECT_LT(failed, 10) << call;
  }
}

TEST_F(CudaDeviceTest, ExhaustedMemoryNamesWhoHasIt) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1});
  const Output e = scope.Named("e").Op("Exp").In(x).Build();
  const Output y = scope.Named("y").Op("Square").In(e).Build();
  const Session session = Session::Create(scope, OnGpus({.memory_limit = 1 << 20})).value();
  const Tensor large = Tensor::Zeros(DT_FLOAT, Shape({1 << 20})).value();
  const auto ran = session.Run({{x, large}}, {y});
  EXPECT_EQ(ran.status().code(), absl::StatusCode::kResourceExhausted);
  const std::string message(ran.status().message());
  EXPECT_NE(message.find("no memory on /job:localhost/replica:0/task:0/device:GPU:0"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("4194304 bytes of float [1048576] by "), std::string::npos) << message;
  EXPECT_NE(message.find("of at most 1048576, largest free block 0"), std::string::npos) << message;
  EXPECT_TRUE(session.Run({{x, Tensor::Vector<float>({1})}}, {y}).ok());
}

TEST_F(CudaDeviceTest, ALostDeviceIsAnErrorAndTheCpuGoesOn) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {});
  const Output on_gpu = scope.Device("/gpu:0").Op("Square").In(x).Build();
  const Output on_cpu = scope.Device("/cpu:0").Op("Square").In(x).Build();
  SessionOptions options = OnGpus();
  Session session = Session::Create(scope, options).value();
  ASSERT_TRUE(session.Run({{x, Tensor::Scalar(2.0f)}}, {on_gpu}).ok());
  cuda_emulation::FailKernels(cudaErrorLaunchFailure);
  const auto lost = session.Run({{x, Tensor::Scalar(2.0f)}}, {on_gpu});
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kInternal) << lost.status();
  EXPECT_NE(lost.status().message().find("unspecified launch failure"), std::string::npos)
      << lost.status();
  EXPECT_TRUE(session.Run({{x, Tensor::Scalar(2.0f)}}, {on_cpu}).ok());
  EXPECT_TRUE(session.Close().ok());
}

TEST_F(CudaDeviceTest, AFailedRunTellsOfTheDeviceToo) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {});
  const Output on_gpu = scope.Device("/gpu:0").Op("Square").In(x).Build();
  const Output wrong = scope.Device("/cpu:0")
                           .ControlDependencies({on_gpu.op()})
                           .Named("wrong")
                           .Op("CheckNumerics")
                           .In(x)
                           .Attr("message", "of the run")
                           .Build();
  const Session session = Session::Create(scope, OnGpus()).value();
  cuda_emulation::FailKernels(cudaErrorLaunchFailure);
  const auto failed = session.Run({{x, Tensor::Scalar(std::nanf(""))}}, {wrong}, {on_gpu.op()});
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kInvalidArgument) << failed.status();
  for (const char* part : {"wrong", "of the run", "GPU:0", "unspecified launch failure"}) {
    EXPECT_NE(failed.status().message().find(part), std::string::npos) << failed.status();
  }
}

}  // namespace
}  // namespace weir
