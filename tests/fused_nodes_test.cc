// Which chains of nodes a program for a device computes at once, and that results stay the same.

#include "weir/runtime/fused_nodes.h"

#include <map>
#include <set>

#include "gtest/gtest.h"
#include "weir/ops/bias_add.h"
#include "weir/ops/constant.h"
#include "weir/ops/conv2d.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/reduction.h"
#include "weir/ops/variables_util.h"
#include "weir/proto/config.pb.h"
#include "weir/runtime/session.h"
#include "weir/tests/fake_gpu.h"

namespace weir {
namespace {

SessionOptions OnGpu() {
  SessionOptions options;
  options.threads = 1;
  options.kernels = &FakeGpuKernels();
  options.devices = {std::make_shared<FakeGpu>()};
  return options;
}

// A layer on the GPU: x [2, 3], w [3, 2], b [2].
struct Layer {
  Layer() {
    x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1, 3});
    w = ops::Placeholder(scope.Named("w"), DT_FLOAT, {3, 2});
    b = ops::Placeholder(scope.Named("b"), DT_FLOAT, {2});
    product = ops::MatMul(scope.Named("product"), x, w);
    sum = ops::BiasAdd(scope.Named("sum"), product, b);
    y = scope.Named("y").Op("Relu").In(sum).Build();
  }

  std::vector<FeedRef> feeds() const {
    return {{x, Tensor::Of<float>({2, 3}, {1, 2, 3, -1, 0, 1})},
            {w, Tensor::Of<float>({3, 2}, {1, -1, 2, .5f, 0, -2})},
            {b, Tensor::Vector<float>({-3, 4})}};
  }

  Scope scope = Scope::Root();
  Output x, w, b, product, sum, y;
};

// How many nodes of each op ran.
using Counts = std::map<std::string, size_t>;

// Runs on the GPU, and checks that the CPU gives the same.
Counts CountOps(const Scope& scope, const std::vector<FeedRef>& feeds,
                const std::vector<TensorRef>& fetches, const std::vector<TargetRef>& targets = {},
                const SessionOptions& options = OnGpu()) {
  CallOptions traced;
  traced.trace = true;
  RunMetadata metadata;
  Session gpu = Session::Create(scope, options).value();
  Session cpu = Session::Create(scope, {.threads = 1}).value();
  const auto got = gpu.Run(feeds, fetches, targets, traced, &metadata);
  const auto want = cpu.Run(feeds, fetches, targets);
  EXPECT_TRUE(got.ok()) << got.status();
  EXPECT_TRUE(want.ok()) << want.status();
  if (!got.ok() || !want.ok()) return {};
  for (size_t i = 0; i < want->size(); ++i) {
    EXPECT_EQ((*got)[i].ToString(), (*want)[i].ToString()) << i;
  }
  std::map<std::string, std::set<std::string>> names;  // A copy of an input counts as its reader.
  for (const NodeExecStats& step : metadata.step_stats().dev_stats(0).node_stats()) {
    const std::string& label = step.timeline_label();
    names[label.substr(label.rfind(' ') + 1)].insert(step.node_name());
  }
  Counts counts;
  for (const auto& [op, nodes] : names) counts[op] = nodes.size();
  return counts;
}

size_t CountFused(const Counts& counts, const char* op = "_FusedMatMul") {
  const auto found = counts.find(op);
  return found == counts.end() ? 0 : found->second;
}

TEST(FusedNodes, BiasAndReluGoWithTheProduct) {
  const Layer layer;
  const Counts counts = CountOps(layer.scope, layer.feeds(), {layer.y});
  EXPECT_EQ(CountFused(counts), 1u);
  EXPECT_EQ(counts.count("MatMul"), 0u);
  EXPECT_EQ(counts.count("BiasAdd"), 0u);
  EXPECT_EQ(counts.count("Relu"), 0u);
  // Without the Relu, too.
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.sum})), 1u);
}

TEST(FusedNodes, NotOnTheHostNorWithoutOptimisation) {
  const Layer layer;
  SessionOptions options = OnGpu();
  options.optimize = false;
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.y}, {}, options)), 0u);
  EXPECT_EQ(
      CountFused(CountOps(layer.scope, layer.feeds(), {layer.y}, {}, SessionOptions{.threads = 1})),
      0);
}

