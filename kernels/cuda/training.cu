// The dense update steps of optimizers. The formulas are in kernels/common/training_rules.h.

#include "weir/kernels/common/training_rules.h"
#include "weir/kernels/cpu/training_util.h"
#include "weir/kernels/cuda/complex_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

// A scalar input, which lies on the device: a number of the variable's type or an int64.
struct StepScalar {
  const void* value;
  bool is_int64;
};

template <typename T, int kVariables, int kScalars>
struct StepArguments {
  const T* gradient;
  T* variables[kVariables];
  StepScalar scalars[kScalars];
  StepFlags flags;
};

template <template <typename> class RuleOf, typename T>
struct StepOf {
  using C = ComputeType<T>;
  using Rule = RuleOf<C>;
  static constexpr int kVariables = Rule::kVariables;
  static constexpr int kScalars = static_cast<int>(Rule::kScalars.size());
  static constexpr int kPack = kPackBytes / sizeof(T);
  using Arguments = StepArguments<T, kVariables, kScalars>;

  static __device__ Rule MakeRule(const Arguments& a) {
    C scalars[kScalars];
    for (int i = 0; i < kScalars; ++i) {
      const StepScalar s = a.scalars[i];
      scalars[i] = s.is_int64 ? C(static_cast<double>(*static_cast<const int64_t*>(s.value)))
                              : C(*static_cast<const T*>(s.value));
    }
    return Rule(scalars, a.flags);
  }

  template <size_t... kSlot>
  static __device__ void Call(const Rule& rule, C g, C* values, std::index_sequence<kSlot...>) {
    rule(g, values[kSlot]...);
  }

  // Updates N elements that lie side by side, the i-th pack of them.
  template <int N>
  static __device__ void Update(const Rule& rule, const Arguments& a, int64_t i) {
    const auto g = reinterpret_cast<const Pack<T, N>*>(a.gradient)[i];
    Pack<T, N> packs[kVariables];
    for (int v = 0; v < kVariables; ++v) {
      packs[v] = reinterpret_cast<const Pack<T, N>*>(a.variables[v])[i];
    }
    for (int j = 0; j < N; ++j) {
      C values[kVariables];
      for (int v = 0; v < kVariables; ++v) values[v] = C(packs[v].values[j]);
      Call(rule, C(g.values[j]), values, std::make_index_sequence<kVariables>());
      for (int v = 0; v < kVariables; ++v) packs[v].values[j] = T(values[v]);
    }
    for (int v = 0; v < kVariables; ++v) {
      reinterpret_cast<Pack<T, N>*>(a.variables[v])[i] = packs[v];
    }
  }
};

// Updates n elements: the first packs * kPack in packs, the others one by one.
template <template <typename> class RuleOf, typename T>
__global__ void StepKernel(int64_t n, int64_t packs,
                           typename StepOf<RuleOf, T>::Arguments arguments) {
  using Step = StepOf<RuleOf, T>;
  const typename Step::Rule rule = Step::MakeRule(arguments);
  for (int64_t i = ThreadNumber(); i < packs; i += ThreadCount()) {
    Step::template Update<Step::kPack>(rule, arguments, i);
  }
  for (int64_t i = packs * Step::kPack + ThreadNumber(); i < n; i += ThreadCount()) {
    Step::template Update<1>(rule, arguments, i);
  }
}

template <template <typename> class RuleOf, typename T>
absl::Status RunStep(const KernelRun& r, const StepInputs& in, const StepFlags& flags) {
  using Step = StepOf<RuleOf, T>;
  const Tensor& gradient = r.In(in.gradient);
  ASSIGN_OR_RETURN(const StepVariables variables, FindStepVariables(r, in));
  typename Step::Arguments arguments;
  arguments.gradient = reinterpret_cast<const T*>(gradient.raw_data());
  for (int i = 0; i < Step::kScalars; ++i) {
    const Tensor& scalar = r.In(in.scalars[i]);
    arguments.scalars[i] = {scalar.raw_data(), scalar.dtype() == DT_INT64};
  }
  arguments.flags = flags;
  return Variable::UpdateAll(variables, [&](absl::Span<Tensor* const> t) -> absl::Status {
    RETURN_IF_ERROR(CheckStepShapes(t, gradient, /*sparse=*/false));
    const int64_t n = gradient.num_elements();
    if (n == 0) return absl::OkStatus();
    bool aligned = IsPackAligned(arguments.gradient);
    for (int i = 0; i < Step::kVariables; ++i) {
      arguments.variables[i] = reinterpret_cast<T*>(t[i]->mutable_raw_data());
      aligned = aligned && IsPackAligned(arguments.variables[i]);
    }
    const int64_t packs = aligned ? n / Step::kPack : 0;
    return Launch(r, StepKernel<RuleOf, T>, BlocksFor(std::max(packs, n - packs * Step::kPack)),
                  kBlockThreads, n, packs, arguments);
  });
}

template <template <typename> class RuleOf, typename T>
absl::Status PrepareStep(KernelPrepare& k) {
  const StepInputs in = FindStepInputs(k, RuleOf<float>::kVariables, RuleOf<float>::kScalars);
  RETURN_IF_ERROR(CheckStep(k, in));
  const StepFlags flags = ReadStepFlags(k);
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  return k.Run([in, flags](KernelRun& r) { return RunStep<RuleOf, T>(r, in, flags); });
}

class Table {
 public:
  explicit Table(KernelRegistry& registry) : registry_(registry) {}

  template <template <typename> class RuleOf, typename... Extra>
  void Add(const char* rule, StepForms forms) {
    const PrepareFn prepare = [](KernelPrepare& k) {
      return k.ForType<Half, BFloat16, float, double, Extra...>(
          "T", [&]<typename T>() { return PrepareStep<RuleOf, DeviceNumber<T>>(k); });
    };
    registry_.Add(absl::StrCat("ResourceApply", rule), "GPU", prepare);
    if (IsReferenceForm(forms)) registry_.Add(absl::StrCat("Apply", rule), "GPU", prepare);
  }

 private:
  KernelRegistry& registry_;
};

}  // namespace

void RegisterTrainingCudaKernels(KernelRegistry& registry) {
  Table table(registry);
  FillTrainingTable(table);
}

}  // namespace weir
