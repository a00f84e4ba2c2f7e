// Reductions along axes (ops/reduction.cc).

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "weir/kernels/common/reduction_plan.h"
#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/reduction_util.h"

namespace weir {
namespace {

// --- What is computed ---
//
// A reducer adds elements to a few lanes (Step), which hold short sums only, and merges lanes into
// an accumulator of more precision (Merge); accumulators of parts are combined (Combine), and
// the last one gives the result (Finish).

// Sums: lanes of float for the floats, so that the loops vectorise; accumulators of double.
template <typename T>
struct SumTypes {
  using Lane = T;
  using Acc = T;
};
template <>
struct SumTypes<float> {
  using Lane = float;
  using Acc = double;
};
template <>
struct SumTypes<Half> : SumTypes<float> {};
template <>
struct SumTypes<BFloat16> : SumTypes<float> {};
template <>
struct SumTypes<Complex64> {
  using Lane = Complex64;
  using Acc = Complex128;
};

template <typename T>
T WrappingAdd(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::conditional_t<(sizeof(T) > 4), uint64_t, uint32_t>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  } else {
    return a + b;
  }
}
template <typename T>
T WrappingMultiply(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::conditional_t<(sizeof(T) > 4), uint64_t, uint32_t>;
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
  } else {
    return a * b;
  }
}

// The result type from an accumulator.
template <typename T, typename Acc>
T Narrow(const Acc& acc) {
  if constexpr (kIsHalfType<T>) {
    return T(static_cast<float>(acc));
  } else {
    return static_cast<T>(acc);
  }
}

template <typename T>
struct SumReducer {
  using In = T;
  using Out = T;
  using Lane = typename SumTypes<T>::Lane;
  using Acc = typename SumTypes<T>::Acc;
  static Lane LaneStart() { return Lane(0); }
  static Acc Start() { return Acc(0); }
  static Lane Step(Lane lane, T x) { return WrappingAdd<Lane>(lane, static_cast<Lane>(x)); }
  static Acc Merge(Acc acc, Lane lane) { return WrappingAdd<Acc>(acc, Acc(lane)); }
  static Acc Combine(Acc a, Acc b) { return WrappingAdd<Acc>(a, b); }
  static T Finish(Acc acc, int64_t) { return Narrow<T>(acc); }
};

// Integers: sums of 64 bits, divided by the count, towards zero.
template <typename T>
struct MeanTypes : SumTypes<T> {};
template <typename T>
  requires std::is_integral_v<T>
struct MeanTypes<T> {
  using Lane = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  using Acc = Lane;
};

template <typename T>
struct MeanReducer {
  using In = T;
  using Out = T;
  using Lane = typename MeanTypes<T>::Lane;
  using Acc = typename MeanTypes<T>::Acc;
  static Lane LaneStart() { return Lane(0); }
  static Acc Start() { return Acc(0); }
  static Lane Step(Lane lane, T x) { return WrappingAdd<Lane>(lane, static_cast<Lane>(x)); }
  static Acc Merge(Acc acc, Lane lane) { return WrappingAdd<Acc>(acc, Acc(lane)); }
  static Acc Combine(Acc a, Acc b) { return WrappingAdd<Acc>(a, b); }
  static T Finish(Acc acc, int64_t count) {
    if constexpr (std::is_integral_v<T>) {
      return count == 0 ? T(0) : static_cast<T>(acc / static_cast<Acc>(count));
    } else if constexpr (kIsComplex<T>) {
      return Narrow<T>(acc / static_cast<typename Acc::value_type>(count));
    } else {
      return Narrow<T>(acc / static_cast<Acc>(count));
    }
  }
};

template <typename T>
struct ProdReducer {
  using In = T;
  using Out = T;
  using Lane = typename SumTypes<T>::Acc;
  using Acc = Lane;
  static Lane LaneStart() { return Lane(1); }
  static Acc Start() { return Acc(1); }
  static Lane Step(Lane lane, T x) {
    if constexpr (kIsHalfType<T>) {
      return lane * static_cast<Lane>(static_cast<float>(x));
    } else {
      return WrappingMultiply<Lane>(lane, static_cast<Lane>(x));
    }
  }
  static Acc Merge(Acc acc, Lane lane) { return WrappingMultiply<Acc>(acc, lane); }
  static Acc Combine(Acc a, Acc b) { return WrappingMultiply<Acc>(a, b); }
  static T Finish(Acc acc, int64_t) { return Narrow<T>(acc); }
};

