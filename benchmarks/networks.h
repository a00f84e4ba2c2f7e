#ifndef WEIR_BENCHMARKS_NETWORKS_H_
#define WEIR_BENCHMARKS_NETWORKS_H_

#include <vector>

#include "weir/graph/scope.h"

namespace weir::benchmarks {

// The logits of a perceptron with Relu between its layers, whose sizes begin with x's.
Output BuildMlp(const Scope& scope, const std::vector<int64_t>& sizes, const Output& x);

// Its weights and biases.
double MlpParameters(const std::vector<int64_t>& sizes);
// Of a training step on `batch` examples: a multiply-add per weight and example forward, and two
// backward; the first layer's input needs no gradient.
double MlpTrainingFlops(const std::vector<int64_t>& sizes, int64_t batch);

// Bytes that an update of one parameter moves: the parameter and its moments both ways, and the
// gradient, which the step writes before.
inline constexpr double kSgdBytes = 12, kAdamBytes = 28;

struct ResNetOptions {
  std::vector<int> blocks = {3, 4, 6, 3};  // Of three convolutions each; this is ResNet-50.
  int64_t channels = 64;                   // That the first blocks compute with.
  int64_t classes = 1000;
  bool is_training = false;
};

struct ResNet {
  Output logits;                   // float [batch, classes]
  std::vector<Operation> updates;  // Of the moving averages, when training.
  double flops = 0;                // Of the forward pass, multiplications and additions.
};

// ResNet in its version 1.5, whose 3x3 convolutions have the strides. Activations and products are
// of the type of `images` ([batch, height, width, 3]); variables are float.
ResNet BuildResNet(const Scope& scope, const Output& images, const ResNetOptions& options);

}  // namespace weir::benchmarks

#endif  // WEIR_BENCHMARKS_NETWORKS_H_
