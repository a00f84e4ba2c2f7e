// Kernels of the GPU that training takes, over the emulated CUDA runtime, at sizes that the
// recorded cases do not have: many blocks, nothing at all, repeated places, odd numbers of
// channels.

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "weir/examples/mnist_deep/drawn_digits.h"
#include "weir/examples/mnist_deep/network.h"
#include "weir/ops/standard_ops.h"
#include "weir/runtime/resource_store.h"
#include "weir/runtime/variable_state.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

Tensor FloatScalar(DataType type, float value) {
  switch (type) {
    case DT_HALF: return Tensor::Scalar<Half>(Half(value));
    case DT_FLOAT: return Tensor::Scalar<float>(value);
    default: return Tensor::Scalar<double>(value);
  }
}

// The step `op` on variables of `shape`, a sparse one at the rows `indices`; slots are positive, as
// squares are.
Updates StepOf(const OpSpec& op, DataType type, const Shape& shape, const Tensor& indices = {}) {
  Updates u{.op = op.name, .resources = absl::StartsWith(op.name, "Resource")};
  float scalar = 0.1f;
  for (const ArgSpec& arg : op.inputs) {
    if (arg.is_ref || arg.type == DT_RESOURCE) {
      const uint32_t seed = static_cast<uint32_t>(u.variables.size()) + 1;
      u.variables.push_back(Numbers(type, shape, seed, u.variables.empty() ? 0 : 2.5));
    } else if (arg.name == "grad" || arg.name == "delta") {
      const bool is_sparse = indices.rank() > 0;
      u.inputs.push_back(
          Numbers(type, is_sparse ? shape.WithDim(0, indices.num_elements()) : shape, 9));
    } else if (arg.name == "indices") {
      u.inputs.push_back(indices);
    } else if (arg.name == "global_step") {
      u.inputs.push_back(Tensor::Scalar<int64_t>(3));
    } else {
      u.inputs.push_back(FloatScalar(type, arg.name == "lr_power" ? -0.5f : scalar));
      scalar += 0.1f;
    }
  }
  return u;
}

bool IsDenseStep(const OpSpec& op) {
  return absl::StartsWith(op.name, "Apply") || absl::StartsWith(op.name, "ResourceApply");
}

TEST(CudaTrainingTest, StepsOfAllRules) {
  int steps = 0;
  for (const auto& op : StandardOps().ops()) {
    if (!IsDenseStep(*op)) continue;
    ++steps;
    for (DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE}) {
      for (const Shape& shape : {Shape({3, 7}), Shape({20011}), Shape({0, 4}), Shape()}) {
        SCOPED_TRACE(absl::StrCat(op->name, " ", DataTypeName(type), " ", shape.ToString()));
        ExpectSameUpdates(StepOf(*op, type, shape), ToleranceOf(type) * 4);
      }
    }
  }
  EXPECT_EQ(steps, 34);
}

bool IsSparseStep(const OpSpec& op) {
  return absl::StartsWith(op.name, "SparseApply") ||
         absl::StartsWith(op.name, "ResourceSparseApply");
}

// Indices of `rows` rows, of which some are there again and again.
Tensor RepeatedRows(int64_t n, int64_t rows) {
  std::vector<int64_t> indices(n);
  for (int64_t i = 0; i < n; ++i) indices[i] = i % 3 == 0 ? 1 : i * i * 31 % rows;
  return Tensor::Vector<int64_t>(indices);
}

// The updates of a row are made one after the other, in the order of the indices.
TEST(CudaTrainingTest, SparseStepsOfAllRules) {
  int steps = 0;
  for (const auto& op : StandardOps().ops()) {
    if (!IsSparseStep(*op)) continue;
    ++steps;
    for (DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE}) {
      for (const auto& [n, shape] : {std::pair{9, Shape({5, 7})},
                                     {1500, Shape({2000, 3})},
                                     {12, Shape({2, 3, 400})},
                                     {0, Shape({4, 4})}}) {
        SCOPED_TRACE(absl::StrCat(op->name, " ", DataTypeName(type), " ", n, shape.ToString()));
        ExpectSameUpdates(StepOf(*op, type, shape, RepeatedRows(n, shape.dim(0))),
                          ToleranceOf(type) * 20);
      }
    }
  }
  EXPECT_EQ(steps, 23);
}

