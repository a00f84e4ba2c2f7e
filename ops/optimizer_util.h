#ifndef WEIR_OPS_OPTIMIZER_UTIL_H_
#define WEIR_OPS_OPTIMIZER_UTIL_H_

// Optimizers: they add the gradients of a loss and the ops that change the variables.
//
//   Operation train = AdamOptimizer(1e-3f).Minimize(scope, loss);
//
// The learning rate and the other settings are numbers or scalar tensors of the graph, such as
// those of weir/ops/schedule_util.h. Slots are variables named "<variable>/<Optimizer>", "..._1",
// in the order in which the optimizer lists them, and are initialised and saved with all others.
//
// Errors are kept in the scope; results are then invalid.

#include <map>
#include <string>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/ops/training.h"
#include "weir/ops/variables_util.h"

namespace weir {

struct GradientAndVariable {
  Gradient gradient;  // May be none: the variable is then left alone.
  ops::Variable variable;
};

struct MinimizeOptions {
  std::vector<ops::Variable> variables = {};  // Empty: all trainable ones.
  ops::Variable global_step = {};             // When valid, grows by one with every step.
  Output grad_loss = {};                      // The gradient of the loss; ones when invalid.
};

// What makes one optimizer: a table that its constructor fills.
struct UpdateRule {
  struct Slot {
    double initial = 0;
    int position = 0;  // Among the op's variables after the first.
  };
  std::string name = "";         // Of slots and ops: "RMSProp".
  std::string op = "";           // The rule in weir/ops/training.h: "CenteredRMSProp".
  std::vector<Slot> slots = {};  // In the order of creation.
  // The op's inputs after the variables, by name and apart by blanks: a setting, or "grad",
  // "indices", "beta1_power", "beta2_power". Without `sparse`, rows are made dense.
  std::string dense = "";
  std::string sparse = "";
  std::map<std::string, Input> settings = {};
  ops::ApplyOptions options = {};
  bool has_beta_powers = false;   // Variables with beta1^t and beta2^t.
  bool has_weight_decay = false;  // var -= learning_rate * weight_decay * var before the step.
};

// One optimizer with its slots. Applying it again, also to other gradients, uses the same slots.
class Optimizer {
 public:
  explicit Optimizer(UpdateRule rule) : rule_(std::move(rule)) {}

  const std::string& name() const { return rule_.name; }

  // The gradient of `loss` (a tensor of any shape; its sum is meant) for each variable.
  std::vector<GradientAndVariable> ComputeGradients(
      const OpScope& scope, const Output& loss, const std::vector<ops::Variable>& variables = {},
      const Output& grad_loss = {}) const;

  // The op that does one step, after which `global_step`, if valid, has grown by one. It has the
  // name of the optimizer unless the scope names it. InvalidArgument "No gradients provided for any
  // variable" when there is none.
  Operation ApplyGradients(const OpScope& scope, const std::vector<GradientAndVariable>& gradients,
                           const ops::Variable& global_step = {});

  // Both. InvalidArgument "No variables to optimize." when there are none.
  Operation Minimize(const OpScope& scope, const Output& loss, const MinimizeOptions& options = {});

  // The slots of a variable in the order of creation; empty before it was applied to.
  std::vector<ops::Variable> Slots(const ops::Variable& variable) const;

 private:
  // A call of ApplyGradients: where ops go, and settings converted to the types asked for.
  struct Step;

  const std::vector<ops::Variable>& MakeSlots(const OpScope& scope, const ops::Variable& variable);
  void MakeBetaPowers(const OpScope& scope, const ops::Variable& first);
  Output Setting(Step& step, const std::string& name, DataType dtype);
  Operation ApplyOne(Step& step, const GradientAndVariable& item);
  Operation DecayWeights(const OpScope& scope, Step& step, const ops::Variable& variable);
  Operation SubtractRows(const OpScope& scope, Step& step, const ops::Variable& variable,
                         const IndexedSlices& rows);
  Operation Finish(Step& step, const std::vector<Operation>& updates, const OpScope& named);

  UpdateRule rule_;
  std::map<std::string, std::vector<ops::Variable>> slots_;
  ops::Variable beta_powers_[2];
};

// var -= learning_rate * gradient.
class GradientDescentOptimizer : public Optimizer {
 public:
  explicit GradientDescentOptimizer(const Input& learning_rate);
};

struct MomentumOptions {
  bool use_nesterov = false;
};
// accum = momentum * accum + gradient; var -= learning_rate * accum.
class MomentumOptimizer : public Optimizer {
 public:
  MomentumOptimizer(const Input& learning_rate, const Input& momentum,
                    const MomentumOptions& options = {});
};

struct AdamOptions {
  Input beta1 = 0.9;
  Input beta2 = 0.999;
  Input epsilon = 1e-8;  // Outside of the bias correction.
  bool use_nesterov = false;
};
class AdamOptimizer : public Optimizer {
 public:
  explicit AdamOptimizer(const Input& learning_rate = 0.001, const AdamOptions& options = {});
};
// Adam after var -= learning_rate * weight_decay * var.
class AdamWOptimizer : public Optimizer {
 public:
  AdamWOptimizer(const Input& learning_rate, const Input& weight_decay,
                 const AdamOptions& options = {});
};
class AdaMaxOptimizer : public Optimizer {
 public:
  explicit AdaMaxOptimizer(const Input& learning_rate = 0.001, const AdamOptions& options = {});
};

// accum += gradient^2; var -= learning_rate * gradient / sqrt(accum).
class AdagradOptimizer : public Optimizer {
 public:
  explicit AdagradOptimizer(const Input& learning_rate, double initial_accumulator_value = 0.1);
};

struct AdadeltaOptions {
  Input rho = 0.95;
  Input epsilon = 1e-8;
};
class AdadeltaOptimizer : public Optimizer {
 public:
  explicit AdadeltaOptimizer(const Input& learning_rate = 0.001,
                             const AdadeltaOptions& options = {});
};

struct RMSPropOptions {
  Input decay = 0.9;
  Input momentum = 0.0;
  Input epsilon = 1e-10;  // Inside of the root.
  bool centered = false;  // Divides by the deviation instead of the root of the mean square.
};
class RMSPropOptimizer : public Optimizer {
 public:
  explicit RMSPropOptimizer(const Input& learning_rate, const RMSPropOptions& options = {});
};

struct FtrlOptions {
  Input learning_rate_power = -0.5;  // At most 0.
  double initial_accumulator_value = 0.1;
  Input l1 = 0.0;
  Input l2 = 0.0;
  double l2_shrinkage = 0;
};
class FtrlOptimizer : public Optimizer {
 public:
  explicit FtrlOptimizer(const Input& learning_rate, const FtrlOptions& options = {});
};

struct ProximalOptions {
  Input l1 = 0.0;
  Input l2 = 0.0;
};
class ProximalGradientDescentOptimizer : public Optimizer {
 public:
  explicit ProximalGradientDescentOptimizer(const Input& learning_rate,
                                            const ProximalOptions& options = {});
};

}  // namespace weir

#endif  // WEIR_OPS_OPTIMIZER_UTIL_H_
