#ifndef WEIR_EXAMPLES_MNIST_DEEP_NETWORK_H_
#define WEIR_EXAMPLES_MNIST_DEEP_NETWORK_H_

#include "weir/graph/scope.h"

namespace weir::mnist_deep {

// The convolutional network of the classic MNIST tutorial, as handles on its graph.
struct Network {
  Output x;           // float [?, 784], pixels in [0, 1]; named "x"
  Output labels;      // float [?, 10], one-hot; named "y_"
  Output keep_prob;   // float scalar: the share of fc1's units that dropout keeps
  Output loss;        // float scalar: mean cross entropy
  Output accuracy;    // float scalar
  Output prediction;  // int64 [?]: the digit; named "prediction"
  Operation train;    // One step of Adam; counts "global_step" up.
  Output global_step;
  Operation init;
};

// Adds the network to `scope`'s graph. The initial weights, and the units that dropout drops at a
// given global step, depend on `seed` alone, so that a run that was stopped and resumed sees the
// same numbers as one that was not.
Network BuildNetwork(const Scope& scope, int64_t seed);

}  // namespace weir::mnist_deep

#endif  // WEIR_EXAMPLES_MNIST_DEEP_NETWORK_H_
