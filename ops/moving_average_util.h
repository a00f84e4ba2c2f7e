#ifndef WEIR_OPS_MOVING_AVERAGE_UTIL_H_
#define WEIR_OPS_MOVING_AVERAGE_UTIL_H_

#include <map>
#include <string>
#include <vector>

#include "weir/ops/variables_util.h"

namespace weir {

struct MovingAverageOptions {
  // When valid, an integer scalar that counts updates: decay is then at most (1 + n) / (10 + n),
  // so that averages move fast at first.
  Output num_updates = {};
  std::string name = "ExponentialMovingAverage";
};

// Moving averages of variables: shadow variables "<variable>/<name>" that start at the variables'
// initial values and follow them by
//   shadow -= (1 - decay) * (shadow - variable).
class ExponentialMovingAverage {
 public:
  // `decay`: a scalar below 1, usually 0.99 or more.
  explicit ExponentialMovingAverage(const Input& decay, MovingAverageOptions options = {})
      : decay_(decay), options_(std::move(options)) {}

  // The op that moves the averages of these variables once; run it after a training step (use
  // scope.ControlDependencies). Makes the shadows that are missing. InvalidArgument for variables
  // that are not of a floating type.
  Operation Apply(const OpScope& scope, const std::vector<ops::Variable>& variables);

  // The shadow of a variable; invalid before Apply.
  ops::Variable Average(const ops::Variable& variable) const;

 private:
  ops::Variable MakeShadow(const OpScope& scope, const ops::Variable& variable);

  Input decay_;
  MovingAverageOptions options_;
  std::map<std::string, ops::Variable> shadows_;
};

}  // namespace weir

#endif  // WEIR_OPS_MOVING_AVERAGE_UTIL_H_
