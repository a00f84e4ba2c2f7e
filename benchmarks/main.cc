// Times Weir on the cases of the suite: a JSON line per case. `benchmarks/run` adds the peers.
//
//   bench THREADS [case prefix ...]

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "weir/benchmarks/measure.h"
#include "weir/core/philox.h"
#include "weir/examples/mnist_deep/network.h"
#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/ops/activation.h"
#include "weir/ops/binary.h"
#include "weir/ops/constant.h"
#include "weir/ops/cross_entropy.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/reduction.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/session.h"

namespace weir::benchmarks {
namespace {

// Uniform numbers on [low, high), the same on every run.
Tensor Numbers(const Shape& shape, float low, float high, uint64_t seed) {
  Tensor tensor = Tensor::Make(DT_FLOAT, shape).value_or(Tensor());
  PhiloxWords words(Philox(seed, 0));
  for (float& v : tensor.mutable_values<float>()) {
    v = low + (high - low) * UniformFloat(words.Next());
  }
  return tensor;
}

Tensor OneHot(int64_t batch, int64_t classes) {
  Tensor tensor = Tensor::Zeros(DT_FLOAT, Shape({batch, classes})).value_or(Tensor());
  PhiloxWords words(Philox(7, 0));
  for (int64_t i = 0; i < batch; ++i) {
    tensor.mutable_data<float>()[i * classes + words.Next() % classes] = 1;
  }
  return tensor;
}

class Suite {
 public:
  Suite(int threads, std::vector<std::string> prefixes)
      : threads_(threads), prefixes_(std::move(prefixes)) {
    options_.threads = threads;
  }

