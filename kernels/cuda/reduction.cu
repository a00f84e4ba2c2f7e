// Reductions along axes (ops/reduction.cc).

#include <cmath>
#include <limits>

#include "weir/kernels/cpu/reduction_util.h"
#include "weir/kernels/cuda/reduction_util.h"

namespace weir {
namespace {

// Integers: sums of 64 bits, divided by the count, towards zero.
template <typename T>
struct MeanReducer {
  using Out = T;
  using Acc = std::conditional_t<std::is_integral_v<T>, int64_t, ComputeType<T>>;
  static __device__ Acc Start() { return Acc(0); }
  static __device__ Acc Step(Acc acc, T x, int64_t) { return acc + static_cast<Acc>(x); }
  static __device__ Acc Combine(Acc a, Acc b) { return a + b; }
  static __device__ T Finish(Acc acc, int64_t count) {
    if constexpr (std::is_integral_v<T>) {
      return count == 0 ? T(0) : static_cast<T>(acc / count);
    } else {
      return T(acc / static_cast<Acc>(count));
    }
  }
};

template <typename T>
struct ProdReducer {
  using Out = T;
  using Acc = typename SumTypes<T>::Acc;
  static __device__ Acc Start() { return Acc(1); }
  static __device__ Acc Step(Acc acc, T x, int64_t) { return acc * static_cast<Acc>(x); }
  static __device__ Acc Combine(Acc a, Acc b) { return a * b; }
  static __device__ T Finish(Acc acc, int64_t) { return static_cast<T>(acc); }
};

// kMax: the largest number, else the smallest. NaN if there is one.
template <typename T, bool kMax>
struct ExtremumReducer {
  using Out = T;
  using Acc = ComputeType<T>;
  static __device__ Acc Start() {
    if constexpr (std::is_integral_v<Acc>) {
      return kMax ? std::numeric_limits<Acc>::lowest() : std::numeric_limits<Acc>::max();
    } else {
      constexpr Acc kInf = std::numeric_limits<Acc>::infinity();
      return kMax ? -kInf : kInf;
    }
  }
  static __device__ Acc Step(Acc acc, T x, int64_t) { return Combine(acc, static_cast<Acc>(x)); }
  static __device__ Acc Combine(Acc old, Acc x) {
    return (kMax ? x > old : x < old) || x != x ? x : old;
  }
  static __device__ T Finish(Acc acc, int64_t) { return T(acc); }
};
template <typename T>
using MaxReducer = ExtremumReducer<T, true>;
template <typename T>
using MinReducer = ExtremumReducer<T, false>;

// Integers: in double, as the sums of their squares are large.
template <typename T>
struct NormReducer {
  using Out = T;
  using Acc = std::conditional_t<std::is_integral_v<T>, double, ComputeType<T>>;
  static __device__ Acc Start() { return Acc(0); }
  static __device__ Acc Step(Acc acc, T x, int64_t) {
    const Acc v = static_cast<Acc>(x);
    return acc + v * v;
  }
  static __device__ Acc Combine(Acc a, Acc b) { return a + b; }
  static __device__ T Finish(Acc acc, int64_t) {
    const Acc norm = std::sqrt(acc);
    if constexpr (std::is_integral_v<T>) {  // May be just outside the type.
      constexpr double kLimit = static_cast<double>(std::numeric_limits<T>::max());
      return norm >= kLimit ? std::numeric_limits<T>::max() : static_cast<T>(norm);
    } else {
      return T(norm);
    }
  }
};

template <typename T>
struct L2LossReducer : NormReducer<T> {
  using Acc = typename NormReducer<T>::Acc;
  static __device__ T Finish(Acc acc, int64_t) { return T(acc / 2); }
};

template <bool kAll>
struct LogicalReducer {
  using Out = bool;
  using Acc = int;
  static __device__ Acc Start() { return kAll; }
  static __device__ Acc Step(Acc acc, bool x, int64_t) { return Combine(acc, x); }
  static __device__ Acc Combine(Acc a, Acc b) { return kAll ? a & b : a | b; }
  static __device__ bool Finish(Acc acc, int64_t) { return acc != 0; }
};

template <template <typename> class Reducer, typename... Ts>
absl::Status PrepareReduction(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const std::vector<bool> reduced, PrepareReducedAxes(k));
  return ForCudaType<Ts...>(
      k, [&]<typename T>() { return RunReduction<Reducer<T>, T>(k, k.In(0).shape(), reduced); });
}

template <bool kAll>
absl::Status PrepareLogical(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const std::vector<bool> reduced, PrepareReducedAxes(k));
  return RunReduction<LogicalReducer<kAll>, bool>(k, k.In(0).shape(), reduced);
}

absl::Status PrepareL2Loss(KernelPrepare& k) {
  k.Out(0).SetShape(Shape());
  const std::vector<bool> all(k.In(0).shape().rank(), true);
  return ForCudaType<Half, BFloat16, float, double>(
      k, [&]<typename T>() { return RunReduction<L2LossReducer<T>, T>(k, k.In(0).shape(), all); });
}

template <template <typename> class Reducer>
void AddReal(KernelRegistry& registry, absl::string_view op) {
  registry.Add(op, "GPU", PrepareReduction<Reducer, Half, BFloat16, float, double, int64_t>);
}

}  // namespace

void RegisterReductionCudaKernels(KernelRegistry& registry) {
  AddReal<SumReducer>(registry, "Sum");
  AddReal<MeanReducer>(registry, "Mean");
  AddReal<ProdReducer>(registry, "Prod");
  AddReal<NormReducer>(registry, "EuclideanNorm");
  AddReal<MaxReducer>(registry, "Max");
  AddReal<MinReducer>(registry, "Min");
  registry.Add("All", "GPU", PrepareLogical<true>);
  registry.Add("Any", "GPU", PrepareLogical<false>);
  registry.Add("L2Loss", "GPU", PrepareL2Loss);
}

}  // namespace weir