// kMax: the largest number, else the smallest. NaN if there is one.
template <typename T, bool kMax>
struct ExtremumReducer {
  using In = T;
  using Out = T;
  using Lane = ComputeType<T>;
  using Acc = Lane;
  static constexpr int kLanes = 32;  // So many that the compiler keeps a loop, and vectorises it.
  static Lane Start() {
    if constexpr (std::is_integral_v<Lane>) {
      return kMax ? std::numeric_limits<Lane>::lowest() : std::numeric_limits<Lane>::max();
    } else {
      constexpr Lane kInf = std::numeric_limits<Lane>::infinity();
      return kMax ? -kInf : kInf;
    }
  }
  static Lane LaneStart() { return Start(); }
  static Lane Step(Lane lane, T value) { return Better(lane, value); }
  static Acc Merge(Acc acc, Lane lane) { return Better(acc, lane); }
  static Acc Combine(Acc a, Acc b) { return Better(a, b); }
  static T Finish(Acc acc, int64_t) { return T(acc); }

 private:
  // No branches, so that loops over lanes become vector instructions.
  static Lane Better(Lane old, Lane x) {
    if constexpr (std::is_integral_v<Lane>) {
      return (kMax ? x > old : x < old) ? x : old;
    } else {
      const bool replaces = (kMax ? x > old : x < old) | (x != x);
      return replaces ? x : old;
    }
  }
};
template <typename T>
using MaxReducer = ExtremumReducer<T, true>;
template <typename T>
using MinReducer = ExtremumReducer<T, false>;

template <typename T>
double SquaredMagnitude(T x) {
  if constexpr (kIsComplex<T>) {
    const double re = x.real(), im = x.imag();
    return re * re + im * im;
  } else {
    const double v = static_cast<double>(static_cast<ComputeType<T>>(x));
    return v * v;
  }
}

template <typename T>
struct NormReducer {
  using In = T;
  using Out = T;
  using Lane = double;
  using Acc = double;
  static Lane LaneStart() { return 0; }
  static Acc Start() { return 0; }
  static Lane Step(Lane lane, T x) { return lane + SquaredMagnitude(x); }
  static Acc Merge(Acc acc, Lane lane) { return acc + lane; }
  static Acc Combine(Acc a, Acc b) { return a + b; }
  static T Finish(Acc acc, int64_t) {
    const double norm = std::sqrt(acc);
    if constexpr (std::is_integral_v<T>) {  // May be just outside the type.
      constexpr double kLimit = static_cast<double>(std::numeric_limits<T>::max());
      return norm >= kLimit ? std::numeric_limits<T>::max() : static_cast<T>(norm);
    } else {
      return Narrow<T>(norm);
    }
  }
};

template <typename T>
struct L2LossReducer : NormReducer<T> {
  static T Finish(double acc, int64_t) { return Narrow<T>(acc / 2); }
};

template <bool kAll>
struct LogicalReducer {
  using In = bool;
  using Out = bool;
  using Lane = bool;
  using Acc = bool;
  static bool LaneStart() { return kAll; }
  static bool Start() { return kAll; }
  static bool Step(bool lane, bool x) { return kAll ? lane & x : lane | x; }
  static bool Merge(bool acc, bool lane) { return Step(acc, lane); }
  static bool Combine(bool a, bool b) { return Step(a, b); }
  static bool Finish(bool acc, int64_t) { return acc; }
};

// --- Where the elements are ---

// The input's dimensions, without those of extent 1 and with neighbours of one kind merged. The
// innermost one is `inner` long; the others are kept or reduced, outermost first.
struct ReductionPlan {
  Dims kept_sizes, kept_strides;
  Dims reduced_sizes, reduced_strides;
  int64_t inner = 1;
  bool inner_reduced = true;
  int64_t kept = 1;  // Products of the sizes.
  int64_t reduced = 1;
  int64_t count = 1;  // Elements that make one of the output.
  // The reduced rows are cut into chunks, whose accumulators are combined in order at the end.
  int64_t chunk = 1;
  int64_t chunks = 1;

  int64_t outputs() const { return inner_reduced ? kept : kept * inner; }
};

// Where row `index` of some dimensions begins.
int64_t OffsetOf(int64_t index, const Dims& sizes, const Dims& strides) {
  int64_t offset = 0;
  for (int i = static_cast<int>(sizes.size()) - 1; i > 0; --i) {
    offset += index % sizes[i] * strides[i];
    index /= sizes[i];
  }
  return sizes.empty() ? 0 : offset + index * strides[0];
}

