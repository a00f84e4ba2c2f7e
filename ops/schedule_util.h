#ifndef WEIR_OPS_SCHEDULE_UTIL_H_
#define WEIR_OPS_SCHEDULE_UTIL_H_

// Learning rates that depend on the step. Each returns a float scalar to hand to an optimizer;
// `step` is an integer scalar, usually the global step, and is read whenever the rate is computed.

#include <vector>

#include "weir/graph/scope.h"

namespace weir {

struct DecayOptions {
  bool staircase = false;  // Counts whole periods only: step / decay_steps is rounded down.
};

// rate * decay_rate ^ (step / decay_steps)
Output ExponentialDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                        double decay_rate, const DecayOptions& options = {});
// rate * exp(-decay_rate * step / decay_steps)
Output NaturalExponentialDecay(const OpScope& scope, double rate, const Output& step,
                               double decay_steps, double decay_rate,
                               const DecayOptions& options = {});
// rate / (1 + decay_rate * step / decay_steps)
Output InverseTimeDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                        double decay_rate, const DecayOptions& options = {});

// values[0] while step <= boundaries[0], then values[1] while step <= boundaries[1], ...
// InvalidArgument unless there is one more value than boundaries, which ascend.
Output PiecewiseConstant(const OpScope& scope, const Output& step,
                         const std::vector<int64_t>& boundaries, const std::vector<double>& values);

struct PolynomialDecayOptions {
  double end_rate = 0.0001;
  double power = 1;
  bool cycle = false;  // Past decay_steps: starts again over a multiple of them, else stays.
};
// (rate - end_rate) * (1 - step / decay_steps) ^ power + end_rate
Output PolynomialDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                       const PolynomialDecayOptions& options = {});

// rate * ((1 - alpha) * (1 + cos(pi * min(step, decay_steps) / decay_steps)) / 2 + alpha)
Output CosineDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                   double alpha = 0);

}  // namespace weir

#endif  // WEIR_OPS_SCHEDULE_UTIL_H_
