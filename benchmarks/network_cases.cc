#include "absl/strings/str_cat.h"
#include "weir/benchmarks/cases.h"
#include "weir/benchmarks/inputs.h"
#include "weir/benchmarks/networks.h"
#include "weir/examples/mnist_deep/network.h"
#include "weir/ops/constant.h"
#include "weir/ops/cross_entropy.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/reduction.h"

namespace weir::benchmarks {
namespace {

absl::Status MlpTrain(const Suite& suite, const std::string& name,
                      const std::vector<int64_t>& sizes, int64_t batch, bool adam) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {batch, sizes.front()});
  const Output labels = ops::Placeholder(scope, DT_FLOAT, {batch, sizes.back()});
  const Output logits = BuildMlp(scope, sizes, x);
  const Output loss =
      ops::ReduceMean(scope, ops::SoftmaxCrossEntropyWithLogits(scope, logits, labels).loss);
  const Operation train = adam ? AdamOptimizer(1e-3).Minimize(scope, loss)
                               : GradientDescentOptimizer(1e-3).Minimize(scope, loss);
  const Operation init = GlobalVariablesInitializer(scope);
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, suite.session_options()));
  RETURN_IF_ERROR(session.Run({}, {}, {init}).status());
  ASSIGN_OR_RETURN(const Callable step, session.Prepare({x, labels}, {}, {train}));
  return suite.Time(name, step,
                    {Numbers(Shape({batch, sizes.front()})), OneHot(batch, sizes.back())}, 0,
                    {.flops = MlpTrainingFlops(sizes, batch),
                     .bytes = MlpParameters(sizes) * (adam ? kAdamBytes : kSgdBytes)});
}

absl::Status MlpInfer(const Suite& suite, const std::string& name, int64_t batch) {
  const std::vector<int64_t> sizes = {784, 512, 256, 10};
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {batch, sizes.front()});
  const Output logits = BuildMlp(scope, sizes, x);
  const Operation init = GlobalVariablesInitializer(scope);
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, suite.session_options()));
  RETURN_IF_ERROR(session.Run({}, {}, {init}).status());
  ASSIGN_OR_RETURN(const Callable step, session.Prepare({x}, {logits}));
  return suite.Time(name, step, {Numbers(Shape({batch, 784}))}, 1,
                    {.flops = 2 * static_cast<double>(batch) * MlpParameters(sizes),
                     .bytes = 4 * MlpParameters(sizes)});
}

absl::Status LenetTrain(const Suite& suite, const std::string& name, int64_t batch) {
  const Scope scope = Scope::Root();
  const mnist_deep::Network net = mnist_deep::BuildNetwork(scope, 1);
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, suite.session_options()));
  RETURN_IF_ERROR(session.Run({}, {}, {net.init}).status());
  ASSIGN_OR_RETURN(const Callable step,
                   session.Prepare({net.x, net.labels, net.keep_prob}, {}, {net.train}));
  // Multiply-adds per example: two convolutions over 28x28 and 14x14 positions, two products.
  constexpr double kConv1 = 784.0 * 25 * 32, kConv2 = 196.0 * 25 * 32 * 64;
  constexpr double kDense = 3136.0 * 1024 + 1024 * 10;
  constexpr double kParameters = 25.0 * 32 + 25 * 32 * 64 + kDense;
  return suite.Time(
      name, step, {Numbers(Shape({batch, 784})), OneHot(batch, 10), Tensor::Scalar<float>(0.5f)}, 0,
      {.flops = 2.0 * static_cast<double>(batch) * (2 * kConv1 + 3 * (kConv2 + kDense)),
       .bytes = kParameters * kAdamBytes});
}

}  // namespace

void RunNetworkCases(Suite& suite) {
  const auto mlp = [&](const std::string& tag, const std::vector<int64_t>& sizes, int64_t batch) {
    for (bool adam : {false, true}) {
      const std::string name = absl::StrCat(tag, "_train_b", batch, adam ? "_adam" : "_sgd");
      suite.Run(name, [&] { return MlpTrain(suite, name, sizes, suite.Size(batch, 1), adam); });
    }
  };
  mlp("mlp_tiny", {4, 64, 64, 2}, 32);
  for (int64_t batch : {1, 32, 128}) mlp("mlp_mnist", {784, 512, 256, 10}, batch);
  for (int64_t batch : {1, 32}) {
    const std::string name = absl::StrCat("mlp_infer_b", batch);
    suite.Run(name, [&] { return MlpInfer(suite, name, suite.Size(batch, 1)); });
  }
  for (int64_t batch : {50, 128}) {
    const std::string name = absl::StrCat("lenet_train_b", batch, "_adam");
    suite.Run(name, [&] { return LenetTrain(suite, name, suite.Size(batch, 1)); });
  }
}

}  // namespace weir::benchmarks
