// Random numbers of the GPU, over the emulated CUDA runtime: the streams are those of the CPU.

#include <cuda_runtime.h>

#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

constexpr DataType kFloats[] = {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE};
// Whole groups, a part of one, several blocks, none.
const int32_t kSizes[] = {1, 2, 3, 4, 1000, 2001, 0};

TEST(CudaRandomTest, FloatsOfSeeds) {
  for (const char* op : {"RandomUniform", "RandomStandardNormal", "TruncatedNormal"}) {
    for (const DataType type : kFloats) {
      for (const int32_t n : kSizes) {
        SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", n));
        ExpectSame({Tensor::Vector<int32_t>({n})}, ToleranceOf(type),
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op)
                         .In(in[0])
                         .Attr("dtype", type)
                         .Attr("seed", int64_t{87654321})
                         .Attr("seed2", int64_t{-5})
                         .Build();
                   });
      }
    }
  }
}

TEST(CudaRandomTest, FloatsOfStatelessSeeds) {
  for (const char* op :
       {"StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"}) {
    for (const Tensor& seed :
         {Tensor::Vector<int32_t>({-3, 7}), Tensor::Vector<int64_t>({int64_t{1} << 40, -1})}) {
      for (const int32_t n : kSizes) {
        SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(seed.dtype()), " ", n));
        ExpectSame({Tensor::Vector<int32_t>({n}), seed}, ToleranceOf(DT_FLOAT),
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op).In(in[0]).In(in[1]).Build();
                   });
      }
    }
  }
}

TEST(CudaRandomTest, Integers) {
  const auto check = [](const Tensor& low, const Tensor& high) {
    for (const int32_t n : kSizes) {
      SCOPED_TRACE(absl::StrCat(DataTypeName(low.dtype()), " ", n));
      ExpectSame({Tensor::Vector<int32_t>({n}), low, high}, 0,
                 [](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("RandomUniformInt")
                       .In(in[0])
                       .In(in[1])
                       .In(in[2])
                       .Attr("seed", int64_t{3})
                       .Build();
                 });
      ExpectSame({Tensor::Vector<int32_t>({n}), Tensor::Vector<int32_t>({1, 2}), low, high}, 0,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("StatelessRandomUniformInt")
                       .In(in[0])
                       .In(in[1])
                       .In(in[2])
                       .In(in[3])
                       .Attr("dtype", low.dtype())
                       .Build();
                 });
    }
  };
  check(Tensor::Scalar<int32_t>(-1000), Tensor::Scalar<int32_t>(2000000000));
  check(Tensor::Scalar<int64_t>(INT64_MIN), Tensor::Scalar<int64_t>(INT64_MAX));
}

TEST(CudaRandomTest, ClassesByTheirLogits) {
  Tensor some_impossible = Numbers(DT_FLOAT, {3, 700});
  for (int64_t i = 0; i < some_impossible.num_elements(); i += 3) {
    some_impossible.mutable_data<float>()[i] = -std::numeric_limits<float>::infinity();
  }
  const Tensor all_logits[] = {some_impossible, Numbers(DT_HALF, {2, 5}),
                               Numbers(DT_DOUBLE, {1, 300}), Numbers(DT_FLOAT, {3000, 4})};
  for (const Tensor& logits : all_logits) {
    for (const int32_t samples : {0, 1, 7, 600}) {
      if (samples * logits.shape().dim(0) > 20000) continue;
      for (const DataType type : {DT_INT32, DT_INT64}) {
        SCOPED_TRACE(
            absl::StrCat(logits.shape().ToString(), " ", samples, " ", DataTypeName(type)));
        ExpectSame({logits, Tensor::Scalar<int32_t>(samples)}, 0,
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op("Multinomial")
                         .In(in[0])
                         .In(in[1])
                         .Attr("seed", int64_t{7})
                         .Attr("output_dtype", type)
                         .Build();
                   });
        ExpectSame({logits, Tensor::Scalar<int32_t>(samples), Tensor::Vector<int32_t>({4, -2})}, 0,
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op("StatelessMultinomial")
                         .In(in[0])
                         .In(in[1])
                         .In(in[2])
                         .Attr("output_dtype", type)
                         .Build();
                   });
      }
    }
  }
}

TEST(CudaRandomTest, BoundsTheWrongWayRound) {
  const auto ran = RunOnGpu(
      {Tensor::Vector<int32_t>({2}), Tensor::Scalar<int32_t>(3), Tensor::Scalar<int32_t>(3)},
      [](const Scope& scope, const std::vector<Output>& in) {
        return scope.Op("RandomUniformInt").In(in[0]).In(in[1]).In(in[2]).Build();
      });
  EXPECT_TRUE(absl::IsInvalidArgument(ran.status())) << ran.status();
}

// Each run goes on where the one before it stopped, whatever its shape.
TEST(CudaRandomTest, RunsShareTheNodesStream) {
  const Scope scope = Scope::Root();
  const Output shape = scope.Op("Placeholder").Attr("dtype", DT_INT32).Build();
  const Output draws = scope.Device("/gpu:0")
                           .Op("RandomUniform")
                           .In(shape)
                           .Attr("dtype", DT_FLOAT)
                           .Attr("seed", int64_t{5})
                           .Build();
  const Session gpu = Session::Create(scope, WithGpu()).value();
  const Session cpu = Session::Create(scope, {.threads = 1}).value();
  for (const int32_t n : {5, 100, 5, 100, 0, 7}) {
    const std::vector<FeedRef> feeds = {{shape, Tensor::Vector<int32_t>({n})}};
    const auto got = gpu.Run(feeds, {draws}, {});
    ASSERT_TRUE(got.ok()) << got.status();
    ExpectClose(*got, cpu.Run(feeds, {draws}, {}).value(), 0);
  }
}

// The position is on the device, where a recording of the step moves it too.
TEST(CudaRandomTest, RecordedStepsDrawOn) {
  const Scope scope = Scope::Root(), gpu = scope.Device("/gpu:0");
  const Output draws = gpu.Op("RandomUniform")
                           .In(std::vector<int32_t>{100})
                           .Attr("dtype", DT_FLOAT)
                           .Attr("seed", int64_t{5})
                           .Build();
  const Output sums = gpu.Op("AddV2").In(draws).In(draws).Build();
  const Session on_gpu = Session::Create(scope, WithGpu()).value();
  const Session on_cpu = Session::Create(scope, {.threads = 1}).value();
  const int before = cuda_emulation::Calls("cudaGraphLaunch");
  for (int run = 0; run < 6; ++run) {
    ExpectClose(on_gpu.Run({}, {sums}).value(), on_cpu.Run({}, {sums}).value(), 0);
  }
  EXPECT_EQ(cuda_emulation::Calls("cudaGraphLaunch") - before, 4);
}

TEST(CudaRandomTest, WithoutSeedsStreamsDiffer) {
  const auto draw = [] {
    return RunOnGpu({Tensor::Vector<int32_t>({4}), Tensor::Scalar<int64_t>(INT64_MIN),
                     Tensor::Scalar<int64_t>(INT64_MAX)},
                    [](const Scope& scope, const std::vector<Output>& in) {
                      return scope.Op("RandomUniformInt").In(in[0]).In(in[1]).In(in[2]).Build();
                    })
        .value()[0];
  };
  EXPECT_NE(draw().data<int64_t>()[0], draw().data<int64_t>()[0]);
}

}  // namespace
}  // namespace weir
