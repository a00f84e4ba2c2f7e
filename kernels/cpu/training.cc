// The update steps of optimizers: one body for all rules, dense or sparse, on variables of either
// kind. The formulas are in kernels/common/training_rules.h.

#include "weir/kernels/common/numbers.h"
#include "weir/kernels/common/training_rules.h"
#include "weir/kernels/cpu/training_util.h"

namespace weir {
namespace {

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
  ASSIGN_OR_RETURN(const StepVariables variables, FindStepVariables(r, in));
  StepCall call;
  call.gradient = gradient.raw_data();
  call.flags = flags;
  for (int i : in.scalars) call.scalars.push_back(&r.In(i));
  return Variable::UpdateAll(
      variables, r.memory(), [&](absl::Span<Tensor* const> t) -> absl::Status {
        RETURN_IF_ERROR(CheckStepShapes(t, gradient, in.indices >= 0));
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
        r.ParallelFor(width, kStepCost * static_cast<double>(count),
                      [&](int64_t begin, int64_t end) {
                        for (int64_t i = 0; i < count; ++i)
                          update(call, i * width, rows[i] * width, begin, end);
                      });
        return absl::OkStatus();
      });
}

absl::Status PrepareStep(KernelPrepare& k, const StepInputs& in, UpdateFn update) {
  RETURN_IF_ERROR(CheckStep(k, in));
  const StepFlags flags = ReadStepFlags(k);
  size_t rows = 0;
  if (in.indices >= 0) {
    rows = k.Workspace(static_cast<size_t>(k.In(in.indices).shape().dim(0)) * sizeof(int64_t));
  }
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  return k.Run([=](KernelRun& r) { return RunStep(r, in, flags, rows, update); });
}

template <template <typename> class RuleOf, typename... Types>
absl::Status PrepareRule(KernelPrepare& k) {
  const StepInputs in = FindStepInputs(k, RuleOf<float>::kVariables, RuleOf<float>::kScalars);
  return k.ForType<Types...>("T",
                             [&]<typename T>() { return PrepareStep(k, in, Update<RuleOf, T>); });
}

class Table {
 public:
  explicit Table(KernelRegistry& registry) : registry_(registry) {}

  template <template <typename> class RuleOf, typename... Extra>
  void Add(const char* rule, StepForms forms) {
    const PrepareFn prepare = PrepareRule<RuleOf, Half, BFloat16, float, double, Extra...>;
    const bool sparse = IsSparseForm(forms), reference = IsReferenceForm(forms);
    registry_.Add(absl::StrCat("ResourceApply", rule), "CPU", prepare);
    if (reference) registry_.Add(absl::StrCat("Apply", rule), "CPU", prepare);
    if (sparse) registry_.Add(absl::StrCat("ResourceSparseApply", rule), "CPU", prepare);
    if (sparse && reference) registry_.Add(absl::StrCat("SparseApply", rule), "CPU", prepare);
  }

 private:
  KernelRegistry& registry_;
};

}  // namespace

void RegisterTrainingKernels(KernelRegistry& kernels) {
  Table table(kernels);
  FillTrainingTable(table);
}

}  // namespace weir