  absl::Status Run() {
    RETURN_IF_ERROR(CallFloor());
    for (int64_t n : {1'000, 100'000}) RETURN_IF_ERROR(ChainOps(n));
    for (int64_t n : {1'000, 100'000, 1'000'000}) RETURN_IF_ERROR(GraphBuild(n));
    RETURN_IF_ERROR(GradientBuild(10'000));
    for (bool adam : {false, true}) RETURN_IF_ERROR(MlpTrain("mlp_tiny", {4, 64, 64, 2}, 32, adam));
    for (int64_t batch : {1, 32, 128}) {
      for (bool adam : {false, true}) {
        RETURN_IF_ERROR(MlpTrain("mlp_mnist", {784, 512, 256, 10}, batch, adam));
      }
    }
    for (int64_t batch : {1, 32}) RETURN_IF_ERROR(MlpInfer(batch));
    for (int64_t batch : {50, 128}) RETURN_IF_ERROR(LenetTrain(batch));
    return absl::OkStatus();
  }

 private:
  bool Wanted(const std::string& name) const {
    if (prefixes_.empty()) return true;
    for (const std::string& prefix : prefixes_) {
      if (absl::StartsWith(name, prefix)) return true;
    }
    return false;
  }

  absl::Status Time(const std::string& name, const Callable& step, std::vector<Tensor> feeds,
                    size_t num_results, const Work& work = {}) {
    std::vector<Tensor> results(num_results);
    ASSIGN_OR_RETURN(const Measurement m,
                     Measure([&] { return step.Run(feeds, absl::MakeSpan(results)); }, 2.0));
    Report(name, threads_, m, work);
    return absl::OkStatus();
  }

  absl::Status CallFloor() {
    if (!Wanted("call_floor")) return absl::OkStatus();
    const Scope scope = Scope::Root();
    const Output x = ops::Placeholder(scope, DT_FLOAT, {});
    const Output y = x + 1.0f;
    ASSIGN_OR_RETURN(Session session, Session::Create(scope, options_));
    ASSIGN_OR_RETURN(const Callable step, session.Prepare({x}, {y}));
    return Time("call_floor", step, {Tensor::Scalar<float>(1)}, 1);
  }

  absl::Status ChainOps(int64_t n) {
    const std::string name = absl::StrCat("chain_ops_", n);
    if (!Wanted(name)) return absl::OkStatus();
    const Scope scope = Scope::Root();
    const Output x = ops::Placeholder(scope, DT_FLOAT, {});
    Output y = x;
    for (int64_t i = 0; i < n; ++i) y = ops::AddV2(scope, y, x);
    SessionOptions plain = options_;
    plain.optimize = false;
    ASSIGN_OR_RETURN(Session session, Session::Create(scope, plain));
    ASSIGN_OR_RETURN(const Callable step, session.Prepare({x}, {y}));
    return Time(name, step, {Tensor::Scalar<float>(1)}, 1, {.units = n});
  }

  // Build, import and prepare, per node.
  absl::Status GraphBuild(int64_t n) {
    const std::string name = absl::StrCat("graph_build_", n);
    if (!Wanted(name)) return absl::OkStatus();
    Output x, y;
    Scope scope = Scope::Root();
    const auto build = [&] {
      scope = Scope::Root();
      x = ops::Placeholder(scope, DT_FLOAT, {});
      y = x;
      for (int64_t i = 0; i < n; ++i) y = ops::AddV2(scope, y, x);
      return scope.status();
    };
    ASSIGN_OR_RETURN(Measurement m, Measure(build, 0.5));
    Report(name, threads_, m, {.units = n});
    GraphDef def;
    ExportGraphDef(scope.graph(), &def);
    ASSIGN_OR_RETURN(m, Measure(
                            [&] {
                              Graph graph(scope.graph().registry());
                              return ImportGraphDef(def, graph);
                            },
                            0.5));
    Report(absl::StrCat("graph_import_", n), threads_, m, {.units = n});
    ASSIGN_OR_RETURN(m, Measure(
                            [&]() -> absl::Status {
                              ASSIGN_OR_RETURN(Session session, Session::Create(scope, options_));
                              ASSIGN_OR_RETURN(const Callable step, session.Prepare({x}, {y}));
                              return step({Tensor::Scalar<float>(1)}).status();
                            },
                            0.5));
    Report(absl::StrCat("graph_prepare_", n), threads_, m, {.units = n});
    return absl::OkStatus();
  }

  absl::Status GradientBuild(int64_t n) {
    const std::string name = absl::StrCat("gradient_build_chain_", n);
    if (!Wanted(name)) return absl::OkStatus();
    int64_t created = 0;
    const auto build = [&]() -> absl::Status {
      const Scope scope = Scope::Root();
      const Output x = ops::Placeholder(scope, DT_FLOAT, {});
      Output y = x;
      for (int64_t i = 0; i < n; ++i) y = ops::Mul(scope, y, x);
      const int before = scope.graph().num_nodes();
      RETURN_IF_ERROR(AddGradients(scope, {y}, {x}).status());
      created = scope.graph().num_nodes() - before;
      return absl::OkStatus();
    };
    ASSIGN_OR_RETURN(const Measurement m, Measure(build, 0.5));
    Report(name, threads_, m, {.units = created + n});
    return absl::OkStatus();
  }

  // Bytes that an update of one parameter moves: the parameter and its moments both ways, and the
  // gradient, which the step writes before.
  static constexpr double kSgdBytes = 12, kAdamBytes = 28;

  struct Mlp {
    Scope scope = Scope::Root();
    Output x, labels, logits;
    Operation init;
  };

  static Mlp BuildMlp(const std::vector<int64_t>& sizes, int64_t batch) {
    Mlp net;
    net.x = ops::Placeholder(net.scope, DT_FLOAT, {batch, sizes.front()});
    net.labels = ops::Placeholder(net.scope, DT_FLOAT, {batch, sizes.back()});
    Output h = net.x;
    for (size_t i = 0; i + 1 < sizes.size(); ++i) {
      const Scope layer = net.scope.Sub(absl::StrCat("layer", i));
      const auto weight = GetVariable(layer, "w", Shape({sizes[i], sizes[i + 1]}),
                                      RandomNormal(0.05, 0, static_cast<int64_t>(i + 1)));
      const auto bias = GetVariable(layer, "b", Shape({sizes[i + 1]}), Zeros());
      h = ops::MatMul(layer, h, weight) + bias;
      if (i + 2 < sizes.size()) h = ops::Relu(layer, h);
    }
    net.logits = h;
    return net;
  }

  static double Parameters(const std::vector<int64_t>& sizes) {
    double count = 0;
    for (size_t i = 0; i + 1 < sizes.size(); ++i) {
      count += static_cast<double>((sizes[i] + 1) * sizes[i + 1]);
    }
    return count;
  }

  // A multiply-add per weight and example forward, and two backward; the first layer's input needs
  // no gradient.
  static double TrainingFlops(const std::vector<int64_t>& sizes, int64_t batch) {
    const double first = static_cast<double>(sizes[0] * sizes[1]);
    return 2.0 * static_cast<double>(batch) * (3 * Parameters(sizes) - first);
  }

  absl::Status MlpTrain(const std::string& tag, const std::vector<int64_t>& sizes, int64_t batch,
                        bool adam) {
    const std::string name = absl::StrCat(tag, "_train_b", batch, adam ? "_adam" : "_sgd");
    if (!Wanted(name)) return absl::OkStatus();
    const Mlp net = BuildMlp(sizes, batch);
    const Output loss = ops::ReduceMean(
        net.scope, ops::SoftmaxCrossEntropyWithLogits(net.scope, net.logits, net.labels).loss);
    const Operation train = adam ? AdamOptimizer(1e-3).Minimize(net.scope, loss)
                                 : GradientDescentOptimizer(1e-3).Minimize(net.scope, loss);
    const Operation init = GlobalVariablesInitializer(net.scope);
    ASSIGN_OR_RETURN(Session session, Session::Create(net.scope, options_));
    RETURN_IF_ERROR(session.Run({}, {}, {init}).status());
    ASSIGN_OR_RETURN(const Callable step, session.Prepare({net.x, net.labels}, {}, {train}));
    return Time(name, step,
                {Numbers(Shape({batch, sizes.front()}), 0, 1, 1), OneHot(batch, sizes.back())}, 0,
                {.flops = TrainingFlops(sizes, batch),
                 .bytes = Parameters(sizes) * (adam ? kAdamBytes : kSgdBytes)});
  }

  absl::Status MlpInfer(int64_t batch) {
    const std::string name = absl::StrCat("mlp_infer_b", batch);
    if (!Wanted(name)) return absl::OkStatus();
    const std::vector<int64_t> sizes = {784, 512, 256, 10};
    const Mlp net = BuildMlp(sizes, batch);
    const Operation init = GlobalVariablesInitializer(net.scope);
    ASSIGN_OR_RETURN(Session session, Session::Create(net.scope, options_));
    RETURN_IF_ERROR(session.Run({}, {}, {init}).status());
    ASSIGN_OR_RETURN(const Callable step, session.Prepare({net.x}, {net.logits}));
    return Time(name, step, {Numbers(Shape({batch, 784}), 0, 1, 1)}, 1,
                {.flops = 2 * static_cast<double>(batch) * Parameters(sizes),
                 .bytes = 4 * Parameters(sizes)});
  }

  absl::Status LenetTrain(int64_t batch) {
    const std::string name = absl::StrCat("lenet_train_b", batch, "_adam");
    if (!Wanted(name)) return absl::OkStatus();
    const Scope scope = Scope::Root();
    const mnist_deep::Network net = mnist_deep::BuildNetwork(scope, 1);
    ASSIGN_OR_RETURN(Session session, Session::Create(scope, options_));
    RETURN_IF_ERROR(session.Run({}, {}, {net.init}).status());
    ASSIGN_OR_RETURN(const Callable step,
                     session.Prepare({net.x, net.labels, net.keep_prob}, {}, {net.train}));
    // Multiply-adds per example: two convolutions over 28x28 and 14x14 positions, two products.
    constexpr double kConv1 = 784.0 * 25 * 32, kConv2 = 196.0 * 25 * 32 * 64;
    constexpr double kDense = 3136.0 * 1024 + 1024 * 10;
    constexpr double kParameters = 25.0 * 32 + 25 * 32 * 64 + kDense;
    return Time(
        name, step,
        {Numbers(Shape({batch, 784}), 0, 1, 1), OneHot(batch, 10), Tensor::Scalar<float>(0.5f)}, 0,
        {.flops = 2.0 * static_cast<double>(batch) * (2 * kConv1 + 3 * (kConv2 + kDense)),
         .bytes = kParameters * kAdamBytes});
  }

  const int threads_;
  const std::vector<std::string> prefixes_;
  SessionOptions options_;
};

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  std::printf("{\"ceiling\": true, \"fma_gflops\": %.1f, \"copy_gb_s\": %.2f}\n",
              weir::benchmarks::FmaGflops(), weir::benchmarks::CopyGigabytesPerSecond());
  weir::benchmarks::Suite suite(threads,
                                std::vector<std::string>(argv + std::min(argc, 2), argv + argc));
  const absl::Status status = suite.Run();
  if (!status.ok()) std::cerr << "bench: " << status << "\n";
  return status.ok() ? 0 : 1;
}