TEST(CudaTrainingTest, SparseStepsLeaveOutRowsOutside) {
  const auto got = Update("/gpu:0", WithGpu(),
                          {.op = "ResourceSparseApplyProximalGradientDescent",
                           .variables = {Tensor::Of<float>({2, 1}, {10, 20})},
                           .inputs = {Tensor::Scalar(1.0f), Tensor::Scalar(0.0f),
                                      Tensor::Scalar(0.0f), Tensor::Of<float>({4, 1}, {1, 2, 3, 4}),
                                      Tensor::Vector<int32_t>({-1, 1, 2, 1})}});
  ASSERT_TRUE(got.ok()) << got.status();
  ExpectClose(*got, {Tensor::Of<float>({2, 1}, {10, 8})}, 0);
}

TEST(CudaTrainingTest, StepsOfComplexVariables) {
  const Tensor x = Tensor::Of<Complex64>({2}, {{1, 2}, {-3, 0.5f}});
  const Tensor alpha = Tensor::Scalar<Complex64>({0.5f, -1});
  for (const char* op : {"ApplyGradientDescent", "ResourceApplyGradientDescent"}) {
    ExpectSameUpdates({.op = op, .resources = op[0] == 'R', .variables = {x}, .inputs = {alpha, x}},
                      1e-6);
  }
}

TEST(CudaVariableTest, AddsAndSubtracts) {
  for (const char* op : {"AssignAdd", "AssignSub"}) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_INT32, DT_INT64}) {
      for (const Shape& shape : {Shape({20011}), Shape({0, 4}), Shape()}) {
        SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", shape.ToString()));
        const Tensor x = Numbers(type, shape), by = Numbers(type, shape, 7);
        ExpectSameUpdates({.op = op, .resources = false, .variables = {x}, .inputs = {by}}, 0);
        ExpectSameUpdates({.op = absl::StrCat(op, "VariableOp"), .variables = {x}, .inputs = {by}},
                          0);
      }
    }
  }
}

// Two numbers as an attr has them, of the rows and columns among all dimensions.
std::vector<int64_t> InFormat(absl::string_view format, const std::vector<int64_t>& extents) {
  return format == "NCHW" ? std::vector<int64_t>{1, 1, extents[0], extents[1]}
                          : std::vector<int64_t>{1, extents[0], extents[1], 1};
}

struct Window {
  const char* format;
  Shape image;
  std::vector<int64_t> window, strides;
  const char* padding;
};

class PoolTest : public testing::TestWithParam<Window> {
 protected:
  Operation Pool(const Scope& scope, const char* op, const std::vector<Output>& in) const {
    OpBuilder builder = scope.Op(op);
    for (const Output& input : in) builder.In(input);
    return builder.Attr("ksize", InFormat(GetParam().format, GetParam().window))
        .Attr("strides", InFormat(GetParam().format, GetParam().strides))
        .Attr("padding", std::string(GetParam().padding))
        .Attr("data_format", std::string(GetParam().format))
        .Build();
  }
};

TEST_P(PoolTest, MaximaAndTheirGradients) {
  for (DataType type : {DT_HALF, DT_FLOAT, DT_INT32}) {  // Half and int32 have equal elements.
    SCOPED_TRACE(DataTypeName(type));
    ExpectSame({Numbers(type, GetParam().image)}, 0,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 return Pool(scope, "MaxPool", {in[0]});
               });
    ExpectSame({Numbers(type, GetParam().image)}, ToleranceOf(type) * 10,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 const Output y = Pool(scope, "MaxPool", {in[0]});
                 return Pool(scope, "MaxPoolGrad", {in[0], y, y});
               });
    ExpectSame({Numbers(type, GetParam().image), Numbers(type, GetParam().image, 7)}, 0,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 const Output y = Pool(scope, "MaxPool", {in[0]});
                 return Pool(scope, "MaxPoolGradGrad", {in[0], y, in[1]});
               });
  }
}

TEST_P(PoolTest, MeansAndTheirGradient) {
  std::vector<int32_t> extents;
  for (int64_t extent : GetParam().image.dims()) extents.push_back(static_cast<int32_t>(extent));
  for (DataType type : {DT_HALF, DT_FLOAT}) {
    SCOPED_TRACE(DataTypeName(type));
    const Tensor x = Numbers(type, GetParam().image);
    ExpectSame({x}, ToleranceOf(type), [&](const Scope& scope, const std::vector<Output>& in) {
      return Pool(scope, "AvgPool", {in[0]});
    });
    ExpectSame({x, Tensor::Vector<int32_t>(extents)}, ToleranceOf(type) * 10,
               [&](const Scope& scope, const std::vector<Output>& in) {
                 return Pool(scope, "AvgPoolGrad", {in[1], Pool(scope, "AvgPool", {in[0]})});
               });
  }
}

