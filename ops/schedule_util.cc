#include "weir/ops/schedule_util.h"

#include <cmath>

#include "weir/ops/binary.h"
#include "weir/ops/cast.h"
#include "weir/ops/constant.h"
#include "weir/ops/select.h"
#include "weir/ops/term_util.h"
#include "weir/ops/unary.h"

namespace weir {
namespace {

// The step as a float.
Term Float(const OpScope& s, const Output& step) { return Term(s, ops::Cast(s, step, DT_FLOAT)); }

Term Number(const OpScope& s, double value) {
  return Term(s, ops::ScalarConst(s, DT_FLOAT, value));
}

// step / decay_steps, in whole periods if asked.
Term Periods(const OpScope& s, const Output& step, double decay_steps,
             const DecayOptions& options) {
  const Term periods = Float(s, step) / Number(s, decay_steps);
  return options.staircase ? Term(s, ops::Floor(s, periods)) : periods;
}

}  // namespace

Output ExponentialDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                        double decay_rate, const DecayOptions& options) {
  const OpScope s = scope.Composite("ExponentialDecay");
  const Term periods = Periods(s, step, decay_steps, options);
  return Number(s, rate) * Term(s, ops::Pow(s, Number(s, decay_rate), periods));
}

Output NaturalExponentialDecay(const OpScope& scope, double rate, const Output& step,
                               double decay_steps, double decay_rate, const DecayOptions& options) {
  const OpScope s = scope.Composite("NaturalExpDecay");
  const Term periods = Periods(s, step, decay_steps, options);
  return Number(s, rate) * Term(s, ops::Exp(s, Number(s, -decay_rate) * periods));
}

Output InverseTimeDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                        double decay_rate, const DecayOptions& options) {
  const OpScope s = scope.Composite("InverseTimeDecay");
  const Term periods = Periods(s, step, decay_steps, options);
  return Number(s, rate) / (1.0 + Number(s, decay_rate) * periods);
}

Output PiecewiseConstant(const OpScope& scope, const Output& step,
                         const std::vector<int64_t>& boundaries,
                         const std::vector<double>& values) {
  bool ascending = true;
  for (size_t i = 1; i < boundaries.size(); ++i) {
    ascending = ascending && boundaries[i - 1] < boundaries[i];
  }
  if (values.size() != boundaries.size() + 1 || !ascending) {
    scope.Fail(
        InvalidArgument("PiecewiseConstant needs ascending boundaries and one value more, "
                        "but has ",
                        boundaries.size(), " boundaries and ", values.size(), " values"));
    return Output();
  }
  const OpScope s = scope.Composite("PiecewiseConstant");
  const Output wide = ops::Cast(s, step, DT_INT64);
  Output rate = Number(s, values[0]);
  for (size_t i = 0; i < boundaries.size(); ++i) {
    const Output past = ops::Greater(s, wide, boundaries[i]);
    rate = ops::Select(s, past, Number(s, values[i + 1]), rate);
  }
  return rate;
}

Output PolynomialDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                       const PolynomialDecayOptions& options) {
  const OpScope s = scope.Composite("PolynomialDecay");
  Term now = Float(s, step);
  Term total = Number(s, decay_steps);
  if (options.cycle) {
    // The first multiple of decay_steps that is not exceeded; at least one.
    const Term periods(s, ops::Ceil(s, now / total));
    total = total * Term(s, ops::Maximum(s, periods, Number(s, 1)));
  } else {
    now = Term(s, ops::Minimum(s, now, total));
  }
  const Term left = 1.0 - now / total;
  const Term factor(s, ops::Pow(s, left, Number(s, options.power)));
  return Number(s, rate - options.end_rate) * factor + Number(s, options.end_rate);
}

Output CosineDecay(const OpScope& scope, double rate, const Output& step, double decay_steps,
                   double alpha) {
  const OpScope s = scope.Composite("CosineDecay");
  const Term total = Number(s, decay_steps);
  const Term done = Term(s, ops::Minimum(s, Float(s, step), total)) / total;
  const Term cosine(s, ops::Cos(s, Number(s, M_PI) * done));
  return Number(s, rate) * ((1 - alpha) / 2 * (1.0 + cosine) + Number(s, alpha));
}

}  // namespace weir
