// Copies of CudaDevice beside its work, prefetched feeds, and work that outlasts its run, over the
// emulated CUDA runtime.

#include <atomic>
#include <thread>

#include "gtest/gtest.h"
#include "weir/ops/constant.h"
#include "weir/runtime/cuda/cuda_status.h"
#include "weir/runtime/session.h"
#include "weir/tests/fake_gpu.h"
#include "weir/tests/small_cuda.h"

namespace weir {
namespace {

using cuda_emulation::Calls;

__global__ void WaitKernel(const std::atomic<bool>* gate) {
  while (!gate->load()) std::this_thread::yield();
}

// Keeps the compute stream of a device busy until it is opened.
class Gate {
 public:
  explicit Gate(const CudaDevice& device) {
    cudaLaunchConfig_t config{};
    config.stream = device.compute_stream();
    EXPECT_EQ(cudaLaunchKernelEx(&config, WaitKernel, &open_), cudaSuccess);
  }
  void Open() { open_ = true; }

 private:
  std::atomic<bool> open_{false};
};

class CudaStreams : public testing::Test {
 protected:
  CudaStreams() {
    cuda_emulation::SetMachine({.devices = 2});
    x_ = ops::Placeholder(scope_.Named("x"), DT_FLOAT, {2});
    square_ = scope_.Named("square").Op("Mul").In(x_).In(x_).Build();
  }
  void TearDown() override {
    EXPECT_EQ(cuda_emulation::StreamsInUse(), 0);
    EXPECT_EQ(cuda_emulation::BytesInUse(), 0u);
  }

  static SessionOptions On(std::vector<std::shared_ptr<Device>> devices) {
    SessionOptions options;
    options.threads = 1;
    options.devices = std::move(devices);
    options.kernels = &SmallCudaKernels();
    return options;
  }

  static std::string Call(const Callable& callable, const Tensor& fed) {
    const auto ran = callable({fed});
    return ran.ok() ? (*ran)[0].ToString() : ran.status().ToString();
  }

