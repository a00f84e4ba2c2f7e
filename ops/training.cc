#include "weir/ops/training.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_split.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace {

// The forms in which a rule exists.
enum Form : unsigned { kReference = 1, kResource = 2, kBoth = kReference | kResource };

struct Rule {
  const char* name;
  const char* slots;   // The variables beside "var".
  const char* dense;   // The inputs of Apply<name>; the gradient is called grad or delta.
  const char* sparse;  // Those of SparseApply<name>; nullptr when there is none.
  const char* attr;    // A further attr, or nullptr.
  Form forms;
  const char* doc;
};

constexpr char kNesterov[] = "use_nesterov: bool = false";
constexpr char kUpdateSlots[] = "update_slots: bool = true";

// g is the gradient; every assignment is element by element.
constexpr Rule kRules[] = {
    {"GradientDescent", "", "alpha delta", nullptr, nullptr, kBoth, "var -= alpha * delta."},
    {"ProximalGradientDescent", "", "alpha l1 l2 delta", "alpha l1 l2 grad indices", nullptr, kBoth,
     "p = var - alpha * g; var = sign(p) * max(|p| - alpha * l1, 0) / (1 + alpha * l2)."},
    {"Momentum", "accum", "lr grad momentum", "lr grad indices momentum", kNesterov, kBoth,
     "accum = accum * momentum + g; var -= lr * accum, or with use_nesterov var -= lr * (g + "
     "momentum * accum)."},
    {"KerasMomentum", "accum", "lr grad momentum", "lr grad indices momentum", kNesterov, kResource,
     "accum = accum * momentum - lr * g; var += accum, or with use_nesterov var += momentum * "
     "accum - lr * g."},
    {"Adam", "m v", "beta1_power beta2_power lr beta1 beta2 epsilon grad", nullptr, kNesterov,
     kBoth,
     "a = lr * sqrt(1 - beta2_power) / (1 - beta1_power); m += (1 - beta1) * (g - m); v += (1 - "
     "beta2) * (g^2 - v); var -= a * m / (sqrt(v) + epsilon), or with use_nesterov m * beta1 + (1 "
     "- beta1) * g in the place of m."},
    {"AdamWithAmsgrad", "m v vhat", "beta1_power beta2_power lr beta1 beta2 epsilon grad", nullptr,
     nullptr, kResource,
     "m and v as in ApplyAdam; vhat = max(vhat, v); var -= a * m / (sqrt(vhat) + epsilon)."},
    {"AdaMax", "m v", "beta1_power lr beta1 beta2 epsilon grad", nullptr, nullptr, kBoth,
     "m += (1 - beta1) * (g - m); v = max(beta2 * v, |g|); var -= lr / (1 - beta1_power) * m / (v "
     "+ epsilon)."},
    {"Adagrad", "accum", "lr grad", "lr grad indices", kUpdateSlots, kBoth,
     "accum += g^2 (with update_slots); var -= lr * g / sqrt(accum)."},
    {"AdagradV2", "accum", "lr epsilon grad", "lr epsilon grad indices", kUpdateSlots, kBoth,
     "accum += g^2 (with update_slots); var -= lr * g / (sqrt(accum) + epsilon)."},
    {"ProximalAdagrad", "accum", "lr l1 l2 grad", "lr l1 l2 grad indices", nullptr, kBoth,
     "accum += g^2; a = lr / sqrt(accum); p = var - a * g; var = sign(p) * max(|p| - a * l1, 0) / "
     "(1 + a * l2)."},
    {"AdagradDA", "gradient_accumulator gradient_squared_accumulator", "grad lr l1 l2 global_step",
     "grad indices lr l1 l2 global_step", nullptr, kBoth,
     "s += g; q += g^2; var = -lr * sign(s) * max(|s| - l1 * global_step, 0) / (l2 * global_step * "
     "lr + sqrt(q)), where s and q are the accumulators."},
    {"Adadelta", "accum accum_update", "lr rho epsilon grad", "lr rho epsilon grad indices",
     nullptr, kBoth,
     "accum = rho * accum + (1 - rho) * g^2; u = g * sqrt(accum_update + epsilon) / sqrt(accum + "
     "epsilon); var -= lr * u; accum_update = rho * accum_update + (1 - rho) * u^2."},
    {"RMSProp", "ms mom", "lr rho momentum epsilon grad", "lr rho momentum epsilon grad indices",
     nullptr, kBoth,
     "ms += (1 - rho) * (g^2 - ms); mom = momentum * mom + lr * g / sqrt(ms + epsilon); var -= "
     "mom."},
    {"CenteredRMSProp", "mg ms mom", "lr rho momentum epsilon grad",
     "lr rho momentum epsilon grad indices", nullptr, kBoth,
     "ms += (1 - rho) * (g^2 - ms); mg += (1 - rho) * (g - mg); mom = momentum * mom + lr * g / "
     "sqrt(ms - mg^2 + epsilon); var -= mom."},
    {"Ftrl", "accum linear", "grad lr l1 l2 lr_power", "grad indices lr l1 l2 lr_power", nullptr,
     kBoth,
     "n = accum + g^2; linear += g - (n^-lr_power - accum^-lr_power) / lr * var; var = "
     "(sign(linear) "
     "* l1 - linear) / (n^-lr_power / lr + 2 * l2) where |linear| > l1, else 0; accum = n."},
    {"FtrlV2", "accum linear", "grad lr l1 l2 l2_shrinkage lr_power",
     "grad indices lr l1 l2 l2_shrinkage lr_power", nullptr, kBoth,
     "As ApplyFtrl, with g + 2 * l2_shrinkage * var in the place of g in linear."},
    {"AddSign", "m", "lr alpha sign_decay beta grad", nullptr, nullptr, kBoth,
     "m = beta * m + (1 - beta) * g; var -= lr * (alpha + sign_decay * sign(g) * sign(m)) * g."},
    {"PowerSign", "m", "lr logbase sign_decay beta grad", nullptr, nullptr, kBoth,
     "m = beta * m + (1 - beta) * g; var -= lr * exp(logbase * sign_decay * sign(g) * sign(m)) * "
     "g."},
};

