#ifndef WEIR_OPS_INITIALIZERS_UTIL_H_
#define WEIR_OPS_INITIALIZERS_UTIL_H_

// Initial values of variables. An Initializer adds the ops that compute the value of a variable of
// the given shape and type; random ones draw anew whenever the variable is initialised.

#include <cstdint>
#include <functional>
#include <optional>

#include "weir/graph/scope.h"

namespace weir {

using Initializer = std::function<Output(const OpScope& scope, const Shape& shape, DataType dtype)>;

using Seed = std::optional<int64_t>;  // As RandomOptions::seed in weir/ops/random.h.

Initializer Zeros();
Initializer Ones();
// Every element is `value`.
Initializer Constant(double value);
// The elements of `value`, whose shape and type must be the variable's.
Initializer FromTensor(Tensor value);

// Uniform on [low, high), of floating types.
Initializer RandomUniform(double low = -0.05, double high = 0.05, Seed seed = {});
Initializer RandomNormal(double stddev = 0.05, double mean = 0, Seed seed = {});
// Normal, with values beyond two standard deviations drawn again.
Initializer TruncatedNormal(double stddev = 0.05, double mean = 0, Seed seed = {});

// Draws of variance scale / n, where n is the number of inputs (kFanIn) or outputs (kFanOut) of a
// unit, or their mean (kFanAverage). For a shape [..., in, out] with r elements in "...", fan-in is
// in * r and fan-out is out * r; a vector's length is both.
struct VarianceScalingOptions {
  enum Mode { kFanIn, kFanOut, kFanAverage };
  enum Distribution { kTruncatedNormal, kUntruncatedNormal, kUniform };
  double scale = 1;
  Mode mode = kFanIn;
  Distribution distribution = kTruncatedNormal;
  Seed seed = std::nullopt;
};
Initializer VarianceScaling(const VarianceScalingOptions& options);

// The usual settings of VarianceScaling.
Initializer GlorotUniform(Seed seed = {});  // 1, average, uniform
Initializer GlorotNormal(Seed seed = {});   // 1, average, truncated normal
Initializer HeUniform(Seed seed = {});      // 2, fan-in, uniform
Initializer HeNormal(Seed seed = {});       // 2, fan-in, truncated normal
Initializer LecunUniform(Seed seed = {});   // 1, fan-in, uniform
Initializer LecunNormal(Seed seed = {});    // 1, fan-in, truncated normal

// What a variable without an initializer gets: GlorotUniform for floating types, zeros for
// integers and bool; no initializer (an empty function) for other types.
Initializer DefaultInitializer(DataType dtype);

}  // namespace weir

#endif  // WEIR_OPS_INITIALIZERS_UTIL_H_
