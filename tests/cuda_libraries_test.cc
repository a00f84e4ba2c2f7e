// Kernels that call NVIDIA's libraries, over emulated ones: what reaches the library, and what
// happens when it is not there or refuses.

#include <cublasLt.h>
#include <cudnn.h>

#include <functional>
#include <thread>

#include "gtest/gtest.h"
#include "weir/graph/scope.h"
#include "weir/kernels/common/numbers.h"
#include "weir/ops/constant.h"
#include "weir/ops/conv2d.h"
#include "weir/runtime/gpu.h"
#include "weir/runtime/session.h"
#include "weir/tests/cuda_emulation/libraries.h"

namespace weir {
namespace {

using cuda_emulation::Recorded;

Tensor Numbers(DataType type, const Shape& shape, uint32_t seed) {
  Tensor result;
  const absl::Status made = DispatchType<Half, BFloat16, float, double, Complex64, Complex128>(
      type, [&]<typename T>(TypeTag<T>) {
        result = Tensor::Make(type, shape).value();
        const auto next = [&seed] {
          seed = seed * 1664525u + 1013904223u;
          return static_cast<float>(seed >> 24) / 64 - 2;
        };
        for (int64_t i = 0; i < shape.num_elements(); ++i) {
          if constexpr (IsComplexT<T>::value) {
            result.mutable_data<T>()[i] = T(next(), next());
          } else {
            result.mutable_data<T>()[i] = T(next());
          }
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(made.ok()) << made;
  return result;
}

// The largest difference of an element from what it should be.
double Distance(const Tensor& got, const Tensor& want) {
  EXPECT_EQ(got.shape(), want.shape());
  EXPECT_EQ(got.dtype(), want.dtype());
  double distance = 0;
  const absl::Status compared = DispatchType<Half, BFloat16, float, double, Complex64, Complex128>(
      want.dtype(), [&]<typename T>(TypeTag<T>) {
        for (int64_t i = 0; i < want.num_elements(); ++i) {
          distance = std::max(distance,
                              static_cast<double>(std::abs(got.data<T>()[i] - want.data<T>()[i])));
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(compared.ok()) << compared;
  return distance;
}

using Build = std::function<Output(const Scope&, const std::vector<Output>&)>;

class CudaLibrariesTest : public testing::Test {
 protected:
  void SetUp() override { Reset(); }
  void TearDown() override { Reset(); }

  static void Reset() {
    cuda_emulation::SetMachine({});
    cuda_emulation::ResetLibraries();
  }

  static SessionOptions OnGpu(const GpuOptions& gpu = {}) {
    SessionOptions options{.threads = 1};
    options.devices = MakeGpus(gpu).value();
    options.allow_soft_placement = false;
    return options;
  }

  static absl::StatusOr<Tensor> Run(const SessionOptions& options, const std::string& device,
                                    const std::vector<Tensor>& inputs, const Build& build) {
    const Scope scope = Scope::Root();
    std::vector<Output> placeholders;
    std::vector<FeedRef> feeds;
    for (const Tensor& input : inputs) {
      placeholders.push_back(scope.Op("Placeholder")
                                 .Attr("dtype", input.dtype())
                                 .Attr("shape", input.shape())
                                 .Build());
      feeds.emplace_back(placeholders.back(), input);
    }
    const Output y = build(scope.Device(device), placeholders);
    RETURN_IF_ERROR(scope.status());
    ASSIGN_OR_RETURN(const Session session, Session::Create(scope, options));
    ASSIGN_OR_RETURN(std::vector<Tensor> got, session.Run(feeds, {y}, {}));
    return got[0];
  }

  // The GPU gives what the CPU gives.
  static void ExpectSame(const SessionOptions& options, const std::vector<Tensor>& inputs,
                         const Build& build, double tolerance = 1e-4) {
    const auto got = Run(options, "/gpu:0", inputs, build);
    ASSERT_TRUE(got.ok()) << got.status();
    const auto want = Run({.threads = 1}, "/cpu:0", inputs, build);
    ASSERT_TRUE(want.ok()) << want.status();
    EXPECT_LE(Distance(*got, *want), tolerance);
  }
};

// ---- cuBLASLt ----

Build Product(bool transpose_a = false, bool transpose_b = false) {
  return [=](const Scope& s, const std::vector<Output>& in) -> Output {
    return s.Op("MatMul")
        .In(in[0])
        .In(in[1])
        .Attr("transpose_a", transpose_a)
        .Attr("transpose_b", transpose_b)
        .Build();
  };
}

Build Products(bool adj_x = false, bool adj_y = false) {
  return [=](const Scope& s, const std::vector<Output>& in) -> Output {
    return s.Op("BatchMatMulV2")
        .In(in[0])
        .In(in[1])
        .Attr("adj_x", adj_x)
        .Attr("adj_y", adj_y)
        .Build();
  };
}

// A matrix of this type, or its transpose.
Tensor Matrix(DataType type, int64_t rows, int64_t columns, bool transposed) {
  return Numbers(type, transposed ? Shape({columns, rows}) : Shape({rows, columns}),
                 static_cast<uint32_t>(rows));
}

TEST_F(CudaLibrariesTest, ProductsOfAllTypesAndTransposes) {
  struct Case {
    DataType type;
    int64_t compute, scale;
    double tolerance;
  };
  for (const Case& c : {Case{DT_FLOAT, CUBLAS_COMPUTE_32F, CUDA_R_32F, 1e-4},
                        Case{DT_DOUBLE, CUBLAS_COMPUTE_64F, CUDA_R_64F, 1e-12},
                        Case{DT_HALF, CUBLAS_COMPUTE_32F, CUDA_R_32F, 0.02},
                        Case{DT_BFLOAT16, CUBLAS_COMPUTE_32F, CUDA_R_32F, 0.2},
                        Case{DT_COMPLEX64, CUBLAS_COMPUTE_32F, CUDA_C_32F, 1e-4},
                        Case{DT_COMPLEX128, CUBLAS_COMPUTE_64F, CUDA_C_64F, 1e-12}}) {
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        SCOPED_TRACE(absl::StrCat(DataTypeName(c.type), ta, tb));
        Reset();
        const Tensor a = Matrix(c.type, 5, 7, ta), b = Matrix(c.type, 7, 3, tb);
        ExpectSame(OnGpu(), {a, b}, Product(ta, tb), c.tolerance);
        EXPECT_EQ(Recorded("cublasLt compute"), c.compute);
        EXPECT_EQ(Recorded("cublasLt scale"), c.scale);
        ExpectSame(OnGpu(), {a, b}, Products(ta, tb), c.tolerance);
      }
    }
  }
}

TEST_F(CudaLibrariesTest, Float32MathIsForFloatsAlone) {
  struct Case {
    Float32Math math;
    int64_t compute;
  };
  for (const Case& c : {Case{Float32Math::kFloat32, CUBLAS_COMPUTE_32F},
                        Case{Float32Math::kTf32, CUBLAS_COMPUTE_32F_FAST_TF32},
                        Case{Float32Math::kBFloat16, CUBLAS_COMPUTE_32F_FAST_16BF},
                        Case{Float32Math::kFloat16, CUBLAS_COMPUTE_32F_FAST_16F}}) {
    const auto compute = [&c](DataType type) {
      cuda_emulation::ResetLibraries();
      ExpectSame(OnGpu({.float32_math = c.math}),
                 {Matrix(type, 2, 3, false), Matrix(type, 3, 2, false)}, Product(), 0.2);
      return Recorded("cublasLt compute");
    };
    EXPECT_EQ(compute(DT_FLOAT), c.compute);
    EXPECT_EQ(compute(DT_COMPLEX64), c.compute);
    EXPECT_EQ(compute(DT_HALF), CUBLAS_COMPUTE_32F);
    EXPECT_EQ(compute(DT_BFLOAT16), CUBLAS_COMPUTE_32F);
    EXPECT_EQ(compute(DT_DOUBLE), CUBLAS_COMPUTE_64F);
  }
}

TEST_F(CudaLibrariesTest, BatchesGoAsStridesOrToOurOwnKernel) {
  struct Case {
    Shape x, y;
    bool through_library;
  };
  for (const Case& c :
       {Case{Shape({4, 3, 5}), Shape({4, 5, 2}), true},
        Case{Shape({1, 3, 5}), Shape({4, 5, 2}), true}, Case{Shape({4, 3, 5}), Shape({5, 2}), true},
        Case{Shape({2, 3, 3, 5}), Shape({2, 3, 5, 2}), true},
        Case{Shape({2, 1, 3, 5}), Shape({2, 3, 5, 2}), false},
        Case{Shape({2, 1, 3, 5}), Shape({1, 3, 5, 2}), false},
        Case{Shape({2, 3, 0}), Shape({2, 0, 2}), false},
        Case{Shape({0, 3, 5}), Shape({0, 5, 2}), false}}) {
    SCOPED_TRACE(absl::StrCat(c.x.ToString(), c.y.ToString()));
    Reset();
    ExpectSame(OnGpu(), {Numbers(DT_FLOAT, c.x, 1), Numbers(DT_FLOAT, c.y, 2)}, Products());
    EXPECT_EQ(Recorded("cublasLt compute") != -1, c.through_library);
  }
}

TEST_F(CudaLibrariesTest, TheFastestAlgorithmIsTakenWhereThatMatters) {
  const auto inputs = [](int64_t n) {
    return std::vector<Tensor>{Matrix(DT_FLOAT, n, n, false), Matrix(DT_FLOAT, n, n, false)};
  };
  const auto algorithm = [&](const SessionOptions& options, int64_t n) {
    cuda_emulation::ResetLibraries();
    const auto ran = Run(options, "/gpu:0", inputs(n), Product());
    EXPECT_TRUE(ran.ok()) << ran.status();
    return Recorded("cublasLt algorithm");
  };
  const SessionOptions options = OnGpu();
  EXPECT_EQ(algorithm(options, 16), 0);  // The library's first.
  EXPECT_EQ(algorithm(options, 256), 1);
  EXPECT_EQ(Recorded("cublasLt candidates"), 3);
  // The device knows the answer by then.
  EXPECT_EQ(algorithm(options, 256), 1);
  EXPECT_EQ(Recorded("cublasLt candidates"), -1);
  // Three matrices fit within the limit once, but not a second time beside them.
  EXPECT_EQ(algorithm(OnGpu({.memory_limit = 800 << 10}), 256), 0);
}

TEST_F(CudaLibrariesTest, AChoiceForWantOfMemoryIsNotKept) {
  const std::vector<Tensor> inputs = {Matrix(DT_FLOAT, 256, 256, false),
                                      Matrix(DT_FLOAT, 256, 256, false)};
  const SessionOptions options = OnGpu({.memory_limit = 2 << 20});
  Allocator& allocator = options.devices[0]->allocator();
  constexpr size_t kHeld = (2 << 20) - (800 << 10);  // Which leaves as much as above.
  void* const held = allocator.Allocate(kHeld);
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(Run(options, "/gpu:0", inputs, Product()).status(), absl::OkStatus());
  EXPECT_EQ(Recorded("cublasLt algorithm"), 0);
  allocator.Deallocate(held, kHeld);
  EXPECT_EQ(Run(options, "/gpu:0", inputs, Product()).status(), absl::OkStatus());
  EXPECT_EQ(Recorded("cublasLt algorithm"), 1);
}

TEST_F(CudaLibrariesTest, ErrorsOfTheDeviceWhileTimingAreNotTheLibrarys) {
  const std::vector<Tensor> inputs = {Matrix(DT_FLOAT, 256, 256, false),
                                      Matrix(DT_FLOAT, 256, 256, false)};
  for (const char* call :
       {"cudaEventElapsedTime", "cudaEventCreateWithFlags", "cudaStreamSynchronize"}) {
    Reset();
    const SessionOptions options = OnGpu();
    cuda_emulation::FailCall(call, 0, cudaErrorIllegalAddress);
    const absl::Status failed = Run(options, "/gpu:0", inputs, Product()).status();
    EXPECT_EQ(failed.code(), absl::StatusCode::kInternal) << call << ": " << failed;
    EXPECT_NE(failed.message().find("GPU:0"), std::string::npos) << failed;
    EXPECT_NE(failed.message().find("cudaErrorIllegalAddress"), std::string::npos) << failed;
    EXPECT_EQ(Run(options, "/gpu:0", inputs, Product()).status(), absl::OkStatus());
    EXPECT_EQ(Recorded("cublasLt algorithm"), 1) << call;  // It is not held against the library.
  }
}

TEST_F(CudaLibrariesTest, AlgorithmsThatFailWhileTheyAreTriedAreLeftOut) {
  const std::vector<Tensor> inputs = {Matrix(DT_FLOAT, 256, 256, false),
                                      Matrix(DT_FLOAT, 256, 256, false)};
  constexpr int kTries = 4;  // Of each algorithm.
  for (int n = kTries; n < 2 * kTries; ++n) {
    Reset();
    const SessionOptions options = OnGpu();
    cuda_emulation::FailLibraryCall("cublasLtMatmul", n, CUBLAS_STATUS_EXECUTION_FAILED);
    EXPECT_EQ(Run(options, "/gpu:0", inputs, Product()).status(), absl::OkStatus());
    EXPECT_NE(Recorded("cublasLt algorithm"), 1) << n;
  }
}

TEST_F(CudaLibrariesTest, ThreadsShareThePlansOfADevice) {
  const SessionOptions options = OnGpu();
  const std::vector<Tensor> inputs = {Matrix(DT_FLOAT, 5, 7, false), Matrix(DT_FLOAT, 7, 3, false)};
  const Tensor want = Run({.threads = 1}, "/cpu:0", inputs, Product()).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const auto got = Run(options, "/gpu:0", inputs, Product());
        ASSERT_TRUE(got.ok()) << got.status();
        EXPECT_LE(Distance(*got, want), 1e-4);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// relu(a b + bias), or without relu, of nodes that the compiler fuses.
Build Layer(bool relu) {
  return [relu](const Scope& s, const std::vector<Output>& in) -> Output {
    const Output product = s.Op("MatMul").In(in[0]).In(in[1]).Build();
    const Output sum = s.Op("BiasAdd").In(product).In(in[2]).Build();
    return relu ? s.Op("Relu").In(sum).Build() : sum;
  };
}

TEST_F(CudaLibrariesTest, BiasAndReluAreTheProductsEpilogue) {
  struct Case {
    DataType type;
    double tolerance;
  };
  for (const Case& c : {Case{DT_FLOAT, 1e-4}, Case{DT_HALF, 0.05}, Case{DT_BFLOAT16, 0.4}}) {
    const std::vector<Tensor> inputs = {Matrix(c.type, 5, 7, false), Matrix(c.type, 7, 3, false),
                                        Numbers(c.type, Shape({3}), 9)};
    for (const bool relu : {false, true}) {
      SCOPED_TRACE(absl::StrCat(DataTypeName(c.type), relu));
      Reset();
      ExpectSame(OnGpu(), inputs, Layer(relu), c.tolerance);
      EXPECT_EQ(Recorded("cublasLt epilogue"),
                relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS);
      Reset();
      cuda_emulation::RemoveFromLibraries("libcublasLt.so.13");
      ExpectSame(OnGpu(), inputs, Layer(relu), c.tolerance);
    }
  }
}

TEST_F(CudaLibrariesTest, WithoutTheLibraryOurOwnKernelsCompute) {
  const std::vector<Tensor> inputs = {Matrix(DT_FLOAT, 5, 7, false), Matrix(DT_FLOAT, 7, 3, false)};
  cuda_emulation::RemoveFromLibraries("libcublasLt.so.13");
  ExpectSame(OnGpu(), inputs, Product());
  ExpectSame(OnGpu(), inputs, Products());
  EXPECT_EQ(Recorded("cublasLt compute"), -1);
  // What they cannot do tells what is missing.
  const std::vector<Tensor> complex = {Matrix(DT_COMPLEX64, 2, 2, false),
                                       Matrix(DT_COMPLEX64, 2, 2, false)};
  const auto refused = Run(OnGpu(), "/gpu:0", complex, Product());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(refused.status().message().find(
                "cublaslt: libcublasLt.so.13: cannot open shared object file: No such file or "
                "directory"),
            std::string::npos)
      << refused.status();
}

TEST_F(CudaLibrariesTest, ALibraryWithoutAFunctionIsAsGoodAsNone) {
  const std::vector<Tensor> complex = {Matrix(DT_COMPLEX64, 2, 2, false),
                                       Matrix(DT_COMPLEX64, 2, 2, false)};
  cuda_emulation::RemoveFromLibraries("cublasLtMatmul");
  const auto refused = Run(OnGpu(), "/gpu:0", complex, Product());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(refused.status().message().find("libcublasLt.so.13: undefined symbol: cublasLtMatmul"),
            std::string::npos)
      << refused.status();
}

// Whichever call fails: the result is right, made otherwise, or the run's error names the device;
// the device is as good as new afterwards.
void ExpectEveryFailureIsHandled(const std::vector<const char*>& calls, int status,
                                 const std::function<absl::Status(const SessionOptions&)>& run,
                                 const std::function<SessionOptions()>& options) {
  for (const char* call : calls) {
    bool called = false;
    for (int n = 0; n < 100; ++n) {
      cuda_emulation::SetMachine({});
      cuda_emulation::ResetLibraries();
      const SessionOptions on_gpu = options();
      cuda_emulation::FailLibraryCall(call, n, status);
      const absl::Status ran = run(on_gpu);
      const bool reached = !cuda_emulation::IsFailurePending(call);
      called |= reached;
      if (!ran.ok()) {
        EXPECT_NE(ran.message().find("GPU:0"), std::string::npos) << ran;
      }
      cuda_emulation::ResetLibraries();
      const absl::Status again = run(on_gpu);
      EXPECT_TRUE(again.ok()) << call << " " << n << ": " << again;
      if (!reached) break;
    }
    EXPECT_TRUE(called) << call;
  }
}

TEST_F(CudaLibrariesTest, EveryFailingCallOfCublasLtIsHandled) {
  const std::vector<Tensor> inputs = {Numbers(DT_FLOAT, Shape({2, 3, 4}), 1),
                                      Numbers(DT_FLOAT, Shape({2, 4, 2}), 2)};
  const Tensor want = Run({.threads = 1}, "/cpu:0", inputs, Products()).value();
  ExpectEveryFailureIsHandled(
      {"cublasLtCreate", "cublasLtMatrixLayoutInit_internal", "cublasLtMatrixLayoutSetAttribute",
       "cublasLtMatmulDescInit_internal", "cublasLtMatmulDescSetAttribute",
       "cublasLtMatmulPreferenceInit_internal", "cublasLtMatmulPreferenceSetAttribute",
       "cublasLtMatmulAlgoGetHeuristic", "cublasLtMatmul"},
      CUBLAS_STATUS_EXECUTION_FAILED,
      [&](const SessionOptions& options) -> absl::Status {
        ASSIGN_OR_RETURN(const Tensor got, Run(options, "/gpu:0", inputs, Products()));
        EXPECT_LE(Distance(got, want), 1e-4);
        return absl::OkStatus();
      },
      [] { return OnGpu(); });
}

// ---- cuDNN ----

struct Convolution {
  Shape image, filter;
  ops::Conv2DOptions options;
};

Tensor SizesOf(const Shape& shape) {
  return Tensor::Vector<int32_t>(std::vector<int32_t>(shape.dims().begin(), shape.dims().end()));
}

// The three ops of a convolution, on the GPU through the library and on the CPU.
class ConvolutionTest : public CudaLibrariesTest {
 protected:
  static void Check(const SessionOptions& options, const Convolution& c, DataType type,
                    double tolerance) {
    const Tensor image = Numbers(type, c.image, 1), filter = Numbers(type, c.filter, 2);
    const Build forward = [&](const Scope& s, const std::vector<Output>& in) {
      return ops::Conv2D(s, in[0], in[1], c.options);
    };
    ExpectThroughLibrary(options, {image, filter}, forward, tolerance);
    const auto output = Run({.threads = 1}, "/cpu:0", {image, filter}, forward);
    ASSERT_TRUE(output.ok()) << output.status();
    const Tensor gradient = Numbers(type, output->shape(), 3);
    ExpectThroughLibrary(
        options, {filter, gradient},
        [&](const Scope& s, const std::vector<Output>& in) {
          const Output sizes = ops::Const(s.Device("/cpu:0"), SizesOf(c.image));
          return ops::Conv2DBackpropInput(s, sizes, in[0], in[1], c.options);
        },
        tolerance);
    ExpectThroughLibrary(
        options, {image, gradient},
        [&](const Scope& s, const std::vector<Output>& in) {
          const Output sizes = ops::Const(s.Device("/cpu:0"), SizesOf(c.filter));
          return ops::Conv2DBackpropFilter(s, in[0], sizes, in[1], c.options);
        },
        tolerance);
  }

  static void ExpectThroughLibrary(const SessionOptions& options, const std::vector<Tensor>& inputs,
                                   const Build& build, double tolerance) {
    cuda_emulation::ResetLibraries();
    ExpectSame(options, inputs, build, tolerance);
    EXPECT_NE(Recorded("cudnn engine"), -1);
  }
};

TEST_F(ConvolutionTest, AllGeometries) {
  const std::vector<Convolution> cases = {
      {Shape({2, 5, 6, 3}), Shape({3, 3, 3, 4}), {}},
      {Shape({2, 5, 6, 3}), Shape({1, 1, 3, 4}), {}},
      {Shape({1, 7, 6, 2}), Shape({3, 2, 2, 3}), {.padding = "VALID"}},
      // Two sides of an image that need different padding.
      {Shape({2, 6, 6, 2}), Shape({3, 3, 2, 3}), {.strides = {1, 2, 2, 1}}},
      {Shape({1, 6, 7, 2}), Shape({2, 4, 2, 1}), {}},
      {Shape({1, 5, 5, 2}),
       Shape({3, 3, 2, 2}),
       {.padding = "EXPLICIT", .explicit_paddings = {0, 0, 2, 0, 1, 3, 0, 0}}},
      // Windows that leave a part of the image out.
      {Shape({1, 6, 8, 2}), Shape({2, 2, 2, 2}), {.strides = {1, 3, 3, 1}, .padding = "VALID"}},
      {Shape({1, 6, 8, 2}), Shape({1, 1, 2, 2}), {.strides = {1, 3, 3, 1}}},
      {Shape({1, 8, 9, 2}), Shape({3, 3, 2, 2}), {.dilations = {1, 2, 3, 1}}},
      {Shape({2, 4, 4, 6}), Shape({3, 3, 2, 9}), {}},  // Three groups.
      {Shape({2, 3, 5, 6}), Shape({3, 3, 3, 4}), {.data_format = "NCHW"}},
      {Shape({2, 2, 6, 6}),
       Shape({3, 3, 2, 3}),
       {.strides = {1, 1, 2, 2}, .data_format = "NCHW", .dilations = {1, 1, 1, 2}}},
      {Shape({1, 4, 5, 5}), Shape({2, 2, 2, 4}), {.data_format = "NCHW"}},
  };
  const SessionOptions options = OnGpu();
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    Check(options, cases[i], DT_FLOAT, 1e-3);
  }
}

TEST_F(ConvolutionTest, AllTypesAndWhatTheyComputeIn) {
  const Convolution c = {Shape({2, 6, 6, 2}), Shape({3, 3, 2, 3}), {.strides = {1, 2, 2, 1}}};
  struct Case {
    DataType type;
    int64_t library_type, compute;
    double tolerance;
  };
  for (const Case& t : {Case{DT_FLOAT, CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, 1e-3},
                        Case{DT_DOUBLE, CUDNN_DATA_DOUBLE, CUDNN_DATA_DOUBLE, 1e-12},
                        Case{DT_HALF, CUDNN_DATA_HALF, CUDNN_DATA_FLOAT, 0.1},
                        Case{DT_BFLOAT16, CUDNN_DATA_BFLOAT16, CUDNN_DATA_FLOAT, 0.5}}) {
    SCOPED_TRACE(DataTypeName(t.type));
    Check(OnGpu(), c, t.type, t.tolerance);
    EXPECT_EQ(Recorded("cudnn type"), t.library_type);
    EXPECT_EQ(Recorded("cudnn compute"), t.compute);
  }
}

// By the emulation's list of engines: those before the fourth do not work or do not compute as they
// should, but for the second, which rounds to half; the fourth has tensor cores, the sixth is
// faster than the fifth.
TEST_F(ConvolutionTest, EnginesComputeAsAskedAndTheFastestIsTaken) {
  const auto engine = [](const GpuOptions& gpu, DataType type, int64_t size) {
    cuda_emulation::ResetLibraries();
    const auto ran = Run(
        OnGpu(gpu), "/gpu:0",
        {Numbers(type, Shape({1, size, size, 16}), 1), Numbers(type, Shape({3, 3, 16, size}), 2)},
        [](const Scope& s, const std::vector<Output>& in) { return ops::Conv2D(s, in[0], in[1]); });
    EXPECT_TRUE(ran.ok()) << ran.status();
    return Recorded("cudnn engine");
  };
  EXPECT_EQ(engine({}, DT_FLOAT, 4), 5);
  EXPECT_EQ(engine({}, DT_FLOAT, 50), 6);
  EXPECT_EQ(engine({.float32_math = Float32Math::kTf32}, DT_FLOAT, 4), 4);
  EXPECT_EQ(engine({.float32_math = Float32Math::kBFloat16}, DT_FLOAT, 4), 4);
  EXPECT_EQ(engine({.float32_math = Float32Math::kFloat16}, DT_FLOAT, 4), 2);
  EXPECT_EQ(engine({.float32_math = Float32Math::kFloat16}, DT_HALF, 4), 4);
  EXPECT_EQ(engine({}, DT_HALF, 4), 4);
}

TEST_F(ConvolutionTest, ErrorsOfTheDeviceWhileTimingAreNotTheLibrarys) {
  const std::vector<Tensor> inputs = {Numbers(DT_FLOAT, Shape({1, 50, 50, 16}), 1),
                                      Numbers(DT_FLOAT, Shape({3, 3, 16, 50}), 2)};
  const Build build = [](const Scope& s, const std::vector<Output>& in) {
    return ops::Conv2D(s, in[0], in[1]);
  };
  const SessionOptions options = OnGpu();
  cuda_emulation::FailCall("cudaEventElapsedTime", 0, cudaErrorIllegalAddress);
  const absl::Status failed = Run(options, "/gpu:0", inputs, build).status();
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal) << failed;
  EXPECT_NE(failed.message().find("GPU:0: cudaEventElapsedTime"), std::string::npos) << failed;
  EXPECT_EQ(Run(options, "/gpu:0", inputs, build).status(), absl::OkStatus());
  EXPECT_EQ(Recorded("cudnn engine"), 6);  // It is not held against the library.
}

TEST_F(ConvolutionTest, AChoiceForWantOfMemoryIsNotKept) {
  const std::vector<Tensor> inputs = {Numbers(DT_FLOAT, Shape({1, 50, 50, 16}), 1),
                                      Numbers(DT_FLOAT, Shape({3, 3, 16, 50}), 2)};
  const Build build = [](const Scope& s, const std::vector<Output>& in) {
    return ops::Conv2D(s, in[0], in[1]);
  };
  // The result alone has 500000 bytes.
  constexpr size_t kLimit = 4 << 20, kLeft = 400 << 10;
  const SessionOptions options = OnGpu({.memory_limit = kLimit});
  Allocator& allocator = options.devices[0]->allocator();
  void* const held = allocator.Allocate(kLimit - kLeft);
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(Run(options, "/gpu:0", inputs, build).status().code(),
            absl::StatusCode::kResourceExhausted);
  allocator.Deallocate(held, kLimit - kLeft);
  EXPECT_EQ(Run(options, "/gpu:0", inputs, build).status(), absl::OkStatus());
  EXPECT_EQ(Recorded("cudnn engine"), 6);
}

TEST_F(ConvolutionTest, WithoutTheLibraryTheDirectKernelComputes) {
  const Tensor image = Numbers(DT_FLOAT, Shape({1, 4, 4, 2}), 1),
               filter = Numbers(DT_FLOAT, Shape({3, 3, 2, 2}), 2);
  const Build build = [](const Scope& s, const std::vector<Output>& in) {
    return ops::Conv2D(s, in[0], in[1]);
  };
  cuda_emulation::RemoveFromLibraries("libcudnn.so.9");
  ExpectSame(OnGpu(), {image, filter}, build);
}

using Ints = std::vector<int64_t>;

// relu(conv(image, filter) + bias), or without relu, of nodes that the compiler fuses.
Build ConvolutionLayer(const ops::Conv2DOptions& options, bool relu) {
  return [=](const Scope& s, const std::vector<Output>& in) -> Output {
    const Output sums = s.Op("BiasAdd")
                            .In(ops::Conv2D(s, in[0], in[1], options))
                            .In(in[2])
                            .Attr("data_format", options.data_format)
                            .Build();
    return relu ? s.Op("Relu").In(sums).Build() : sums;
  };
}

TEST_F(ConvolutionTest, BiasAndReluAreInTheGraphWhereAnEngineHasThem) {
  struct Case {
    DataType type;
    Float32Math math;
    bool has_engine;  // Those of the emulation that fuse have tensor cores.
    double tolerance;
  };
  const std::vector<Case> cases = {{DT_FLOAT, Float32Math::kFloat32, false, 1e-3},
                                   {DT_FLOAT, Float32Math::kTf32, true, 1e-3},
                                   {DT_HALF, Float32Math::kFloat32, true, 0.1},
                                   {DT_BFLOAT16, Float32Math::kFloat32, true, 0.5}};
  for (const Case& c : cases) {
    for (const bool relu : {false, true}) {
      for (const bool first : {false, true}) {
        SCOPED_TRACE(absl::StrCat(DataTypeName(c.type), relu, first));
        const ops::Conv2DOptions options = {.strides = first ? Ints{1, 1, 2, 2} : Ints{1, 2, 2, 1},
                                            .data_format = first ? "NCHW" : "NHWC"};
        const std::vector<Tensor> inputs = {
            Numbers(c.type, first ? Shape({2, 3, 6, 7}) : Shape({2, 6, 7, 3}), 1),
            Numbers(c.type, Shape({3, 3, 3, 5}), 2), Numbers(c.type, Shape({5}), 3)};
        const Build build = ConvolutionLayer(options, relu);
        Reset();
        ExpectSame(OnGpu({.float32_math = c.math}), inputs, build, c.tolerance);
        EXPECT_EQ(Recorded("cudnn operations"), !c.has_engine ? 1 : relu ? 3 : 2);
        Reset();
        cuda_emulation::RemoveFromLibraries("libcudnn.so.9");
        ExpectSame(OnGpu(), inputs, build, c.tolerance);
        EXPECT_EQ(Recorded("cudnn operations"), -1);
      }
    }
  }
}

TEST_F(ConvolutionTest, LargeFusedConvolutionsAreTimedToo) {
  const std::vector<Tensor> inputs = {Numbers(DT_HALF, Shape({1, 50, 50, 16}), 1),
                                      Numbers(DT_HALF, Shape({3, 3, 16, 50}), 2),
                                      Numbers(DT_HALF, Shape({50}), 3)};
  ExpectSame(OnGpu(), inputs, ConvolutionLayer({}, true), 2);
  EXPECT_EQ(Recorded("cudnn operations"), 3);
}

TEST_F(ConvolutionTest, EveryFailingCallIsHandled) {
  const std::vector<Tensor> inputs = {Numbers(DT_FLOAT, Shape({1, 6, 6, 2}), 1),
                                      Numbers(DT_FLOAT, Shape({3, 3, 2, 2}), 2),
                                      Numbers(DT_FLOAT, Shape({2}), 3)};
  const Build build = ConvolutionLayer({.strides = {1, 2, 2, 1}}, true);
  const Tensor want = Run({.threads = 1}, "/cpu:0", inputs, build).value();
  ExpectEveryFailureIsHandled(
      {"cudnnCreate", "cudnnSetStream", "cudnnBackendCreateDescriptor", "cudnnBackendSetAttribute",
       "cudnnBackendGetAttribute", "cudnnBackendFinalize", "cudnnBackendExecute"},
      CUDNN_STATUS_INTERNAL_ERROR,
      [&](const SessionOptions& options) -> absl::Status {
        ASSIGN_OR_RETURN(const Tensor got, Run(options, "/gpu:0", inputs, build));
        EXPECT_LE(Distance(got, want), 1e-3);
        return absl::OkStatus();
      },
      [] {
        SessionOptions options = OnGpu({.float32_math = Float32Math::kTf32});
        options.allow_soft_placement = true;
        return options;
      });
}

}  // namespace
}  // namespace weir
