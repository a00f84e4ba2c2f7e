// The update steps of optimizers for some rows of variables. The formulas are in
// kernels/common/training_rules.h. The updates of a row are made in the order of the indices; rows
// outside the variable, which a kernel of the GPU cannot report, are left out.

#include "weir/kernels/common/numbers.h"
#include "weir/kernels/common/training_rules.h"
#include "weir/kernels/cpu/training_util.h"
#include "weir/kernels/cuda/rows_util.h"
#include "weir/kernels/cuda/sort_util.h"

namespace weir {
namespace {

// A scalar input, which lies on the device: a number of the variable's type or an int64.
struct StepScalar {
  const void* value;
  bool is_int64;

  template <typename T>
  __device__ ComputeType<T> As() const {
    using C = ComputeType<T>;
    return is_int64 ? C(static_cast<double>(*static_cast<const int64_t*>(value)))
                    : C(*static_cast<const T*>(value));
  }
};

template <template <typename> class RuleOf, typename T>
struct SparseStep {
  using C = ComputeType<T>;
  using Rule = RuleOf<C>;
  static constexpr int kVariables = Rule::kVariables;
  static constexpr int kScalars = static_cast<int>(Rule::kScalars.size());

  // The updates of one row, from `begin` on.
  struct Row {
    bool is_first;  // Otherwise another thread makes them.
    int64_t begin, row;
    Rule rule;
  };

  const T* gradient;
  T* variables[kVariables];
  StepScalar scalars[kScalars];
  StepFlags flags;
  const SortedIndex* indices;
  int64_t count, width;

  __device__ Row RowAt(int64_t i) const {
    C values[kScalars];
    for (int s = 0; s < kScalars; ++s) values[s] = scalars[s].template As<T>();
    const int64_t row = indices[i].value;
    const bool is_first = row >= 0 && (i == 0 || indices[i - 1].value != row);
    return {is_first, i, row, Rule(values, flags)};
  }
  __device__ void operator()(const Row& row, int64_t j) const {
    if (row.is_first) Update(row, j, std::make_index_sequence<kVariables>());
  }
  template <size_t... kSlot>
  __device__ void Update(const Row& row, int64_t j, std::index_sequence<kSlot...>) const {
    const int64_t to = row.row * width + j;
    T values[] = {variables[kSlot][to]...};
    for (int64_t i = row.begin; i < count && indices[i].value == row.row; ++i) {
      // Rounded after each update, as they are when updates come one by one.
      C wide[] = {C(values[kSlot])...};
      row.rule(C(gradient[indices[i].at * width + j]), wide[kSlot]...);
      ((values[kSlot] = T(wide[kSlot])), ...);
    }
    ((variables[kSlot][to] = values[kSlot]), ...);
  }
};

template <template <typename> class RuleOf, typename T>
absl::Status RunStep(const KernelRun& r, const StepInputs& in, const StepFlags& flags,
                     size_t scratch) {
  using Step = SparseStep<RuleOf, T>;
  const Tensor &gradient = r.In(in.gradient), &indices = r.In(in.indices);
  ASSIGN_OR_RETURN(const StepVariables variables, FindStepVariables(r, in));
  Step step;
  step.gradient = gradient.data<T>();
  step.flags = flags;
  for (int i = 0; i < Step::kScalars; ++i) {
    const Tensor& scalar = r.In(in.scalars[i]);
    step.scalars[i] = {scalar.raw_data(), scalar.dtype() == DT_INT64};
  }
  return Variable::UpdateAll(
      variables, r.memory(), [&](absl::Span<Tensor* const> t) -> absl::Status {
        RETURN_IF_ERROR(CheckStepShapes(t, gradient, /*sparse=*/true));
        if (gradient.num_elements() == 0) return absl::OkStatus();
        for (int i = 0; i < Step::kVariables; ++i) step.variables[i] = t[i]->mutable_data<T>();
        ASSIGN_OR_RETURN(step.indices,
                         SortIndices(r, indices, t[0]->dim(0), r.Workspace<SortedIndex>(scratch)));
        step.count = indices.num_elements();
        step.width = gradient.num_elements() / step.count;
        return ForEachInRows(r, step.count, step.width, step);
      });
}

template <template <typename> class RuleOf, typename T>
absl::Status PrepareStep(KernelPrepare& k) {
  const StepInputs in = FindStepInputs(k, RuleOf<float>::kVariables, RuleOf<float>::kScalars);
  RETURN_IF_ERROR(CheckStep(k, in));
  const StepFlags flags = ReadStepFlags(k);
  const size_t scratch = k.Workspace(2 * sizeof(SortedIndex) *
                                     static_cast<size_t>(k.In(in.indices).shape().num_elements()));
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  return k.Run([=](KernelRun& r) { return RunStep<RuleOf, T>(r, in, flags, scratch); });
}

class Table {
 public:
  explicit Table(KernelRegistry& registry) : registry_(registry) {}

  template <template <typename> class RuleOf, typename... Extra, typename Forms>
  void Add(const char* rule, Forms forms) {
    if constexpr (IsSparseForm(Forms())) {
      const PrepareFn prepare = [](KernelPrepare& k) {
        return k.ForType<Half, BFloat16, float, double, Extra...>(
            "T", [&]<typename T>() { return PrepareStep<RuleOf, T>(k); });
      };
      registry_.Add(absl::StrCat("ResourceSparseApply", rule), "GPU", prepare);
      if (IsReferenceForm(forms)) {
        registry_.Add(absl::StrCat("SparseApply", rule), "GPU", prepare);
      }
    }
  }

 private:
  KernelRegistry& registry_;
};

}  // namespace

void RegisterSparseTrainingCudaKernels(KernelRegistry& registry) {
  Table table(registry);
  FillTrainingTable(table);
}

}  // namespace weir