// REQUIRES: the shape has elements.
ReductionPlan MakePlan(const Shape& shape, const std::vector<bool>& reduced) {
  ReductionPlan plan;
  const AlternatingDims dims = Alternate(shape, reduced);
  plan.count = dims.count;
  if (dims.sizes.empty()) return plan;
  plan.inner = dims.sizes.back();
  plan.inner_reduced = dims.reduced.back();
  for (size_t i = 0; i + 1 < dims.sizes.size(); ++i) {
    const bool is_reduced = dims.reduced[i];
    (is_reduced ? plan.reduced_sizes : plan.kept_sizes).push_back(dims.sizes[i]);
    (is_reduced ? plan.reduced_strides : plan.kept_strides).push_back(dims.strides[i]);
    (is_reduced ? plan.reduced : plan.kept) *= dims.sizes[i];
  }
  // Few results of many elements each: cut them up, so that threads can share. When the inner
  // dimension is reduced, it is cut; otherwise the rows that are added are.
  constexpr int64_t kChunkElements = 1 << 15;
  if (plan.inner_reduced) {
    plan.chunk = plan.reduced * plan.inner;
    if (plan.kept < 64 && plan.chunk > 2 * kChunkElements) plan.chunk = kChunkElements;
    plan.chunks = (plan.reduced * plan.inner + plan.chunk - 1) / plan.chunk;
  } else {
    plan.chunk = plan.reduced;
    const int64_t rows = std::max<int64_t>(1, kChunkElements / plan.inner);
    if (plan.kept * plan.inner < 4096 && plan.reduced > 2 * rows) plan.chunk = rows;
    plan.chunks = (plan.reduced + plan.chunk - 1) / plan.chunk;
  }
  return plan;
}

// --- The loops ---

constexpr int64_t kLaneRun = 16;  // Steps per lane before a merge.

// Sums run fastest with all lanes in registers; reducers that do better otherwise say so.
template <typename R>
constexpr int LaneCount() {
  if constexpr (requires { R::kLanes; }) {
    return R::kLanes;
  } else {
    return 16;
  }
}

// Adds n elements that stand together.
template <typename R>
typename R::Acc ReduceRun(typename R::Acc acc, const typename R::In* x, int64_t n) {
  constexpr int kLanes = LaneCount<R>();
  while (n >= kLanes) {
    typename R::Lane lanes[kLanes];
    for (int l = 0; l < kLanes; ++l) lanes[l] = R::LaneStart();
    const int64_t steps = std::min(kLaneRun, n / kLanes);
    for (int64_t s = 0; s < steps; ++s) {
      for (int l = 0; l < kLanes; ++l) lanes[l] = R::Step(lanes[l], x[s * kLanes + l]);
    }
    for (int l = 0; l < kLanes; ++l) acc = R::Merge(acc, lanes[l]);
    x += steps * kLanes;
    n -= steps * kLanes;
  }
  for (int64_t i = 0; i < n; ++i) acc = R::Merge(acc, R::Step(R::LaneStart(), x[i]));
  return acc;
}

// Chunk `chunk` of output `out`, where the inner dimension is reduced.
template <typename R>
typename R::Acc ReduceInner(const ReductionPlan& p, const typename R::In* x, int64_t out,
                            int64_t chunk) {
  typename R::Acc acc = R::Start();
  x += OffsetOf(out, p.kept_sizes, p.kept_strides);
  int64_t begin = chunk * p.chunk;
  const int64_t end = std::min(begin + p.chunk, p.reduced * p.inner);
  while (begin < end) {
    const int64_t row = begin / p.inner, column = begin % p.inner;
    const int64_t n = std::min(p.inner - column, end - begin);
    acc = ReduceRun<R>(acc, x + OffsetOf(row, p.reduced_sizes, p.reduced_strides) + column, n);
    begin += n;
  }
  return acc;
}

constexpr int64_t kTile = 256;  // Columns that are added together.

// Chunk `chunk` of `width` outputs that stand together, where the inner dimension is kept: adds
// rows.
template <typename R>
void ReduceRows(const ReductionPlan& p, const typename R::In* x, int64_t width, int64_t chunk,
                typename R::Acc* acc) {
  typename R::Lane lanes[kTile];
  std::fill_n(acc, width, R::Start());
  const int64_t end = std::min((chunk + 1) * p.chunk, p.reduced);
  for (int64_t begin = chunk * p.chunk; begin < end; begin += kLaneRun) {
    std::fill_n(lanes, width, R::LaneStart());
    const int64_t stop = std::min(begin + kLaneRun, end);
    for (int64_t row = begin; row < stop; ++row) {
      const typename R::In* from = x + OffsetOf(row, p.reduced_sizes, p.reduced_strides);
      for (int64_t j = 0; j < width; ++j) lanes[j] = R::Step(lanes[j], from[j]);
    }
    for (int64_t j = 0; j < width; ++j) acc[j] = R::Merge(acc[j], lanes[j]);
  }
}