INSTANTIATE_TEST_SUITE_P(
    Windows, PoolTest,
    testing::Values(Window{"NHWC", {3, 14, 14, 5}, {2, 2}, {2, 2}, "VALID"},
                    Window{"NHWC", {2, 15, 13, 33}, {3, 2}, {2, 3}, "SAME"},
                    Window{"NHWC", {1, 40, 41, 1}, {5, 5}, {1, 1}, "SAME"},
                    Window{"NHWC", {2, 7, 7, 300}, {7, 7}, {1, 1}, "VALID"},
                    Window{"NHWC", {2, 9, 9, 3}, {2, 2}, {3, 3}, "VALID"},  // With gaps.
                    Window{"NHWC", {0, 8, 8, 3}, {2, 2}, {2, 2}, "VALID"},
                    Window{"NCHW", {3, 5, 14, 14}, {2, 2}, {2, 2}, "VALID"},
                    Window{"NCHW", {2, 3, 15, 40}, {3, 2}, {2, 1}, "SAME"}));

struct Convolution {
  const char* format;
  Shape image, filter;
  std::vector<int64_t> strides, dilations;
  const char* padding;
  std::vector<int64_t> explicit_paddings = {};
};

class ConvTest : public testing::TestWithParam<Convolution> {
 protected:
  Operation Convolve(const Scope& scope, const std::string& op,
                     const std::vector<Output>& in) const {
    const Convolution& c = GetParam();
    OpBuilder builder = scope.Op(op);
    for (const Output& input : in) builder.In(input);
    builder.Attr("strides", InFormat(c.format, c.strides))
        .Attr("dilations", InFormat(c.format, c.dilations))
        .Attr("padding", std::string(c.padding))
        .Attr("data_format", std::string(c.format));
    if (!c.explicit_paddings.empty()) builder.Attr("explicit_paddings", c.explicit_paddings);
    return builder.Build();
  }
  static Tensor ExtentsOf(const Shape& shape) {
    std::vector<int32_t> extents;
    for (int64_t extent : shape.dims()) extents.push_back(static_cast<int32_t>(extent));
    return Tensor::Vector<int32_t>(extents);
  }
  // The three passes; the output's gradient is the output.
  void CheckPasses(const std::string& op) const {
    const Convolution& c = GetParam();
    for (DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE}) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      const Tensor x = Numbers(type, c.image), w = Numbers(type, c.filter, 7);
      const double tolerance = ToleranceOf(type) * 50;
      ExpectSame({x, w}, tolerance, [&](const Scope& scope, const std::vector<Output>& in) {
        return Convolve(scope, op, in);
      });
      ExpectSame({x, w, ExtentsOf(c.image)}, tolerance * 20,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   const Output y = Convolve(scope, op, {in[0], in[1]});
                   return Convolve(scope, op + "BackpropInput", {in[2], in[1], y});
                 });
      ExpectSame({x, w, ExtentsOf(c.filter)}, tolerance * 50,
                 [&](const Scope& scope, const std::vector<Output>& in) {
                   const Output y = Convolve(scope, op, {in[0], in[1]});
                   return Convolve(scope, op + "BackpropFilter", {in[0], in[2], y});
                 });
    }
  }
};

class Conv2DTest : public ConvTest {};
TEST_P(Conv2DTest, PassesAgree) { CheckPasses("Conv2D"); }