std::vector<std::string> Words(const char* text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

bool IsGradient(absl::string_view input) { return input == "grad" || input == "delta"; }

// The variables agree, the scalars are scalars, and the gradient has the variable's shape, or that
// of rows of it.
absl::Status StepShape(ShapeContext& c, const Rule& rule, bool sparse) {
  const int variables = 1 + static_cast<int>(Words(rule.slots).size());
  PartialShape shape;
  for (int i = 0; i < variables; ++i) {
    ASSIGN_OR_RETURN(shape, shape.Merge(c.HandleShape(i)));
  }
  const std::vector<std::string> inputs = Words(sparse ? rule.sparse : rule.dense);
  PartialShape gradient, rows = PartialShape::UnknownOfRank(1);
  for (size_t k = 0; k < inputs.size(); ++k) {
    const int i = variables + static_cast<int>(k);
    if (IsGradient(inputs[k])) {
      gradient = c.In(i);
    } else if (inputs[k] == "indices") {
      ASSIGN_OR_RETURN(rows, c.WithRank(i, 1));
    } else {
      RETURN_IF_ERROR(c.WithRank(i, 0).status());
    }
  }
  if (!sparse) {
    ASSIGN_OR_RETURN(shape, shape.Merge(gradient));
  } else if (shape.known_rank()) {
    if (shape.rank() < 1) return InvalidArgument("var must be at least 1 dimensional");
    RETURN_IF_ERROR(gradient.Merge(shape.WithDim(0, rows.dim(0))).status());
  }
  return c.num_outputs() > 0 ? c.Return(std::move(shape)) : absl::OkStatus();
}

std::string OpName(const Rule& rule, bool resource, bool sparse) {
  return absl::StrCat(resource ? "Resource" : "", sparse ? "Sparse" : "", "Apply", rule.name);
}

void Declare(OpRegistry& ops, const Rule& rule, bool resource, bool sparse) {
  OpDeclaration op = ops.Add(OpName(rule, resource, sparse));
  op.Doc(sparse ? absl::StrCat(rule.doc, " For the rows that indices names, one after another.")
                : rule.doc);
  const char* const kind = resource ? ": resource" : ": Ref(T)";
  op.In(absl::StrCat("var", kind));
  for (const std::string& slot : Words(rule.slots)) op.In(absl::StrCat(slot, kind));
  for (const std::string& input : Words(sparse ? rule.sparse : rule.dense)) {
    const char* type = input == "indices"       ? ": Tindices"
                       : input == "global_step" ? ": int64"
                                                : ": T";
    op.In(absl::StrCat(input, type));
  }
  if (!resource) op.Out("out: Ref(T)");
  op.Attr(
      "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
      "bfloat16, uint16, complex128, half, uint32, uint64}");
  if (sparse) op.Attr("Tindices: {int32, int64}");
  op.Attr("use_locking: bool = false");
  if (rule.attr != nullptr) op.Attr(rule.attr);
  if (resource) op.Stateful();
  op.Shape([&rule, sparse](ShapeContext& c) { return StepShape(c, rule, sparse); });
  op.NotDifferentiable();
}

}  // namespace