  const Scope scope_ = Scope::Root();
  Output x_, square_;
};

TEST_F(CudaStreams, AnInletIsFilledWhileTheDeviceIsAtWork) {
  const auto device = MakeSmallCuda();
  CudaMemory& memory = static_cast<CudaMemory&>(device->allocator());
  Tensor out = Tensor::Make(DT_FLOAT, Shape({2}), memory).value();
  const auto first = Tensor::Vector<float>({1, 2}), second = Tensor::Vector<float>({3, 4});
  const auto a = memory.MakeInlet(out.bytes()).value(), b = memory.MakeInlet(out.bytes()).value();
  ASSERT_TRUE(a->Fill(first.raw_data()).ok());
  Gate gate(*device);
  ASSERT_TRUE(b->Fill(second.raw_data()).ok());
  EXPECT_EQ(cudaStreamSynchronize(device->in_stream()),
            cudaSuccess);  // Which the gate does not stop.
  ASSERT_TRUE(a->Take(out.mutable_raw_data()).ok());
  ASSERT_TRUE(a->Fill(second.raw_data()).ok());  // After the take, which stands behind the gate.
  gate.Open();
  EXPECT_EQ(out.OnHost()->ToString(), first.ToString());
  ASSERT_TRUE(a->Take(out.mutable_raw_data()).ok());
  EXPECT_EQ(out.OnHost()->ToString(), second.ToString());
}

TEST_F(CudaStreams, ACopyToTheHostComesAfterTheWorkBeforeIt) {
  const auto device = MakeSmallCuda();
  for (int i = 0; i < 50; ++i) {
    Tensor on_device = Tensor::Vector<float>({float(i), 1}).Clone(device->allocator()).value();
    EXPECT_EQ(on_device.OnHost()->data<float>()[0], i);
  }
}

TEST_F(CudaStreams, ThePrefetchedFeedsAreUsed) {
  const Session session = Session::Create(scope_, On({MakeSmallCuda()})).value();
  const Callable square = session.Prepare({x_}, {square_}).value();
  Tensor fed = Tensor::Vector<float>({2, 3});
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(square.Prefetch({fed}).ok());
    // The call looks at its copy alone.
    Tensor other = fed;
    other.mutable_data<float>()[0] = 7;
    EXPECT_EQ(Call(square, fed), "float [2] {4, 9}");
    EXPECT_EQ(Call(square, fed), "float [2] {49, 9}");  // It is used once.
    other.mutable_data<float>()[0] = 2;
  }
}

TEST_F(CudaStreams, PrefetchesOfOtherFeedsChangeNothing) {
  const Session session = Session::Create(scope_, On({MakeSmallCuda()})).value();
  const Callable square = session.Prepare({x_}, {square_}).value();
  std::vector<Tensor> feeds;
  for (int i = 0; i < 5; ++i) feeds.push_back(Tensor::Vector<float>({float(i), 1}));
  for (const Tensor& fed : feeds) ASSERT_TRUE(square.Prefetch({fed}).ok());
  for (int i = 4; i >= 0; --i) {
    EXPECT_EQ(Call(square, feeds[i]), absl::StrCat("float [2] {", i * i, ", 1}"));
  }
  EXPECT_FALSE(square.Prefetch({}).ok());
  EXPECT_FALSE(square.Prefetch({Tensor::Vector<float>({1, 2, 3})}).ok());
}

// The next step's feeds are given before the present step runs.
TEST_F(CudaStreams, ALoopPrefetchesAhead) {
  const Session session = Session::Create(scope_, On({MakeSmallCuda()})).value();
  const Callable square = session.Prepare({x_}, {square_}).value();
  Tensor present = Tensor::Vector<float>({0, 1});
  for (int i = 0; i < 20; ++i) {
    const Tensor next = Tensor::Vector<float>({float(i + 1), 1});
    ASSERT_TRUE(square.Prefetch({next}).ok());
    EXPECT_EQ(Call(square, present), absl::StrCat("float [2] {", i * i, ", 1}"));
    present = next;
  }
}

TEST_F(CudaStreams, EveryFailingCallOfAPrefetchIsAnErrorOrNone) {
  const Tensor fed = Tensor::Vector<float>({2, 3});
  for (const char* call :
       {"cudaEventCreateWithFlags", "cudaEventRecord", "cudaStreamWaitEvent", "cudaMemcpyAsync",
        "cudaHostAlloc", "cudaSetDevice", "cudaEventSynchronize"}) {
    int failed = 0;
    for (int n = 0; n < 8; ++n) {
      const Session session = Session::Create(scope_, On({MakeSmallCuda()})).value();
      const Callable square = session.Prepare({x_}, {square_}).value();
      cuda_emulation::FailCall(call, n, cudaErrorMemoryAllocation);
      absl::Status status = square.Prefetch({fed});
      if (status.ok()) status = square({fed}).status();
      if (!status.ok()) {
        ++failed;
        EXPECT_NE(status.message().find("GPU:0"), std::string::npos) << status;
      }
      cuda_emulation::FailCall(call, -1, cudaSuccess);
      ASSERT_TRUE(square.Prefetch({fed}).ok());
      EXPECT_EQ(Call(square, fed), "float [2] {4, 9}") << call << " " << n;
    }
    EXPECT_GT(failed, 0) << call;
  }
}

TEST_F(CudaStreams, AnErrorAfterTheRunComesOutOfTheNextOrOfClose) {
  Session session = Session::Create(scope_, On({MakeSmallCuda()})).value();
  const std::vector<FeedRef> feeds = {{x_, Tensor::Vector<float>({2, 3})}};
  const std::vector<TargetRef> targets = {"square"};
  ASSERT_TRUE(session.Run(feeds, {}, targets).ok());
  cuda_emulation::FailKernels(cudaErrorLaunchFailure);
  absl::Status status = session.Run(feeds, {}, targets).status();
  if (status.ok()) status = session.Close();
  EXPECT_NE(status.message().find("unspecified launch failure"), std::string::npos) << status;
}

class CudaPeers : public CudaStreams {
 protected:
  CudaPeers() {
    const Output on0 = scope_.Device("/gpu:0").Op("Mul").In(x_).In(x_).Build();
    const Output on1 = scope_.Device("/gpu:1").Op("AddV2").In(on0).In(on0).Build();
    back_ = scope_.Device("/gpu:0").Op("Mul").In(on1).In(on0).Build();
  }

