// The update steps of optimizers: one body for all rules, dense or sparse, on variables of either
// kind. The formulas are in training_rules_util.h.

#include <type_traits>

#include "weir/kernels/cpu/training_rules_util.h"
#include "weir/kernels/cpu/variable_util.h"

namespace weir {
namespace {

// 16-bit types compute in float.
template <typename T>
using ComputeType =
    std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;

// The rough cost of a step per element, in simple operations.
constexpr double kStepCost = 12;

// One call of a step, without types: the rest of this file need not be compiled for each.
struct StepCall {
  const char* gradient = nullptr;
  absl::InlinedVector<char*, 4> variables;
  absl::InlinedVector<const Tensor*, 6> scalars;  // In the order of the rule.
  StepFlags flags;
};

// Updates elements [begin, end) of a row of the gradient that starts at element `gradient_offset`,
// and of the variables' row that starts at `offset`.
using UpdateFn = void (*)(const StepCall& call, int64_t gradient_offset, int64_t offset,
                          int64_t begin, int64_t end);

template <typename Rule, typename C, typename T, typename... Slots>
void UpdateRange(const Rule rule, int64_t begin, int64_t end, const T* __restrict g,
                 Slots* __restrict... slots) {
  for (int64_t i = begin; i < end; ++i) {
    if constexpr (std::is_same_v<C, T>) {
      rule(g[i], slots[i]...);
    } else {
      std::array<C, sizeof...(Slots)> wide = {C(slots[i])...};
      std::apply([&](auto&... s) { rule(C(g[i]), s...); }, wide);
      size_t k = 0;
      ((slots[i] = T(wide[k++])), ...);
    }
  }
}

template <typename T>
ComputeType<T> ReadScalar(const Tensor& t) {
  using C = ComputeType<T>;
  if constexpr (!std::is_same_v<T, int64_t>) {
    if (t.dtype() == DT_INT64) return C(static_cast<double>(*t.data<int64_t>()));
  }
  return C(*t.data<T>());
}

template <template <typename> class RuleOf, typename T>
void Update(const StepCall& call, int64_t gradient_offset, int64_t offset, int64_t begin,
            int64_t end) {
  using C = ComputeType<T>;
  using Rule = RuleOf<C>;
  std::array<C, Rule::kScalars.size()> scalars;
  for (size_t i = 0; i < scalars.size(); ++i) scalars[i] = ReadScalar<T>(*call.scalars[i]);
  const Rule rule(scalars.data(), call.flags);
  const T* const g = reinterpret_cast<const T*>(call.gradient) + gradient_offset;
  [&]<size_t... kSlot>(std::index_sequence<kSlot...>) {
    UpdateRange<Rule, C, T>(rule, begin, end, g,
                            (reinterpret_cast<T*>(call.variables[kSlot]) + offset)...);
  }(std::make_index_sequence<Rule::kVariables>());
}

// Where a step finds its inputs.
struct StepInputs {
  int gradient = -1;
  int indices = -1;  // -1: a dense step.
  absl::InlinedVector<int, 6> scalars;
  int variables = 0;
  bool is_reference = false;
};

StepInputs FindInputs(const KernelPrepare& k, int variables,
                      absl::Span<const char* const> scalars) {
  StepInputs in;
  const std::vector<ArgSpec>& args = k.node().op().inputs;
  const auto find = [&](absl::string_view name) {
    for (size_t i = 0; i < args.size(); ++i) {
      if (args[i].name == name) return static_cast<int>(i);
    }
    return -1;
  };
  in.gradient = find("grad") >= 0 ? find("grad") : find("delta");
  in.indices = find("indices");
  for (const char* name : scalars) in.scalars.push_back(find(name));
  in.variables = variables;
  in.is_reference = IsReferenceInput(k, 0);
  return in;
}

absl::Status CheckStep(const KernelPrepare& k, const StepInputs& in) {
  for (int i : in.scalars) {
    if (i < 0) return Internal(k.node().op().name, " lacks a scalar of its rule");
    if (k.In(i).shape().rank() != 0) return k.InvalidInput(i, "must be a scalar");
  }
  if (in.indices < 0) return absl::OkStatus();
  const Shape& indices = k.In(in.indices).shape();
  if (indices.rank() != 1) return k.InvalidInput(in.indices, "must be a vector");
  const Shape& gradient = k.In(in.gradient).shape();
  if (gradient.rank() < 1 || gradient.dim(0) != indices.dim(0)) {
    return k.InvalidInput(in.gradient, "must have as many rows as there are indices");
  }
  return absl::OkStatus();
}

absl::Status CheckShapes(absl::Span<Tensor* const> variables, const Tensor& gradient, bool sparse) {
  const Shape& shape = variables[0]->shape();
  for (const Tensor* slot : variables) {
    if (slot->shape() == shape) continue;
    return InvalidArgument("var and its slots do not have the same shape: ", shape.ToString(), " ",
                           slot->shape().ToString());
  }
  if (!sparse) {
    if (gradient.shape() == shape) return absl::OkStatus();
    return InvalidArgument("var and grad do not have the same shape", shape.ToString(), " ",
                           gradient.shape().ToString());
  }
  if (shape.rank() < 1) return InvalidArgument("var must be at least 1 dimensional");
  if (shape.WithDim(0, 1) == gradient.shape().WithDim(0, 1)) return absl::OkStatus();
  return InvalidArgument("var and grad must match in all dimensions but the first: ",
                         shape.ToString(), " ", gradient.shape().ToString());
}

// The rows to update, each in [0, rows).
absl::Status ReadIndices(const Tensor& indices, int64_t rows, int64_t* out) {
  return DispatchType<int32_t, int64_t>(
      indices.dtype(), [&]<typename Index>(TypeTag<Index>) -> absl::Status {
        for (int64_t i = 0; i < indices.num_elements(); ++i) {
          const int64_t row = indices.data<Index>()[i];
          if (row < 0 || row >= rows) {
            return InvalidArgument("Index ", row, " at offset ", i,
                                   " in indices is out of range: var has ", rows, " rows");
          }
          out[i] = row;
        }
        return absl::OkStatus();
      });
}

absl::Status RunStep(const KernelRun& r, const StepInputs& in, const StepFlags& flags,
                     size_t rows_offset, UpdateFn update) {
  const Tensor& gradient = r.In(in.gradient);
  absl::InlinedVector<Variable*, 4> variables(in.variables);
  for (int i = 0; i < in.variables; ++i) {
    ASSIGN_OR_RETURN(variables[i], InitializedVariable(r, i, gradient.dtype(), in.is_reference));
  }
  StepCall call;
  call.gradient = gradient.raw_data();
  call.flags = flags;
  for (int i : in.scalars) call.scalars.push_back(&r.In(i));
  return Variable::UpdateAll(variables, [&](absl::Span<Tensor* const> t) -> absl::Status {
    RETURN_IF_ERROR(CheckShapes(t, gradient, in.indices >= 0));
    for (Tensor* tensor : t) call.variables.push_back(tensor->mutable_raw_data());
    const int64_t n = gradient.num_elements();
    if (in.indices < 0) {
      r.ParallelFor(n, kStepCost,
                    [&](int64_t begin, int64_t end) { update(call, 0, 0, begin, end); });
      return absl::OkStatus();
    }
    const Tensor& indices = r.In(in.indices);
    int64_t* const rows = r.Workspace<int64_t>(rows_offset);
    RETURN_IF_ERROR(ReadIndices(indices, t[0]->dim(0), rows));
    if (n == 0) return absl::OkStatus();
    const int64_t count = indices.num_elements();
    const int64_t width = n / count;
    // Columns are shared out, not rows, so that repeated rows keep their order.
    r.ParallelFor(width, kStepCost * static_cast<double>(count), [&](int64_t begin, int64_t end) {
      for (int64_t i = 0; i < count; ++i) update(call, i * width, rows[i] * width, begin, end);
    });
    return absl::OkStatus();
  });
}

absl::Status PrepareStep(KernelPrepare& k, const StepInputs& in, UpdateFn update) {
  RETURN_IF_ERROR(CheckStep(k, in));
  StepFlags flags;
  if (k.node().attrs().Find("use_nesterov") != nullptr) {
    flags.use_nesterov = k.Attr<bool>("use_nesterov");
  }
  if (k.node().attrs().Find("update_slots") != nullptr) {
    flags.update_slots = k.Attr<bool>("update_slots");
  }
  size_t rows = 0;
  if (in.indices >= 0) {
    rows = k.Workspace(static_cast<size_t>(k.In(in.indices).shape().dim(0)) * sizeof(int64_t));
  }
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  return k.Run([=](KernelRun& r) { return RunStep(r, in, flags, rows, update); });
}

template <template <typename> class RuleOf, typename... Types>
absl::Status PrepareRule(KernelPrepare& k) {
  const StepInputs in = FindInputs(k, RuleOf<float>::kVariables, RuleOf<float>::kScalars);
  return k.ForType<Types...>("T",
                             [&]<typename T>() { return PrepareStep(k, in, Update<RuleOf, T>); });
}

// The forms in which a rule exists (ops/training.cc).
enum Forms { kAllForms, kDenseForms, kResourceForms, kResourceDenseForm };

template <template <typename> class RuleOf, typename... Extra>
void Add(KernelRegistry& kernels, const char* rule, Forms forms) {
  const bool sparse = forms == kAllForms || forms == kResourceForms;
  const bool reference = forms == kAllForms || forms == kDenseForms;
  const PrepareFn prepare = PrepareRule<RuleOf, Half, BFloat16, float, double, Extra...>;
  kernels.Add(absl::StrCat("ResourceApply", rule), "CPU", prepare);
  if (reference) kernels.Add(absl::StrCat("Apply", rule), "CPU", prepare);
  if (sparse) kernels.Add(absl::StrCat("ResourceSparseApply", rule), "CPU", prepare);
  if (sparse && reference) kernels.Add(absl::StrCat("SparseApply", rule), "CPU", prepare);
}

}  // namespace

void RegisterTrainingKernels(KernelRegistry& kernels) {
  Add<GradientDescentRule, Complex64, Complex128>(kernels, "GradientDescent", kDenseForms);
  Add<ProximalGradientDescentRule>(kernels, "ProximalGradientDescent", kAllForms);
  Add<MomentumRule>(kernels, "Momentum", kAllForms);
  Add<KerasMomentumRule>(kernels, "KerasMomentum", kResourceForms);
  Add<AdamRule>(kernels, "Adam", kDenseForms);
  Add<AdamWithAmsgradRule>(kernels, "AdamWithAmsgrad", kResourceDenseForm);
  Add<AdaMaxRule>(kernels, "AdaMax", kDenseForms);
  Add<AdagradRule>(kernels, "Adagrad", kAllForms);
  Add<AdagradV2Rule>(kernels, "AdagradV2", kAllForms);
  Add<ProximalAdagradRule>(kernels, "ProximalAdagrad", kAllForms);
  Add<AdagradDARule>(kernels, "AdagradDA", kAllForms);
  Add<AdadeltaRule>(kernels, "Adadelta", kAllForms);
  Add<RMSPropRule>(kernels, "RMSProp", kAllForms);
  Add<CenteredRMSPropRule>(kernels, "CenteredRMSProp", kAllForms);
  Add<FtrlRule>(kernels, "Ftrl", kAllForms);
  Add<FtrlV2Rule>(kernels, "FtrlV2", kAllForms);
  Add<AddSignRule>(kernels, "AddSign", kDenseForms);
  Add<PowerSignRule>(kernels, "PowerSign", kDenseForms);
}

}  // namespace weir
