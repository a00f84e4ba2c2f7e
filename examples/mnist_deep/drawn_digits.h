#ifndef WEIR_EXAMPLES_MNIST_DEEP_DRAWN_DIGITS_H_
#define WEIR_EXAMPLES_MNIST_DEEP_DRAWN_DIGITS_H_

#include "weir/examples/mnist_deep/data.h"

namespace weir::mnist_deep {

// Digits drawn from strokes under random affine distortion, for machines without MNIST: as easy to
// tell apart as the real ones are hard. The images depend on the arguments alone.
absl::StatusOr<Data> DrawDigits(int64_t train, int64_t test, uint64_t seed);

}  // namespace weir::mnist_deep

#endif  // WEIR_EXAMPLES_MNIST_DEEP_DRAWN_DIGITS_H_