TEST(FusedNodes, WhatIsFetchedIsComputed) {
  const Layer layer;
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.y, layer.product})), 0u);
  const Counts counts = CountOps(layer.scope, layer.feeds(), {layer.y, layer.sum});
  EXPECT_EQ(CountFused(counts), 1u);
  EXPECT_EQ(counts.at("Relu"), 1u);
}

TEST(FusedNodes, WhatIsFedIsNotComputed) {
  const Layer layer;
  std::vector<FeedRef> feeds = {{layer.product, Tensor::Of<float>({1, 2}, {5, -5})},
                                {layer.b, Tensor::Vector<float>({1, 2})}};
  EXPECT_EQ(CountFused(CountOps(layer.scope, feeds, {layer.y})), 0u);
}

TEST(FusedNodes, OtherReadersKeepAProductSingle) {
  const Layer layer;
  const Output other = layer.scope.Op("Neg").In(layer.product).Build();
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.y, other})), 0u);
  // A reader that the run does not need is none.
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.y})), 1u);
}

TEST(FusedNodes, ControlEdgesAndTargetsKeepAProductSingle) {
  const Layer layer;
  const Output after =
      layer.scope.ControlDependencies({layer.product.op()}).Op("Neg").In(layer.b).Build();
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.y, after})), 0u);
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.y}, {layer.product.op()})), 0u);
}

TEST(FusedNodes, AnAddOfAVectorIsABias) {
  const Layer layer;
  for (const char* op : {"Add", "AddV2"}) {
    for (const bool bias_first : {false, true}) {
      const Output sum = layer.scope.Op(op)
                             .In(bias_first ? layer.b : layer.product)
                             .In(bias_first ? layer.product : layer.b)
                             .Build();
      EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {sum})), 1u) << op << bias_first;
    }
  }
}

TEST(FusedNodes, OtherAddsAreNone) {
  const Layer layer;
  const auto count_with = [&](const PartialShape& shape, const Tensor& value) {
    const Output other = ops::Placeholder(layer.scope, DT_FLOAT, shape);
    std::vector<FeedRef> feeds = layer.feeds();
    feeds.emplace_back(other, value);
    return CountFused(CountOps(layer.scope, feeds, {layer.product + other}));
  };
  EXPECT_EQ(count_with({2}, Tensor::Vector<float>({1, 2})), 1);
  EXPECT_EQ(count_with({1}, Tensor::Vector<float>({1})), 0);
  EXPECT_EQ(count_with({}, Tensor::Scalar<float>(1)), 0);
  EXPECT_EQ(count_with({1, 2}, Tensor::Of<float>({1, 2}, {1, 2})), 0);
  EXPECT_EQ(count_with({-1}, Tensor::Vector<float>({1, 2})), 0);
  EXPECT_EQ(count_with({2, 2}, Tensor::Of<float>({2, 2}, {1, 2, 3, 4})), 0);
}

// A convolution on the GPU.
struct ConvolutionLayer {
  explicit ConvolutionLayer(const char* data_format) : is_first(data_format[1] == 'C') {
    ops::Conv2DOptions options;
    options.data_format = data_format;
    x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {1, 2, 2, 2});
    w = ops::Placeholder(scope.Named("w"), DT_FLOAT, {1, 1, 2, 2});
    b = ops::Placeholder(scope.Named("b"), DT_FLOAT, {2});
    y = ops::Conv2D(scope.Named("y"), x, w, options);
  }

  std::vector<FeedRef> feeds() const {
    return {{x, Tensor::Of<float>({1, 2, 2, 2}, {1, 2, 3, -1, 0, 1, 4, -2})},
            {w, Tensor::Of<float>({1, 1, 2, 2}, {1, -1, 2, .5f})},
            {b, Tensor::Vector<float>({-3, 4})}};
  }
  Output BiasAdd(const char* data_format) const {
    return scope.Op("BiasAdd").In(y).In(b).Attr("data_format", data_format).Build();
  }
  size_t CountFusedIn(const Output& output) const {
    return CountFused(CountOps(scope, feeds(), {output}), "_FusedConv2D");
  }

  Scope scope = Scope::Root();
  bool is_first;
  Output x, w, b, y;
};

