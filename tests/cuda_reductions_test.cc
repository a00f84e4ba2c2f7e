// Kernels of the GPU that reduce, over the emulated CUDA runtime, at sizes that the recorded cases
// do not have: rows and columns in packs, results of several blocks, rows too long to keep.

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

struct Reduced {
  Shape shape;
  std::vector<int32_t> axes;
};

class ReductionTest : public testing::TestWithParam<Reduced> {
 protected:
  void Check(const char* op, DataType type, double tolerance) const {
    SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", GetParam().shape.ToString()));
    ExpectSame({Numbers(type, GetParam().shape), Tensor::Vector<int32_t>(GetParam().axes)},
               tolerance, [&](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op(op).In(in[0]).In(in[1]).Build();
               });
  }
};

TEST_P(ReductionTest, Sums) {
  const double n = static_cast<double>(GetParam().shape.num_elements());
  for (DataType type : {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE, DT_INT32, DT_INT64}) {
    Check("Mean", type, ToleranceOf(type));
    // Rounded at each step, as sums near zero show.
    Check("Sum", type, ToleranceOf(type) * std::sqrt(n));
  }
  Check("EuclideanNorm", DT_FLOAT, 1e-4);
}

TEST_P(ReductionTest, ExtremaAndLogic) {
  for (DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE, DT_INT32, DT_INT64}) {
    Check("Max", type, 0);
    Check("Min", type, 0);
  }
  Check("All", DT_BOOL, 0);
  Check("Any", DT_BOOL, 0);
  Check("Prod", DT_INT32, 0);  // Wraps around.
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ReductionTest,
    testing::Values(Reduced{{}, {}}, Reduced{{1, 1}, {0, 1}}, Reduced{{7, 5}, {}},
                    Reduced{{0, 3}, {0}}, Reduced{{3, 0}, {0}}, Reduced{{3, 0}, {1}},
                    // Rows: of a few elements, of a warp, of a block, of several.
                    Reduced{{1000, 3}, {1}}, Reduced{{500, 4}, {1}}, Reduced{{300, 64}, {1}},
                    Reduced{{70, 257}, {1}}, Reduced{{9, 1024}, {1}}, Reduced{{5, 4099}, {-1}},
                    Reduced{{20000}, {0}}, Reduced{{100003}, {0}}, Reduced{{2, 131072}, {1}},
                    Reduced{{3, 50001}, {1}},
                    // Rows in pieces.
                    Reduced{{30, 7, 5}, {0, 2}}, Reduced{{12, 3, 64}, {0, 2}},
                    Reduced{{400, 3, 49}, {0, 2}}, Reduced{{600, 2, 1, 64}, {0, 3}},
                    Reduced{{5, 2, 4, 3, 6, 7}, {1, 3, 5}},
                    // Columns: few, many, of a few elements, of many.
                    Reduced{{1000, 3}, {0}}, Reduced{{50000, 3}, {0}}, Reduced{{40000, 8}, {0}},
                    Reduced{{3, 5000}, {0}}, Reduced{{2, 4096}, {0}}, Reduced{{700, 130}, {0}},
                    Reduced{{1000, 4, 3}, {1}}, Reduced{{3, 500, 16}, {1}},
                    // Columns of several outer dimensions.
                    Reduced{{5, 2, 4, 3, 6, 7}, {0, 2, 4}}, Reduced{{40, 3, 50, 8}, {0, 2}}));

class ArgTest : public testing::TestWithParam<Reduced> {};

TEST_P(ArgTest, FindsTheFirst) {
  for (const char* op : {"ArgMax", "ArgMin"}) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_INT64}) {  // Half and int64 have equal elements.
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", GetParam().shape.ToString()));
      ExpectSame({Numbers(type, GetParam().shape), Tensor::Scalar<int32_t>(GetParam().axes[0])}, 0,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op(op).In(in[0]).In(in[1]).Build();
                 });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ArgTest,
                         testing::Values(Reduced{{300, 10}, {1}}, Reduced{{40, 1000}, {1}},
                                         Reduced{{3, 20000}, {1}}, Reduced{{50000}, {0}},
                                         Reduced{{20000, 3}, {0}}, Reduced{{6, 50, 16}, {1}},
                                         Reduced{{6, 1, 16}, {1}}));