INSTANTIATE_TEST_SUITE_P(
    Shapes, Conv2DTest,
    testing::Values(
        Convolution{"NHWC", {2, 12, 11, 3}, {3, 3, 3, 5}, {1, 1}, {1, 1}, "SAME"},
        Convolution{"NHWC", {2, 12, 11, 3}, {3, 2, 3, 70}, {2, 3}, {1, 1}, "VALID"},
        Convolution{"NHWC", {3, 17, 16, 8}, {3, 3, 8, 33}, {1, 1}, {2, 3}, "SAME"},
        Convolution{"NHWC", {2, 9, 9, 65}, {1, 1, 65, 66}, {1, 1}, {1, 1}, "VALID"},
        Convolution{"NHWC", {5, 28, 28, 1}, {5, 5, 1, 32}, {1, 1}, {1, 1}, "SAME"},
        Convolution{"NHWC", {2, 8, 8, 6}, {3, 3, 2, 9}, {1, 1}, {1, 1}, "SAME"},  // Three groups.
        Convolution{"NHWC",
                    {2, 8, 9, 3},
                    {3, 3, 3, 4},
                    {2, 2},
                    {1, 1},
                    "EXPLICIT",
                    {0, 0, 2, 0, 1, 3, 0, 0}},
        Convolution{"NHWC", {0, 8, 9, 3}, {3, 3, 3, 4}, {1, 1}, {1, 1}, "SAME"},
        Convolution{"NCHW", {2, 3, 12, 11}, {3, 3, 3, 5}, {1, 1}, {1, 1}, "SAME"},
        Convolution{"NCHW", {3, 8, 17, 16}, {3, 3, 8, 33}, {2, 1}, {1, 2}, "VALID"},
        Convolution{"NCHW",
                    {2, 3, 8, 9},
                    {3, 3, 3, 4},
                    {2, 2},
                    {1, 1},
                    "EXPLICIT",
                    {0, 0, 0, 0, 2, 0, 1, 3}}));

class DepthwiseTest : public ConvTest {};
TEST_P(DepthwiseTest, PassesAgree) { CheckPasses("DepthwiseConv2dNative"); }

INSTANTIATE_TEST_SUITE_P(
    Shapes, DepthwiseTest,
    testing::Values(Convolution{"NHWC", {2, 12, 11, 5}, {3, 3, 5, 1}, {1, 1}, {1, 1}, "SAME"},
                    Convolution{"NHWC", {2, 12, 11, 3}, {3, 2, 3, 2}, {2, 2}, {1, 1}, "VALID"},
                    Convolution{"NHWC", {3, 40, 40, 33}, {3, 3, 33, 1}, {1, 1}, {1, 1}, "SAME"},
                    Convolution{"NHWC", {0, 8, 9, 3}, {3, 3, 3, 2}, {1, 1}, {1, 1}, "SAME"},
                    Convolution{"NCHW", {2, 5, 12, 11}, {3, 3, 5, 2}, {1, 1}, {1, 1}, "SAME"},
                    Convolution{"NCHW", {2, 5, 1, 1}, {1, 1, 5, 2}, {1, 1}, {1, 1}, "SAME"}));

// The losses of some steps of examples/mnist_deep on one batch.
absl::StatusOr<std::vector<Tensor>> LossesOnDigits(const SessionOptions& options) {
  ASSIGN_OR_RETURN(const mnist_deep::Data data, mnist_deep::DrawDigits(3, 1, /*seed=*/5));
  const Scope scope = Scope::Root();
  const mnist_deep::Network net = mnist_deep::BuildNetwork(scope, /*seed=*/1);
  RETURN_IF_ERROR(scope.status());
  ASSIGN_OR_RETURN(const Session session, Session::Create(scope, options));
  RETURN_IF_ERROR(session.Run({}, {}, {net.init}).status());
  const std::vector<FeedRef> feeds = {{net.x, data.train.images},
                                      {net.labels, data.train.labels},
                                      {net.keep_prob, Tensor::Scalar<float>(1)}};
  std::vector<Tensor> losses;
  for (int step = 0; step < 4; ++step) {
    ASSIGN_OR_RETURN(const std::vector<Tensor> loss, session.Run(feeds, {net.loss}, {net.train}));
    losses.push_back(loss[0]);
  }
  const auto first =
      std::dynamic_pointer_cast<Variable>(session.resources().Find("", "conv1/weight"));
  if (first == nullptr || (first->memory() == nullptr) != options.devices.empty()) {
    return absl::InternalError("the variable is not where its device is");
  }
  return losses;
}

TEST(CudaTrainingTest, ANetworkLearnsAsOnTheCpu) {
  SessionOptions gpu = WithGpu();
  gpu.allow_soft_placement = true;
  const auto got = LossesOnDigits(gpu);
  ASSERT_TRUE(got.ok()) << got.status();
  const auto want = LossesOnDigits({.threads = 1});
  ASSERT_TRUE(want.ok()) << want.status();
  ExpectClose(*got, *want, 1e-2);
  EXPECT_LT(*got->back().data<float>(), *got->front().data<float>() / 2);
}

}  // namespace
}  // namespace weir