namespace ops {
namespace {

Operation BuildStep(const OpScope& scope, absl::string_view name, bool sparse,
                    const std::vector<Output>& variables, const std::vector<Input>& inputs,
                    const ApplyOptions& options) {
  const auto rule = std::find_if(std::begin(kRules), std::end(kRules),
                                 [&](const Rule& r) { return name == r.name; });
  for (const Output& v : variables) {
    if (v.valid()) continue;
    scope.Fail(InvalidArgument(name, ": a variable is an empty handle"));
    return Operation();
  }
  const bool resource = !variables.empty() && !IsRefType(variables[0].type());
  if (rule == std::end(kRules) || (sparse && rule->sparse == nullptr) ||
      !(rule->forms & (resource ? kResource : kReference))) {
    scope.Fail(InvalidArgument("there is no ", sparse ? "sparse " : "", "update rule '", name,
                               "' for ", resource ? "resource" : "reference", " variables"));
    return Operation();
  }
  OpBuilder op = scope.Op(OpName(*rule, resource, sparse));
  for (const Output& v : variables) op.In(v);
  for (const Input& input : inputs) op.In(input);
  if (rule->attr == kNesterov) op.Attr("use_nesterov", options.use_nesterov);
  if (rule->attr == kUpdateSlots) op.Attr("update_slots", options.update_slots);
  return op.Build();
}

}  // namespace

Operation ApplyRule(const OpScope& scope, absl::string_view rule,
                    const std::vector<Output>& variables, const std::vector<Input>& inputs,
                    const ApplyOptions& options) {
  return BuildStep(scope, rule, /*sparse=*/false, variables, inputs, options);
}

Operation SparseApplyRule(const OpScope& scope, absl::string_view rule,
                          const std::vector<Output>& variables, const std::vector<Input>& inputs,
                          const ApplyOptions& options) {
  return BuildStep(scope, rule, /*sparse=*/true, variables, inputs, options);
}

}  // namespace ops

void RegisterTrainingOps(OpRegistry& ops) {
  for (const Rule& rule : kRules) {
    for (const bool resource : {false, true}) {
      if (!(rule.forms & (resource ? kResource : kReference))) continue;
      Declare(ops, rule, resource, /*sparse=*/false);
      if (rule.sparse != nullptr) Declare(ops, rule, resource, /*sparse=*/true);
    }
  }
}

}  // namespace weir