TEST(CudaArgTest, NanLosesAgainstNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ExpectSame({Tensor::Of<float>({3, 4}, {nan, 1, 2, nan, nan, nan, nan, nan, 3, nan, 3, 1}),
              Tensor::Scalar<int32_t>(1)},
             0, [&](const Scope& scope, const std::vector<Output>& in) {
               return scope.Op("ArgMax").In(in[0]).In(in[1]).Build();
             });
}

TEST(CudaReductionTest, NanStays) {
  std::vector<float> values(10000, 1);
  values[4321] = std::numeric_limits<float>::quiet_NaN();
  for (const char* op : {"Max", "Min", "Sum"}) {
    ExpectSame({Tensor::Of<float>({10000}, values), Tensor::Scalar<int32_t>(0)}, 0,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op(op).In(in[0]).In(in[1]).Build();
               });
  }
}

// Which shows as well that nothing here falls back on the CPU.
TEST(CudaReductionTest, NarrowIntegersAreLeftToTheCpu) {
  const auto ran = RunOnGpu({Tensor::Vector<uint8_t>({1, 2}), Tensor::Scalar<int32_t>(0)},
                            [](const Scope& scope, const std::vector<Output>& in) {
                              return scope.Op("Sum").In(in[0]).In(in[1]).Build();
                            });
  EXPECT_TRUE(absl::IsUnimplemented(ran.status())) << ran.status();
}

TEST(CudaSoftmaxTest, RowsOfAllLengths) {
  for (int64_t n : {1, 3, 5, 10, 32, 100, 128, 130, 513, 4097, 10000}) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE}) {
      SCOPED_TRACE(absl::StrCat(DataTypeName(type), " ", n));
      const Tensor logits = Numbers(type, {11, n}), labels = Numbers(type, {11, n}, 7);
      for (const char* op : {"Softmax", "LogSoftmax"}) {
        ExpectSame({logits}, ToleranceOf(type),
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op).In(in[0]).Build();
                   });
      }
      ExpectSame({logits, labels}, ToleranceOf(type) * std::sqrt(static_cast<double>(n)) * 4,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("SoftmaxCrossEntropyWithLogits").In(in[0]).In(in[1]).Build();
                 });
      std::vector<int64_t> classes(11);
      for (int64_t i = 0; i < 11; ++i) classes[i] = i * 997 % n;
      ExpectSame(
          {logits, Tensor::Vector<int64_t>(classes)}, ToleranceOf(type) * 2,
          [&](const Scope& scope, const std::vector<Output>& in) {
            return scope.Op("SparseSoftmaxCrossEntropyWithLogits").In(in[0]).In(in[1]).Build();
          });
    }
  }
}

TEST(CudaSoftmaxTest, InfiniteLogits) {
  const float inf = std::numeric_limits<float>::infinity();
  for (int64_t n : {4, 5000}) {  // Kept, and read twice.
    for (float special : {inf, -inf, std::numeric_limits<float>::quiet_NaN()}) {
      std::vector<float> values(3 * n, 0.5f);
      values[1] = values[n] = values[n + 3] = special;
      std::fill_n(values.begin() + 2 * n, n, special);
      for (const char* op : {"Softmax", "LogSoftmax"}) {
        SCOPED_TRACE(absl::StrCat(op, " ", n, " ", special));
        ExpectSame({Tensor::Of<float>({3, n}, values)}, 1e-5,
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op).In(in[0]).Build();
                   });
      }
    }
  }
}

TEST(CudaCrossEntropyTest, StretchedInputs) {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{5, 7}, {1, 7}}, {{5, 1}, {5, 7}}, {{1, 7}, {5, 1}}, {{5, 0}, {5, 0}}};
  for (const auto& [x, z] : shapes) {
    SCOPED_TRACE(x.ToString() + z.ToString());
    ExpectSame({Numbers(DT_FLOAT, x), Numbers(DT_FLOAT, z, 7)}, 1e-5,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("SoftmaxCrossEntropyWithLogits").In(in[0]).In(in[1]).Build();
               });
  }
}

