#ifndef WEIR_OPS_RANDOM_H_
#define WEIR_OPS_RANDOM_H_

// Random numbers. Every op with state owns a Philox generator per session, whose stream depends on
// the attrs seed and seed2 alone (see weir/ops/seed_util.h) and goes on from run to run; the
// numbers do not depend on the number of threads. Stateless ops give the same numbers for the
// same seed on every run.
//
// `shape` is an int32 or int64 vector; InvalidArgument when it spells no shape.

#include <cstdint>
#include <optional>

#include "weir/graph/scope.h"

namespace weir::ops {

struct RandomOptions {
  std::optional<int64_t> seed =
      std::nullopt;  // Of the op; absent: from the graph's seed, if it has one.
};

// Uniform on [0, 1). dtype: half, bfloat16, float, double.
Output RandomUniform(const OpScope& scope, const Input& shape, DataType dtype = DT_FLOAT,
                     const RandomOptions& options = {});
// Integers on [minval, maxval), two scalars of type int32 or int64. InvalidArgument "Need minval <
// maxval".
Output RandomUniformInt(const OpScope& scope, const Input& shape, const Input& minval,
                        const Input& maxval, const RandomOptions& options = {});
// Normal with mean 0 and standard deviation 1.
Output RandomStandardNormal(const OpScope& scope, const Input& shape, DataType dtype = DT_FLOAT,
                            const RandomOptions& options = {});
// The same, with values beyond two standard deviations drawn again.
Output TruncatedNormal(const OpScope& scope, const Input& shape, DataType dtype = DT_FLOAT,
                       const RandomOptions& options = {});
// Normal with given parameters, cut to [minvals, maxvals]. The parameters are scalars or vectors
// with one entry per row of the output.
Output ParameterizedTruncatedNormal(const OpScope& scope, const Input& shape, const Input& means,
                                    const Input& stdevs, const Input& minvals, const Input& maxvals,
                                    const RandomOptions& options = {});
// The rows of `value` in random order.
Output RandomShuffle(const OpScope& scope, const Input& value, const RandomOptions& options = {});
// Gamma(alpha, 1) of shape `shape` + alpha's shape. Types half, float, double.
Output RandomGamma(const OpScope& scope, const Input& shape, const Input& alpha,
                   const RandomOptions& options = {});
// Poisson(rate) of shape `shape` + rate's shape. dtype: half, float, double, int32, int64.
Output RandomPoisson(const OpScope& scope, const Input& shape, const Input& rate,
                     DataType dtype = DT_INT64, const RandomOptions& options = {});
// Draws `num_samples` classes per row of logits [batch, classes], with probabilities softmax(row).
// Result [batch, num_samples] of type output_dtype, int32 or int64.
Output Multinomial(const OpScope& scope, const Input& logits, const Input& num_samples,
                   DataType output_dtype = DT_INT64, const RandomOptions& options = {});

// The stateless forms take a `seed` of two int32 or int64 numbers.
Output StatelessRandomUniform(const OpScope& scope, const Input& shape, const Input& seed,
                              DataType dtype = DT_FLOAT);
Output StatelessRandomNormal(const OpScope& scope, const Input& shape, const Input& seed,
                             DataType dtype = DT_FLOAT);
Output StatelessTruncatedNormal(const OpScope& scope, const Input& shape, const Input& seed,
                                DataType dtype = DT_FLOAT);
Output StatelessRandomUniformInt(const OpScope& scope, const Input& shape, const Input& seed,
                                 const Input& minval, const Input& maxval);
Output StatelessMultinomial(const OpScope& scope, const Input& logits, const Input& num_samples,
                            const Input& seed, DataType output_dtype = DT_INT64);

// Scaled and shifted forms, made of several ops under one name scope.
// Uniform on [low, high), of a floating type.
Output UniformBetween(const OpScope& scope, const weir::Shape& shape, double low, double high,
                      DataType dtype = DT_FLOAT, const RandomOptions& options = {});
// Normal with this mean and standard deviation; the second form draws values beyond two standard
// deviations again.
Output RandomNormal(const OpScope& scope, const weir::Shape& shape, double mean, double stddev,
                    DataType dtype = DT_FLOAT, const RandomOptions& options = {});
Output ScaledTruncatedNormal(const OpScope& scope, const weir::Shape& shape, double mean,
                             double stddev, DataType dtype = DT_FLOAT,
                             const RandomOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_RANDOM_H_