template <typename R>
void RunReduction(KernelRun& r, const ReductionPlan& p, typename R::Acc* partial) {
  const typename R::In* x = r.In<typename R::In>(0);
  typename R::Out* y = r.Out<typename R::Out>(0);
  using Acc = typename R::Acc;
  const int64_t outputs = p.outputs();
  if (p.inner_reduced) {
    r.ParallelFor(p.kept * p.chunks, static_cast<double>(p.chunk) + 8,
                  [&](int64_t begin, int64_t end) {
                    for (int64_t unit = begin; unit < end; ++unit) {
                      const Acc acc = ReduceInner<R>(p, x, unit / p.chunks, unit % p.chunks);
                      if (p.chunks == 1) {
                        y[unit] = R::Finish(acc, p.count);
                      } else {
                        partial[unit % p.chunks * outputs + unit / p.chunks] = acc;
                      }
                    }
                  });
  } else {
    const int64_t tiles = (p.inner + kTile - 1) / kTile;
    const double cost =
        static_cast<double>(p.chunk) * static_cast<double>(std::min(p.inner, kTile)) + 8;
    r.ParallelFor(p.kept * tiles * p.chunks, cost, [&](int64_t begin, int64_t end) {
      Acc acc[kTile];
      for (int64_t unit = begin; unit < end; ++unit) {
        const int64_t chunk = unit % p.chunks, tile = unit / p.chunks % tiles,
                      out = unit / p.chunks / tiles;
        const int64_t first = tile * kTile, width = std::min(kTile, p.inner - first);
        ReduceRows<R>(p, x + OffsetOf(out, p.kept_sizes, p.kept_strides) + first, width, chunk,
                      acc);
        const int64_t at = out * p.inner + first;
        if (p.chunks == 1) {
          for (int64_t j = 0; j < width; ++j) y[at + j] = R::Finish(acc[j], p.count);
        } else {
          std::copy_n(acc, width, partial + chunk * outputs + at);
        }
      }
    });
  }
  if (p.chunks == 1) return;
  for (int64_t i = 0; i < outputs; ++i) {
    Acc acc = partial[i];
    for (int64_t c = 1; c < p.chunks; ++c) acc = R::Combine(acc, partial[c * outputs + i]);
    y[i] = R::Finish(acc, p.count);
  }
}

template <typename R>
absl::Status PrepareReducer(KernelPrepare& k, const std::vector<bool>& reduced) {
  const Shape& x = k.In(0).shape();
  if (x.num_elements() == 0) {  // Results, if there are any, are those of no elements.
    const int64_t n = k.Out(0).shape.num_elements();
    return k.Run([n](KernelRun& r) {
      std::fill_n(r.Out<typename R::Out>(0), n, R::Finish(R::Start(), 0));
      return absl::OkStatus();
    });
  }
  const ReductionPlan plan = MakePlan(x, reduced);
  size_t offset = 0;
  if (plan.chunks > 1) {
    offset =
        k.Workspace(static_cast<size_t>(plan.chunks * plan.outputs()) * sizeof(typename R::Acc));
  }
  return k.Run([plan, offset](KernelRun& r) {
    RunReduction<R>(r, plan, r.Workspace<typename R::Acc>(offset));
    return absl::OkStatus();
  });
}

template <template <typename> class Reducer, typename... Ts>
absl::Status PrepareReduction(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const std::vector<bool> reduced, PrepareReducedAxes(k));
  return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return PrepareReducer<Reducer<T>>(k, reduced);
  });
}

template <bool kAll>
absl::Status PrepareLogical(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const std::vector<bool> reduced, PrepareReducedAxes(k));
  return PrepareReducer<LogicalReducer<kAll>>(k, reduced);
}

absl::Status PrepareL2Loss(KernelPrepare& k) {
  k.Out(0).SetShape(Shape());
  const std::vector<bool> all(k.In(0).shape().rank(), true);
  return DispatchFloating(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return PrepareReducer<L2LossReducer<T>>(k, all);
  });
}

template <template <typename> class Reducer>
void AddNumbers(KernelRegistry& registry, absl::string_view op) {
  registry.Add(
      op, "CPU",
      PrepareReduction<Reducer, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t,
                       uint8_t, uint16_t, uint32_t, uint64_t, Complex64, Complex128>);
}
template <template <typename> class Reducer>
void AddReal(KernelRegistry& registry, absl::string_view op) {
  registry.Add(op, "CPU",
               PrepareReduction<Reducer, Half, BFloat16, float, double, int8_t, int16_t, int32_t,
                                int64_t, uint8_t, uint16_t, uint32_t, uint64_t>);
}

}  // namespace

void RegisterReductionKernels(KernelRegistry& registry) {
  AddNumbers<SumReducer>(registry, "Sum");
  AddNumbers<MeanReducer>(registry, "Mean");
  AddNumbers<ProdReducer>(registry, "Prod");
  AddNumbers<NormReducer>(registry, "EuclideanNorm");
  AddReal<MaxReducer>(registry, "Max");
  AddReal<MinReducer>(registry, "Min");
  registry.Add("All", "CPU", PrepareLogical<true>);
  registry.Add("Any", "CPU", PrepareLogical<false>);
  registry.Add("L2Loss", "CPU", PrepareL2Loss);
}

}  // namespace weir
