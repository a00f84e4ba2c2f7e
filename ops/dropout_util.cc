#include "weir/ops/dropout_util.h"

#include "weir/ops/random.h"
#include "weir/ops/window_util.h"

namespace weir::ops {
namespace {

// x * scale where a uniform number is at least `rate` = 1 - keep_prob.
Output DropBelow(const OpScope& s, const Output& x, const Input& rate, const Input& scale,
                 const DropoutOptions& options) {
  const Output shape = options.noise_shape.value_or(ShapeOf(s, x));
  const Output uniform = RandomUniform(s, shape, x.type(), {options.seed});
  const Output keep = s.Op("GreaterEqual").In(uniform).In(rate).Build();
  const Output mask = s.Op("Cast").In(keep).Attr("DstT", x.type()).Build();
  const Output scaled = s.Op("Mul").In(x).In(scale).Build();
  return s.Op("Mul").In(scaled).In(mask).Build();
}

}  // namespace

Output Dropout(const OpScope& scope, const Output& x, double keep_prob,
               const DropoutOptions& options) {
  if (!x.valid()) return Output();
  if (!(keep_prob > 0 && keep_prob <= 1)) {
    scope.Fail(InvalidArgument("keep_prob must lie in (0, 1], but is ", keep_prob));
    return Output();
  }
  if (keep_prob == 1) return x;
  return DropBelow(scope.Composite("dropout"), x, 1 - keep_prob, 1 / keep_prob, options);
}

Output Dropout(const OpScope& scope, const Output& x, const Output& keep_prob,
               const DropoutOptions& options) {
  if (!x.valid() || !keep_prob.valid()) return Output();
  const OpScope s = scope.Composite("dropout");
  const Output rate = s.Op("Sub").In(1).In(keep_prob).Build();
  const Output scale = s.Op("Reciprocal").In(keep_prob).Build();
  return DropBelow(s, x, rate, scale, options);
}

}  // namespace weir::ops