  std::string Run(const Session& session) const {
    const auto ran = session.Run({{x_, Tensor::Vector<float>({1, 2})}}, {back_});
    return ran.ok() ? (*ran)[0].ToString() : ran.status().ToString();
  }

  Output back_;
};

TEST_F(CudaPeers, TensorsGoFromGpuToGpuWithoutTheHost) {
  const Session session = Session::Create(scope_, On({MakeSmallCuda(0), MakeSmallCuda(1)})).value();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Run(session), "float [2] {2, 32}");
  EXPECT_EQ(Calls("cudaMemcpyPeerAsync"), 40);
  EXPECT_EQ(Calls("cudaDeviceEnablePeerAccess"), 2);
}

// What overwrites the source waits for the copy, and the copy for what wrote the source.
TEST_F(CudaPeers, CopiesAreInTheOrderOfBothGpus) {
  const auto from = MakeSmallCuda(0), to = MakeSmallCuda(1);
  const auto first = Tensor::Vector<float>({1, 2}), second = Tensor::Vector<float>({3, 4});
  Tensor source = Tensor::Make(DT_FLOAT, Shape({2}), from->allocator()).value();
  Tensor target = Tensor::Make(DT_FLOAT, Shape({2}), to->allocator()).value();
  for (const bool source_is_late : {true, false}) {
    Gate gate(source_is_late ? *from : *to);
    ASSERT_TRUE(CopyTensor(first, source).ok());
    ASSERT_TRUE(CopyTensor(source, target).ok());
    ASSERT_TRUE(CopyTensor(second, source).ok());
    gate.Open();
    EXPECT_EQ(target.OnHost()->ToString(), first.ToString());
    EXPECT_EQ(source.OnHost()->ToString(), second.ToString());
  }
}

TEST_F(CudaPeers, EveryFailingCallIsAnErrorAndTheNextRunIsAsGoodAsNew) {
  for (const char* call : {"cudaMemcpyPeerAsync", "cudaEventRecord", "cudaStreamWaitEvent"}) {
    for (int n = 0; n < 2; ++n) {
      const Session session =
          Session::Create(scope_, On({MakeSmallCuda(0), MakeSmallCuda(1)})).value();
      cuda_emulation::FailCall(call, n, cudaErrorInvalidValue);
      const std::string failed = Run(session);
      EXPECT_NE(failed.find("GPU:"), std::string::npos) << call << ": " << failed;
      EXPECT_EQ(Run(session), "float [2] {2, 32}");
    }
  }
  // Without a way of their own GPUs copy all the same.
  const Session session = Session::Create(scope_, On({MakeSmallCuda(0), MakeSmallCuda(1)})).value();
  cuda_emulation::FailCall("cudaDeviceEnablePeerAccess", 0, cudaErrorInvalidDevice);
  EXPECT_EQ(Run(session), "float [2] {2, 32}");
}

TEST_F(CudaPeers, BetweenDevicesOfDifferentKindsTheHostIsTheWay) {
  const auto cuda = MakeSmallCuda();
  FakeGpu fake;
  const Tensor values = Tensor::Vector<float>({1, 2});
  const Tensor on_cuda = values.Clone(cuda->allocator()).value();
  const Tensor on_fake = on_cuda.Clone(fake.allocator()).value();
  EXPECT_EQ(on_fake.Clone(cuda->allocator())->OnHost()->ToString(), values.ToString());
  EXPECT_EQ(Calls("cudaMemcpyPeerAsync"), 0);
}

}  // namespace
}  // namespace weir