// An error on the CPU.
TEST(CudaCrossEntropyTest, LabelsOutOfRangeGiveNan) {
  const auto ran =
      RunOnGpu({Tensor::Of<float>({3, 2}, {0, 0, 0, 0, 0, 0}), Tensor::Vector<int32_t>({1, 2, -1})},
               [](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("SparseSoftmaxCrossEntropyWithLogits").In(in[0]).In(in[1]).Build();
               });
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_NEAR((*ran)[0].data<float>()[0], std::log(2.0), 1e-6);
  for (int row : {1, 2}) {
    EXPECT_TRUE(std::isnan((*ran)[0].data<float>()[row]));
    EXPECT_TRUE(std::isnan((*ran)[1].data<float>()[row * 2]));
    EXPECT_TRUE(std::isnan((*ran)[1].data<float>()[row * 2 + 1]));
  }
}

// Images of few and many channels, in packs and not.
std::vector<std::pair<const char*, Shape>> Images() {
  return {{"NHWC", {4, 7, 7, 3}}, {"NHWC", {20, 16, 16, 8}}, {"NHWC", {2, 3, 3, 700}},
          {"NCHW", {4, 3, 7, 7}}, {"NCHW", {20, 5, 16, 16}}, {"NCHW", {2, 700, 3, 3}},
          {"NHWC", {0, 3, 3, 5}}, {"NCHW", {2, 5, 40, 40}},  {"NHWC", {1, 1, 1, 6}}};
}
int64_t ChannelsOf(absl::string_view format, const Shape& shape) {
  return shape.dim(format == "NCHW" ? 1 : 3);
}

TEST(CudaBiasTest, AddsAndSums) {
  for (const auto& [format, shape] : Images()) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_INT32}) {
      SCOPED_TRACE(absl::StrCat(format, " ", shape.ToString(), " ", DataTypeName(type)));
      const Tensor x = Numbers(type, shape);
      ExpectSame({x, Numbers(type, {ChannelsOf(format, shape)}, 7)}, 0,
                 [&, format = format](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("BiasAdd")
                       .In(in[0])
                       .In(in[1])
                       .Attr("data_format", std::string(format))
                       .Build();
                 });
      ExpectSame({x}, ToleranceOf(type) * 20,
                 [&, format = format](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("BiasAddGrad")
                       .In(in[0])
                       .Attr("data_format", std::string(format))
                       .Build();
                 });
    }
  }
}

TEST(CudaBatchNormTest, NormalizesAndItsGradient) {
  for (const auto& [format, shape] : Images()) {
    for (DataType type : {DT_HALF, DT_FLOAT}) {
      for (bool training : {true, false}) {
        SCOPED_TRACE(
            absl::StrCat(format, " ", shape.ToString(), " ", DataTypeName(type), " ", training));
        const Shape channels({ChannelsOf(format, shape)});
        const Tensor x = Numbers(type, shape), scale = Numbers(DT_FLOAT, channels, 2),
                     offset = Numbers(DT_FLOAT, channels, 3), mean = Numbers(DT_FLOAT, channels, 4);
        Tensor variance = Numbers(DT_FLOAT, channels, 5);
        for (int64_t i = 0; i < channels.dim(0); ++i) variance.mutable_data<float>()[i] += 2.5f;
        // The variance of one element is zero, and the result depends on each rounding.
        const double tolerance = ToleranceOf(type) * 10;
        const Tensor none = Numbers(DT_FLOAT, {0});
        const auto build = [&, format = format](const char* op, const Scope& scope,
                                                const std::vector<Output>& in) {
          OpBuilder builder = scope.Op(op);
          for (const Output& input : in) builder.In(input);
          return builder.Attr("data_format", std::string(format))
              .Attr("is_training", training)
              .Attr("epsilon", 1e-3f)
              .Build();
        };
        ExpectSame({x, scale, offset, training ? none : mean, training ? none : variance},
                   tolerance, [&](const Scope& scope, const std::vector<Output>& in) {
                     return build("FusedBatchNormV3", scope, in);
                   });
        ExpectSame({Numbers(type, shape, 9), x, scale, mean, variance}, tolerance * 2,
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return build("FusedBatchNormGradV2", scope, in);
                   });
      }
    }
  }
}

TEST(CudaActivationTest, LeakyReluOfWholePacksAndTheRest) {
  for (int64_t n : {1, 8, 1003}) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE}) {
      ExpectSame({Numbers(type, {n}), Numbers(type, {n}, 7)}, ToleranceOf(type),
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("LeakyReluGrad")
                       .In(scope.Op("LeakyRelu").In(in[0]).Build())
                       .In(in[1])
                       .Attr("alpha", 0.3f)
                       .Build();
                 });
    }
  }
}

}  // namespace
}  // namespace weir
