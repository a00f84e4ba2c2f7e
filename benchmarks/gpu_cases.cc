#include <cmath>

#include "absl/strings/str_cat.h"
#include "weir/benchmarks/cases.h"
#include "weir/benchmarks/inputs.h"
#include "weir/benchmarks/networks.h"
#include "weir/examples/mnist_deep/network.h"
#include "weir/graph/import.h"
#include "weir/ops/activation.h"
#include "weir/ops/binary.h"
#include "weir/ops/constant.h"
#include "weir/ops/cross_entropy.h"
#include "weir/ops/operators.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/reduction.h"
#include "weir/ops/unary.h"

namespace weir::benchmarks {
namespace {

// What one call runs.
struct Step {
  Scope scope = Scope::Root();
  std::vector<TargetRef> init = {};  // Besides the scope's own variables.
  TargetRef run = "";
  TensorRef check = "";  // Float, and finite when the calls are over.
  Work work = {};
};

absl::Status CheckFinite(const Session& session, const TensorRef& tensor) {
  ASSIGN_OR_RETURN(const std::vector<Tensor> values,
                   session.Run(std::vector<FeedRef>(), {tensor}, {}));
  for (float v : values[0].values<float>()) {
    if (!std::isfinite(v)) return Internal(tensor.name(), " is ", v, " after the last call");
  }
  return absl::OkStatus();
}

absl::Status TimeStep(const Suite& suite, const std::string& name, Step step) {
  step.init.emplace_back(GlobalVariablesInitializer(step.scope));
  ASSIGN_OR_RETURN(Session session, Session::Create(step.scope, suite.session_options()));
  RETURN_IF_ERROR(session.Run({}, {}, step.init).status());
  ASSIGN_OR_RETURN(const Callable callable, session.Prepare({}, {}, {step.run}));
  RETURN_IF_ERROR(suite.Time(name, callable, {}, 0, step.work));
  return CheckFinite(session, step.check);
}

// A value that stays on the device from call to call.
Output Kept(const Scope& scope, const std::string& name, const Shape& shape,
            const Initializer& initializer, DataType type = DT_FLOAT) {
  return GetVariable(scope, name, shape, initializer, {.dtype = type, .trainable = false});
}
Output Kept(const Scope& scope, const std::string& name, const Tensor& value) {
  return Kept(scope, name, value.shape(), FromTensor(value), value.dtype());
}

Step MlpStep(int64_t batch) {
  const std::vector<int64_t> sizes = {784, 512, 256, 10};
  Step step;
  const Output x = Kept(step.scope, "x", Numbers(Shape({batch, sizes.front()})));
  const Output labels = Kept(step.scope, "labels", OneHot(batch, sizes.back()));
  const Output logits = BuildMlp(step.scope, sizes, x);
  const Output loss = ops::ReduceMean(
      step.scope, ops::SoftmaxCrossEntropyWithLogits(step.scope, logits, labels).loss);
  step.run = GradientDescentOptimizer(1e-3).Minimize(step.scope, loss);
  step.check = loss;
  step.work = {.items = batch, .flops = MlpTrainingFlops(sizes, batch)};
  return step;
}

// The network of examples/mnist_deep, with what it is fed put in its placeholders' place.
absl::StatusOr<Step> DeepnnStep(int64_t batch) {
  const Scope fed = Scope::Root();
  const mnist_deep::Network net = mnist_deep::BuildNetwork(fed, 1);
  RETURN_IF_ERROR(fed.status());
  GraphDef def;
  ExportGraphDef(fed.graph(), &def);
  Step step;
  const Scope inputs = step.scope.Sub("inputs");
  const Output x = Kept(inputs, "x", Numbers(Shape({batch, 784})));
  const Output labels = Kept(inputs, "labels", OneHot(batch, 10));
  const Output keep_prob = ops::Const(inputs, 0.5f);
  RETURN_IF_ERROR(step.scope.status());
  RETURN_IF_ERROR(ImportGraphDef(def, step.scope,
                                 {.input_map = {{net.x.name(), x.endpoint()},
                                                {net.labels.name(), labels.endpoint()},
                                                {net.keep_prob.name(), keep_prob.endpoint()}}}));
  step.init = {net.init};
  step.run = net.train;
  step.check = net.loss;
  step.work = {.items = batch};
  return step;
}

struct ResNetSize {
  int64_t batch, pixels;
  ResNetOptions options;
};

ResNetSize SizeOfResNet(const Suite& suite, int64_t batch, bool is_training) {
  ResNetSize size{suite.Size(batch, 2), suite.Size(224, 32), {.is_training = is_training}};
  size.options.channels = suite.Size(size.options.channels, 4);
  if (suite.Size(0, 1) == 1) size.options.blocks = {1, 2};
  return size;
}

Step ResNetInferenceStep(const ResNetSize& size) {
  Step step;
  const Shape shape({size.batch, size.pixels, size.pixels, 3});
  const Output images = Kept(step.scope, "images", shape, RandomUniform(0, 1, 1));
  const ResNet net = BuildResNet(step.scope, images, size.options);
  step.run = net.logits.op();
  step.check = net.logits;
  step.work = {.items = size.batch, .flops = net.flops};
  return step;
}

Step ResNetTrainStep(const ResNetSize& size, DataType type) {
  Step step;
  const Shape shape({size.batch, size.pixels, size.pixels, 3});
  const Output images = Kept(step.scope, "images", shape, RandomUniform(0, 1, 1), type);
  const Output labels = Kept(step.scope, "labels", Classes(size.batch, size.options.classes));
  ResNet net = BuildResNet(step.scope, images, size.options);
  const Output loss = ops::ReduceMean(
      step.scope, ops::SparseSoftmaxCrossEntropyWithLogits(step.scope, net.logits, labels).loss);
  net.updates.push_back(MomentumOptimizer(0.01, 0.9).Minimize(step.scope, loss));
  step.run = Group(step.scope, net.updates);
  step.check = loss;
  // A multiply-add forward is two backward.
  step.work = {.items = size.batch, .flops = 3 * net.flops};
  return step;
}

// Ten element-wise ops, which can be one pass over the memory.
Step PointwiseStep(int64_t elements) {
  Step step;
  const Output x = Kept(step.scope, "x", Shape({elements}), RandomUniform(-1, 1, 1));
  Output y = ops::Relu(step.scope, x * 1.5f + 0.5f) * x;
  y = ops::Tanh(step.scope, y - 0.25f) * 0.5f + x;
  y = ops::Minimum(step.scope, ops::Maximum(step.scope, y, -0.75f), 0.75f);
  step.run = y.op();
  step.check = ops::ReduceMean(step.scope, y);
  step.work = {.bytes = 2 * 4 * static_cast<double>(elements)};
  return step;
}

Step AdamStep(int64_t tensors, int64_t elements) {
  Step step;
  std::vector<GradientAndVariable> gradients;
  for (int64_t i = 0; i < tensors; ++i) {
    const Shape shape({elements});
    const Scope scope = step.scope.Sub(absl::StrCat("layer", i));
    Gradient gradient;
    gradient.dense = Kept(scope, "gradient", shape, RandomNormal(0.01, 0, i));
    gradients.push_back(
        {gradient, GetVariable(scope, "parameters", shape, RandomNormal(0.05, 0, i))});
  }
  step.run = AdamOptimizer(1e-3).ApplyGradients(step.scope, gradients);
  step.check = ops::ReduceMean(step.scope, gradients[0].variable);
  step.work = {.bytes = kAdamBytes * static_cast<double>(tensors * elements)};
  return step;
}

}  // namespace

void RunGpuCases(Suite& suite) {
  const auto run = [&](const std::string& name, absl::FunctionRef<absl::StatusOr<Step>()> build) {
    suite.Run(name, [&]() -> absl::Status {
      ASSIGN_OR_RETURN(Step step, build());
      return TimeStep(suite, name, std::move(step));
    });
  };
  run("step_latency_gpu_mlp_b128_sgd", [&] { return MlpStep(suite.Size(128, 2)); });
  run("step_latency_gpu_deepnn_b50_adam", [&] { return DeepnnStep(suite.Size(50, 1)); });
  run("step_latency_gpu_resnet50_b1",
      [&] { return ResNetInferenceStep(SizeOfResNet(suite, 1, false)); });
  run("resnet50_train_gpu_b256_bf16",
      [&] { return ResNetTrainStep(SizeOfResNet(suite, 256, true), DT_BFLOAT16); });
  run("pointwise_opt_gpu_chain", [&] { return PointwiseStep(suite.Size(64 << 20, 4096)); });
  run("pointwise_opt_gpu_adam",
      [&] { return AdamStep(suite.Size(300, 3), suite.Size(333'333, 1001)); });
}

}  // namespace weir::benchmarks