TEST(FusedNodes, BiasAndReluGoWithTheConvolution) {
  for (const char* data_format : {"NHWC", "NCHW"}) {
    const ConvolutionLayer layer(data_format);
    const Output sum = layer.BiasAdd(data_format);
    const Output relu = layer.scope.Op("Relu").In(sum).Build();
    EXPECT_EQ(layer.CountFusedIn(sum), 1u) << data_format;
    const Counts counts = CountOps(layer.scope, layer.feeds(), {relu});
    EXPECT_EQ(CountFused(counts, "_FusedConv2D"), 1u) << data_format;
    EXPECT_EQ(counts.count("Relu"), 0u) << data_format;
    // An Add of a vector has its elements along the last dimension.
    EXPECT_EQ(layer.CountFusedIn(layer.y + layer.b), layer.is_first ? 0u : 1u);
    // As has the other format's bias.
    EXPECT_EQ(layer.CountFusedIn(layer.BiasAdd(layer.is_first ? "NHWC" : "NCHW")), 0u);
  }
}

TEST(FusedNodes, EqualChainsAreComputedOnce) {
  const Layer layer;
  const Output product = ops::MatMul(layer.scope, layer.x, layer.w);
  const Output again =
      layer.scope.Op("Relu").In(ops::BiasAdd(layer.scope, product, layer.b)).Build();
  EXPECT_EQ(CountFused(CountOps(layer.scope, layer.feeds(), {layer.y, again})), 1u);
}

// The product is of the value that the variable had when the product's turn came.
TEST(FusedNodes, UpdatesInBetweenAreNotSeen) {
  for (const bool use_resource : {false, true}) {
    const Scope scope = Scope::Root();
    const Output x = ops::Placeholder(scope, DT_FLOAT, {1, 2});
    const auto w =
        GetVariable(scope, "w", Shape({2, 2}), Constant(1), {.use_resource = use_resource});
    const Operation init = GlobalVariablesInitializer(scope);
    const Output product = ops::MatMul(scope, x, w);
    const Operation update = w.AssignAdd(scope, ops::Ones(scope, Shape({2, 2})));
    const Scope later = scope.ControlDependencies({update});
    const Output sum = ops::BiasAdd(later, product, ops::Const(later, {10.0f, 20.0f}));
    Session gpu = Session::Create(scope, OnGpu()).value();
    Session cpu = Session::Create(scope, {.threads = 1}).value();
    for (Session* session : {&gpu, &cpu}) {
      ASSERT_TRUE(session->Run({}, {}, {init}).ok());
      for (const char* want : {"float [1,2] {13, 23}", "float [1,2] {16, 26}"}) {
        const auto ran = session->Run({{x, Tensor::Of<float>({1, 2}, {1, 2})}}, {sum}, {});
        ASSERT_TRUE(ran.ok()) << ran.status();
        EXPECT_EQ((*ran)[0].ToString(), want) << use_resource;
      }
    }
  }
}

TEST(FusedNodes, TrainingGivesTheBitsOfTheCpu) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1, 3});
  const auto w = GetVariable(scope, "w", Shape({3, 4}), Constant(0.25));
  const auto b = GetVariable(scope, "b", Shape({4}), Constant(0.5));
  const Output hidden = scope.Op("Relu").In(ops::MatMul(scope, x, w) + b).Build();
  const Output loss = ops::ReduceMean(scope, hidden * hidden);
  const Operation train = AdamOptimizer(0.1).Minimize(scope, loss);
  const Operation init = GlobalVariablesInitializer(scope);
  Session gpu = Session::Create(scope, OnGpu()).value();
  Session cpu = Session::Create(scope, {.threads = 1}).value();
  const Tensor batch = Tensor::Of<float>({2, 3}, {1, 2, 3, -1, 0, 1});
  ASSERT_TRUE(gpu.Run({}, {}, {init}).ok());
  ASSERT_TRUE(cpu.Run({}, {}, {init}).ok());
  for (int i = 0; i < 5; ++i) {
    CallOptions traced;
    traced.trace = true;
    RunMetadata metadata;
    const auto got = gpu.Run({{x, batch}}, {loss}, {train}, traced, &metadata);
    const auto want = cpu.Run({{x, batch}}, {loss}, {train});
    ASSERT_TRUE(got.ok() && want.ok()) << got.status() << want.status();
    EXPECT_EQ((*got)[0].ToString(), (*want)[0].ToString());
    bool fused = false;
    for (const NodeExecStats& step : metadata.step_stats().dev_stats(0).node_stats()) {
      fused |= step.timeline_label().find("_FusedMatMul") != std::string::npos;
    }
    EXPECT_TRUE(fused);
  }
}

}  // namespace
}  // namespace weir
