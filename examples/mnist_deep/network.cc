#include "weir/examples/mnist_deep/network.h"

#include "weir/ops/activation.h"
#include "weir/ops/argmax.h"
#include "weir/ops/binary.h"
#include "weir/ops/cast.h"
#include "weir/ops/constant.h"
#include "weir/ops/conv2d.h"
#include "weir/ops/cross_entropy.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/pack.h"
#include "weir/ops/pool.h"
#include "weir/ops/random.h"
#include "weir/ops/reduction.h"
#include "weir/ops/reshape.h"
#include "weir/ops/shape.h"
#include "weir/ops/unary.h"
#include "weir/ops/variables_util.h"

namespace weir::mnist_deep {
namespace {

constexpr double kLearningRate = 1e-4;

// Variables get seeds of their own, counted from the network's.
class Layers {
 public:
  explicit Layers(int64_t seed) : seed_(seed) {}

  ops::Variable Weight(const Scope& scope, const Shape& shape) {
    return GetVariable(scope, "weight", shape, TruncatedNormal(0.1, 0, seed_++));
  }
  ops::Variable Bias(const Scope& scope, int64_t n) {
    return GetVariable(scope, "bias", Shape({n}), Constant(0.1));
  }

  Output Convolution(const Scope& scope, const Output& x, int64_t in, int64_t out) {
    const Output y = ops::Conv2D(scope, x, Weight(scope, Shape({5, 5, in, out})));
    return ops::Relu(scope, y + Bias(scope, out));
  }
  Output Dense(const Scope& scope, const Output& x, int64_t in, int64_t out) {
    return ops::MatMul(scope, x, Weight(scope, Shape({in, out}))) + Bias(scope, out);
  }

 private:
  int64_t seed_;
};

// Keeps each element with probability keep_prob, scaled so that the mean stays. The draw depends
// on the step, not on how many draws there were before.
Output Dropout(const Scope& scope, const Output& x, const Output& keep_prob, const Output& step,
               int64_t seed) {
  const Output at = ops::Pack(scope, {ops::Const(scope, Tensor::Scalar<int64_t>(seed)), step});
  const Output uniform = ops::StatelessRandomUniform(scope, ops::Shape(scope, x), at);
  const Output kept = ops::Floor(scope, uniform + keep_prob);
  return x / keep_prob * kept;
}

}  // namespace

Network BuildNetwork(const Scope& scope, int64_t seed) {
  Network net;
  net.x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1, 784});
  net.labels = ops::Placeholder(scope.Named("y_"), DT_FLOAT, {-1, 10});
  net.keep_prob = ops::Placeholder(scope.Named("keep_prob"), DT_FLOAT, {});
  const ops::Variable step = GetOrCreateGlobalStep(scope);
  net.global_step = step;

  Layers layers(seed);
  const Output image = ops::Reshape(scope.Named("reshape"), net.x, {-1, 28, 28, 1});
  const Output conv1 = layers.Convolution(scope.Sub("conv1"), image, 1, 32);
  const Output pool1 = ops::MaxPool(scope.Named("pool1"), conv1, {.padding = "SAME"});
  const Output conv2 = layers.Convolution(scope.Sub("conv2"), pool1, 32, 64);
  const Output pool2 = ops::MaxPool(scope.Named("pool2"), conv2, {.padding = "SAME"});
  const Scope fc1 = scope.Sub("fc1");
  const Output flat = ops::Reshape(fc1, pool2, {-1, 7 * 7 * 64});
  const Output hidden = ops::Relu(fc1, layers.Dense(fc1, flat, 7 * 7 * 64, 1024));
  const Output dropped = Dropout(scope.Sub("dropout"), hidden, net.keep_prob, step, seed);
  const Output logits = layers.Dense(scope.Sub("fc2"), dropped, 1024, 10);

  const Scope loss = scope.Sub("loss");
  net.loss =
      ops::ReduceMean(loss, ops::SoftmaxCrossEntropyWithLogits(loss, logits, net.labels).loss);
  net.prediction = ops::ArgMax(scope.Named("prediction"), logits, 1);
  const Scope accuracy = scope.Sub("accuracy");
  const Output correct = ops::Equal(accuracy, net.prediction, ops::ArgMax(accuracy, net.labels, 1));
  net.accuracy = ops::ReduceMean(accuracy, ops::Cast(accuracy, correct, DT_FLOAT));

  net.train = AdamOptimizer(kLearningRate).Minimize(scope, net.loss, {.global_step = step});
  net.init = GlobalVariablesInitializer(scope);
  return net;
}

}  // namespace weir::mnist_deep
