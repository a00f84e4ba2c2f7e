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

// The step of one variable.
template <typename T, int kVariables>
struct StepPart {
  const T* gradient;
  T* variables[kVariables];
  int64_t n;
  int64_t packs;  // How many of the elements' packs are aligned.
  unsigned first_block;
};

// Those of many, by the same scalars. It all goes by value, for which there are 4 KiB.
template <typename T, int kVariables, int kScalars>
struct StepArguments {
  using Part = StepPart<T, kVariables>;
  static constexpr int kMostParts = 3584 / sizeof(Part);

  StepScalar scalars[kScalars];
  StepFlags flags;
  int num_parts = 0;
  Part parts[kMostParts];
};

template <template <typename> class RuleOf, typename T>
struct StepOf {
  using C = ComputeType<T>;
  using Rule = RuleOf<C>;
  static constexpr int kVariables = Rule::kVariables;
  static constexpr int kScalars = static_cast<int>(Rule::kScalars.size());
  static constexpr int kPack = kPackBytes / sizeof(T);
  static constexpr int64_t kBlockElements = int64_t{kBlockThreads} * kPack * 4;
  using Arguments = StepArguments<T, kVariables, kScalars>;
  using Part = typename Arguments::Part;

  static __device__ Rule MakeRule(const Arguments& a) {
    C scalars[kScalars];
    for (int i = 0; i < kScalars; ++i) {
      const StepScalar s = a.scalars[i];
      scalars[i] = s.is_int64 ? C(static_cast<double>(*static_cast<const int64_t*>(s.value)))
                              : C(*static_cast<const T*>(s.value));
    }
    return Rule(scalars, a.flags);
  }

  // The last part that begins at the block or before.
  static __device__ int PartOfBlock(const Arguments& a, unsigned block) {
    int low = 0, high = a.num_parts;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (a.parts[middle].first_block <= block ? low : high) = middle;
    }
    return low;
  }

  template <size_t... kSlot>
  static __device__ void Call(const Rule& rule, C g, C* values, std::index_sequence<kSlot...>) {
    rule(g, values[kSlot]...);
  }

  // Updates N elements that lie side by side, the i-th pack of them.
  template <int N>
  static __device__ void Update(const Rule& rule, const Part& a, int64_t i) {
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

// Each block updates up to kBlockElements of one part: what it can in packs, the rest one by one.
template <template <typename> class RuleOf, typename T>
__global__ void StepKernel(const __grid_constant__ typename StepOf<RuleOf, T>::Arguments a) {
  using Step = StepOf<RuleOf, T>;
  static_assert(sizeof(a) <= 4096);
  const typename Step::Rule rule = Step::MakeRule(a);
  const typename Step::Part& part = a.parts[Step::PartOfBlock(a, blockIdx.x)];
  const int64_t begin = (blockIdx.x - part.first_block) * Step::kBlockElements;
  const int64_t end = std::min(begin + Step::kBlockElements, part.n);
  const int64_t last_pack = std::min(end / Step::kPack, part.packs);
  for (int64_t i = begin / Step::kPack + threadIdx.x; i < last_pack; i += kBlockThreads) {
    Step::template Update<Step::kPack>(rule, part, i);
  }
  const int64_t rest = std::max(begin, part.packs * Step::kPack);
  for (int64_t i = rest + threadIdx.x; i < end; i += kBlockThreads) {
    Step::template Update<1>(rule, part, i);
  }
}

// Starts steps, as many as it can at once.
template <template <typename> class RuleOf, typename T>
class StepLauncher {
 public:
  using Step = StepOf<RuleOf, T>;

  StepLauncher(const StepInputs& in, const StepFlags& flags) : in_(in) { arguments_.flags = flags; }

  absl::Status Add(const KernelRun& r, absl::Span<Tensor* const> variables) {
    const Tensor& gradient = r.In(in_.gradient);
    if (gradient.num_elements() == 0) return absl::OkStatus();
    if (arguments_.num_parts == Step::Arguments::kMostParts || !HasScalarsOf(r)) {
      RETURN_IF_ERROR(Flush(r));
    }
    if (arguments_.num_parts == 0) TakeScalars(r);
    typename Step::Part& part = arguments_.parts[arguments_.num_parts++];
    part.n = gradient.num_elements();
    part.gradient = reinterpret_cast<const T*>(gradient.raw_data());
    bool aligned = IsPackAligned(part.gradient);
    for (int v = 0; v < Step::kVariables; ++v) {
      part.variables[v] = reinterpret_cast<T*>(variables[v]->mutable_raw_data());
      aligned = aligned && IsPackAligned(part.variables[v]);
    }
    part.packs = aligned ? part.n / Step::kPack : 0;
    part.first_block = blocks_;
    blocks_ += static_cast<unsigned>((part.n + Step::kBlockElements - 1) / Step::kBlockElements);
    return absl::OkStatus();
  }

  absl::Status Flush(const KernelRun& r) {
    if (arguments_.num_parts == 0) return absl::OkStatus();
    const unsigned blocks = std::exchange(blocks_, 0);
    const absl::Status status = Launch(r, StepKernel<RuleOf, T>, blocks, kBlockThreads, arguments_);
    arguments_.num_parts = 0;
    return status;
  }

 private:
  bool HasScalarsOf(const KernelRun& r) const {
    for (int i = 0; i < Step::kScalars; ++i) {
      if (arguments_.scalars[i].value != r.In(in_.scalars[i]).raw_data()) return false;
    }
    return true;
  }

  void TakeScalars(const KernelRun& r) {
    for (int i = 0; i < Step::kScalars; ++i) {
      const Tensor& scalar = r.In(in_.scalars[i]);
      arguments_.scalars[i] = {scalar.raw_data(), scalar.dtype() == DT_INT64};
    }
  }

  const StepInputs& in_;
  typename Step::Arguments arguments_ = {};
  unsigned blocks_ = 0;
};

// The steps of several variables with their slots.
template <template <typename> class RuleOf, typename T>
absl::Status RunSteps(absl::Span<const KernelRun> runs, const StepInputs& in,
                      const StepFlags& flags) {
  absl::InlinedVector<Variable*, 4> variables;
  for (const KernelRun& r : runs) {
    ASSIGN_OR_RETURN(const StepVariables found, FindStepVariables(r, in));
    variables.insert(variables.end(), found.begin(), found.end());
  }
  const auto update = [&](absl::Span<Tensor* const> all) -> absl::Status {
    const auto tensors_of = [&](size_t i) { return all.subspan(i * in.variables, in.variables); };
    for (size_t i = 0; i < runs.size(); ++i) {
      RETURN_IF_ERROR(CheckStepShapes(tensors_of(i), runs[i].In(in.gradient), /*sparse=*/false));
    }
    StepLauncher<RuleOf, T> launcher(in, flags);
    for (size_t i = 0; i < runs.size(); ++i) {
      RETURN_IF_ERROR(launcher.Add(runs[i], tensors_of(i)));
    }
    return launcher.Flush(runs[0]);
  };
  return Variable::UpdateAll(variables, runs[0].memory(), update);
}

template <template <typename> class RuleOf, typename T>
absl::Status PrepareStep(KernelPrepare& k) {
  const StepInputs in = FindStepInputs(k, RuleOf<float>::kVariables, RuleOf<float>::kScalars);
  RETURN_IF_ERROR(CheckStep(k, in));
  const StepFlags flags = ReadStepFlags(k);
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  return k.RunInGroups(
      [in, flags](absl::Span<KernelRun> runs) { return RunSteps<RuleOf, T>(runs, in, flags); });
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
