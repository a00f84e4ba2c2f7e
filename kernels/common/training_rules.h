#ifndef WEIR_KERNELS_COMMON_TRAINING_RULES_H_
#define WEIR_KERNELS_COMMON_TRAINING_RULES_H_

// The update rules of optimizers, one element at a time.
//
// A rule has
//   kVariables            the variable and its slots
//   kScalars              the names of the scalar inputs that it reads, in the order of `s` below
//   Rule(s, flags)        takes the scalars' values; what they imply is computed once
//   operator()(g, var, slots...)   updates one element; g is the gradient
// over a computing type C: float for 16-bit types, else the variable's own. Rules are constexpr,
// which lets a compiler for a device take them as they are.

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "weir/core/dtype.h"

namespace weir {

// Attrs of the ops.
struct StepFlags {
  bool use_nesterov = false;
  bool update_slots = true;
};

template <typename C>
constexpr C SignOf(C x) {
  return static_cast<C>((x > C(0)) - (x < C(0)));
}

// Soft thresholding: x moved towards zero by `by`.
template <typename C>
constexpr C Shrink(C x, C by) {
  return SignOf(x) * std::max(std::abs(x) - by, C(0));
}

template <typename C>
struct GradientDescentRule {
  static constexpr int kVariables = 1;
  static constexpr std::array kScalars = {"alpha"};
  constexpr GradientDescentRule(const C* s, const StepFlags&) : lr(s[0]) {}
  constexpr void operator()(C g, C& var) const { var -= g * lr; }
  C lr;
};

template <typename C>
struct ProximalGradientDescentRule {
  static constexpr int kVariables = 1;
  static constexpr std::array kScalars = {"alpha", "l1", "l2"};
  constexpr ProximalGradientDescentRule(const C* s, const StepFlags&)
      : lr(s[0]), threshold(s[0] * std::max(s[1], C(0))), divisor(C(1) + s[2] * s[0]) {}
  constexpr void operator()(C g, C& var) const { var = Shrink(var - g * lr, threshold) / divisor; }
  C lr, threshold, divisor;
};

template <typename C>
struct MomentumRule {
  static constexpr int kVariables = 2;
  static constexpr std::array kScalars = {"lr", "momentum"};
  constexpr MomentumRule(const C* s, const StepFlags& flags)
      : lr(s[0]), momentum(s[1]), nesterov(flags.use_nesterov) {}
  constexpr void operator()(C g, C& var, C& accum) const {
    accum = accum * momentum + g;
    var -= nesterov ? g * lr + accum * momentum * lr : accum * lr;
  }
  C lr, momentum;
  bool nesterov;
};

template <typename C>
struct KerasMomentumRule {
  static constexpr int kVariables = 2;
  static constexpr std::array kScalars = {"lr", "momentum"};
  constexpr KerasMomentumRule(const C* s, const StepFlags& flags)
      : lr(s[0]), momentum(s[1]), nesterov(flags.use_nesterov) {}
  constexpr void operator()(C g, C& var, C& accum) const {
    accum = accum * momentum - g * lr;
    var += nesterov ? accum * momentum - g * lr : accum;
  }
  C lr, momentum;
  bool nesterov;
};

template <typename C>
struct AdamRule {
  static constexpr int kVariables = 3;
  static constexpr std::array kScalars = {"beta1_power", "beta2_power", "lr",
                                          "beta1",       "beta2",       "epsilon"};
  constexpr AdamRule(const C* s, const StepFlags& flags)
      : alpha(s[2] * std::sqrt(C(1) - s[1]) / (C(1) - s[0])),
        beta1(s[3]),
        beta2(s[4]),
        epsilon(s[5]),
        nesterov(flags.use_nesterov) {}
  constexpr void operator()(C g, C& var, C& m, C& v) const {
    m += (g - m) * (C(1) - beta1);
    v += (g * g - v) * (C(1) - beta2);
    const C step = nesterov ? g * (C(1) - beta1) + beta1 * m : m;
    var -= step * alpha / (std::sqrt(v) + epsilon);
  }
  C alpha, beta1, beta2, epsilon;
  bool nesterov;
};

template <typename C>
struct AdamWithAmsgradRule {
  static constexpr int kVariables = 4;
  static constexpr std::array kScalars = AdamRule<C>::kScalars;
  constexpr AdamWithAmsgradRule(const C* s, const StepFlags&)
      : alpha(s[2] * std::sqrt(C(1) - s[1]) / (C(1) - s[0])),
        beta1(s[3]),
        beta2(s[4]),
        epsilon(s[5]) {}
  constexpr void operator()(C g, C& var, C& m, C& v, C& vhat) const {
    m += (g - m) * (C(1) - beta1);
    v += (g * g - v) * (C(1) - beta2);
    vhat = std::max(vhat, v);
    var -= m * alpha / (std::sqrt(vhat) + epsilon);
  }
  C alpha, beta1, beta2, epsilon;
};

template <typename C>
struct AdaMaxRule {
  static constexpr int kVariables = 3;
  static constexpr std::array kScalars = {"beta1_power", "lr", "beta1", "beta2", "epsilon"};
  constexpr AdaMaxRule(const C* s, const StepFlags&)
      : alpha(s[1] / (C(1) - s[0])), beta1(s[2]), beta2(s[3]), epsilon(s[4]) {}
  constexpr void operator()(C g, C& var, C& m, C& v) const {
    m += (g - m) * (C(1) - beta1);
    v = std::max(beta2 * v, std::abs(g));
    var -= alpha * (m / (v + epsilon));
  }
  C alpha, beta1, beta2, epsilon;
};

template <typename C>
struct AdagradRule {
  static constexpr int kVariables = 2;
  static constexpr std::array kScalars = {"lr"};
  constexpr AdagradRule(const C* s, const StepFlags& flags)
      : lr(s[0]), update(flags.update_slots) {}
  constexpr void operator()(C g, C& var, C& accum) const {
    if (update) accum += g * g;
    var -= g * lr * (C(1) / std::sqrt(accum));
  }
  C lr;
  bool update;
};

template <typename C>
struct AdagradV2Rule {
  static constexpr int kVariables = 2;
  static constexpr std::array kScalars = {"lr", "epsilon"};
  constexpr AdagradV2Rule(const C* s, const StepFlags& flags)
      : lr(s[0]), epsilon(s[1]), update(flags.update_slots) {}
  constexpr void operator()(C g, C& var, C& accum) const {
    if (update) accum += g * g;
    var -= g * lr / (std::sqrt(accum) + epsilon);
  }
  C lr, epsilon;
  bool update;
};

template <typename C>
struct ProximalAdagradRule {
  static constexpr int kVariables = 2;
  static constexpr std::array kScalars = {"lr", "l1", "l2"};
  constexpr ProximalAdagradRule(const C* s, const StepFlags&)
      : lr(s[0]), l1(std::max(s[1], C(0))), l2(s[2]) {}
  constexpr void operator()(C g, C& var, C& accum) const {
    accum += g * g;
    const C rate = lr * (C(1) / std::sqrt(accum));
    var = Shrink(var - g * rate, rate * l1) / (C(1) + l2 * rate);
  }
  C lr, l1, l2;
};

template <typename C>
struct AdagradDARule {
  static constexpr int kVariables = 3;
  static constexpr std::array kScalars = {"lr", "l1", "l2", "global_step"};
  constexpr AdagradDARule(const C* s, const StepFlags&)
      : lr(s[0]), threshold(std::max(s[1], C(0)) * s[3]), decay(s[2] * s[3] * s[0]) {}
  constexpr void operator()(C g, C& var, C& sum, C& squares) const {
    sum += g;
    squares += g * g;
    var = -lr * Shrink(sum, threshold) / (decay + std::sqrt(squares));
  }
  C lr, threshold, decay;
};

template <typename C>
struct AdadeltaRule {
  static constexpr int kVariables = 3;
  static constexpr std::array kScalars = {"lr", "rho", "epsilon"};
  constexpr AdadeltaRule(const C* s, const StepFlags&) : lr(s[0]), rho(s[1]), epsilon(s[2]) {}
  constexpr void operator()(C g, C& var, C& accum, C& accum_update) const {
    accum = accum * rho + g * g * (C(1) - rho);
    const C update = std::sqrt(accum_update + epsilon) * (C(1) / std::sqrt(accum + epsilon)) * g;
    var -= update * lr;
    accum_update = accum_update * rho + update * update * (C(1) - rho);
  }
  C lr, rho, epsilon;
};

template <typename C>
struct RMSPropRule {
  static constexpr int kVariables = 3;
  static constexpr std::array kScalars = {"lr", "rho", "momentum", "epsilon"};
  constexpr RMSPropRule(const C* s, const StepFlags&)
      : lr(s[0]), rho(s[1]), momentum(s[2]), epsilon(s[3]) {}
  constexpr void operator()(C g, C& var, C& ms, C& mom) const {
    ms += (g * g - ms) * (C(1) - rho);
    mom = mom * momentum + g * lr / std::sqrt(ms + epsilon);
    var -= mom;
  }
  C lr, rho, momentum, epsilon;
};

template <typename C>
struct CenteredRMSPropRule {
  static constexpr int kVariables = 4;
  static constexpr std::array kScalars = {"lr", "rho", "momentum", "epsilon"};
  constexpr CenteredRMSPropRule(const C* s, const StepFlags&)
      : lr(s[0]), rho(s[1]), momentum(s[2]), epsilon(s[3]) {}
  constexpr void operator()(C g, C& var, C& mg, C& ms, C& mom) const {
    ms += (g * g - ms) * (C(1) - rho);
    mg += (g - mg) * (C(1) - rho);
    mom = mom * momentum + g * lr / std::sqrt(ms - mg * mg + epsilon);
    var -= mom;
  }
  C lr, rho, momentum, epsilon;
};

// Ftrl, and FtrlV2 with a further scalar.
template <typename C, bool kShrinkage>
struct FtrlRuleOf {
  static constexpr int kVariables = 3;
  static constexpr auto kScalars = [] {
    if constexpr (kShrinkage) {
      return std::array{"lr", "l1", "l2", "lr_power", "l2_shrinkage"};
    } else {
      return std::array{"lr", "l1", "l2", "lr_power"};
    }
  }();
  constexpr FtrlRuleOf(const C* s, const StepFlags&)
      : lr(s[0]),
        l1(s[1]),
        l2(s[2]),
        power(-s[3]),
        shrinkage(kShrinkage ? s[4] : C(0)),
        is_root(power == C(0.5)) {}
  constexpr void operator()(C g, C& var, C& accum, C& linear) const {
    const C next = accum + g * g;
    const C next_power = is_root ? std::sqrt(next) : std::pow(next, power);
    const C old_power = is_root ? std::sqrt(accum) : std::pow(accum, power);
    const C slope = kShrinkage ? g + C(2) * shrinkage * var : g;
    linear += slope - (next_power - old_power) / lr * var;
    const C pull = l1 * SignOf(linear) - linear;
    const C curvature = next_power / lr + C(2) * l2;
    var = std::abs(linear) > l1 ? pull / curvature : C(0);
    accum = next;
  }
  C lr, l1, l2, power, shrinkage;
  bool is_root;
};
template <typename C>
using FtrlRule = FtrlRuleOf<C, false>;
template <typename C>
using FtrlV2Rule = FtrlRuleOf<C, true>;

template <typename C>
struct AddSignRule {
  static constexpr int kVariables = 2;
  static constexpr std::array kScalars = {"lr", "alpha", "sign_decay", "beta"};
  constexpr AddSignRule(const C* s, const StepFlags&)
      : lr(s[0]), alpha(s[1]), decay(s[2]), beta(s[3]) {}
  constexpr void operator()(C g, C& var, C& m) const {
    m = m * beta + g * (C(1) - beta);
    var -= lr * (alpha + decay * SignOf(g) * SignOf(m)) * g;
  }
  C lr, alpha, decay, beta;
};

template <typename C>
struct PowerSignRule {
  static constexpr int kVariables = 2;
  static constexpr std::array kScalars = {"lr", "logbase", "sign_decay", "beta"};
  constexpr PowerSignRule(const C* s, const StepFlags&)
      : lr(s[0]), logbase(s[1]), decay(s[2]), beta(s[3]) {}
  constexpr void operator()(C g, C& var, C& m) const {
    m = m * beta + g * (C(1) - beta);
    var -= lr * std::exp(logbase * decay * SignOf(g) * SignOf(m)) * g;
  }
  C lr, logbase, decay, beta;
};

// The forms in which a rule exists (ops/training.cc): Apply, ResourceApply, SparseApply and
// ResourceSparseApply; the dense ones; those for resources; ResourceApply alone.
enum class StepForms { kAll, kDense, kResource, kResourceDense };

constexpr bool IsSparseForm(StepForms forms) {
  return forms == StepForms::kAll || forms == StepForms::kResource;
}
constexpr bool IsReferenceForm(StepForms forms) {
  return forms == StepForms::kAll || forms == StepForms::kDense;
}

// Calls table.Add<Rule, types beside the floating-point ones...>(name, forms) for each rule. The
// forms are constants, so that a table may leave out rules before they are compiled.
template <typename Table>
void FillTrainingTable(Table& table) {
  constexpr std::integral_constant<StepForms, StepForms::kAll> kAll;
  constexpr std::integral_constant<StepForms, StepForms::kDense> kDense;
  constexpr std::integral_constant<StepForms, StepForms::kResource> kResource;
  constexpr std::integral_constant<StepForms, StepForms::kResourceDense> kResourceDense;
  table.template Add<GradientDescentRule, Complex64, Complex128>("GradientDescent", kDense);
  table.template Add<ProximalGradientDescentRule>("ProximalGradientDescent", kAll);
  table.template Add<MomentumRule>("Momentum", kAll);
  table.template Add<KerasMomentumRule>("KerasMomentum", kResource);
  table.template Add<AdamRule>("Adam", kDense);
  table.template Add<AdamWithAmsgradRule>("AdamWithAmsgrad", kResourceDense);
  table.template Add<AdaMaxRule>("AdaMax", kDense);
  table.template Add<AdagradRule>("Adagrad", kAll);
  table.template Add<AdagradV2Rule>("AdagradV2", kAll);
  table.template Add<ProximalAdagradRule>("ProximalAdagrad", kAll);
  table.template Add<AdagradDARule>("AdagradDA", kAll);
  table.template Add<AdadeltaRule>("Adadelta", kAll);
  table.template Add<RMSPropRule>("RMSProp", kAll);
  table.template Add<CenteredRMSPropRule>("CenteredRMSProp", kAll);
  table.template Add<FtrlRule>("Ftrl", kAll);
  table.template Add<FtrlV2Rule>("FtrlV2", kAll);
  table.template Add<AddSignRule>("AddSign", kDense);
  table.template Add<PowerSignRule>("PowerSign", kDense);
}

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_TRAINING_RULES_H_
