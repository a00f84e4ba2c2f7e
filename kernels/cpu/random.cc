// Random numbers of given shape: fills from a node's stream, or from a stream that a seed names.

#include <algorithm>
#include <type_traits>

#include "weir/kernels/cpu/random_util.h"

namespace weir {
namespace {

enum class Distribution { kUniform, kNormal, kTruncatedNormal };

template <Distribution kDistribution, typename T>
void Fill(const KernelRun& r, const Philox& base, T* out, int64_t n) {
  if constexpr (kDistribution == Distribution::kUniform) {
    FillUniform(r, base, out, n);
  } else if constexpr (kDistribution == Distribution::kNormal) {
    FillNormal(r, base, out, n);
  } else {
    FillTruncatedNormal(r, base, out, n);
  }
}

template <Distribution kDistribution>
absl::Status PrepareStateful(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  std::shared_ptr<GeneratorState> state = NodeGenerator(k);
  return k.ForType<Half, BFloat16, float, double>("dtype", [&]<typename T>() {
    return k.Run([n, state](KernelRun& r) {
      const Philox base =
          state->Reserve(r.env(), static_cast<uint64_t>(n) * kReservedBlocksPerValue);
      Fill<kDistribution>(r, base, r.Out<T>(0), n);
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareUniformInt(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  RETURN_IF_ERROR(CheckBounds(k, 1));
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  std::shared_ptr<GeneratorState> state = NodeGenerator(k);
  return k.ForType<int32_t, int64_t>("Tout", [&]<typename T>() {
    return k.Run([n, state](KernelRun& r) -> absl::Status {
      const T low = *r.In<T>(1), high = *r.In<T>(2);
      if (n == 0) return absl::OkStatus();
      RETURN_IF_ERROR(CheckRange(low, high));
      const Philox base =
          state->Reserve(r.env(), static_cast<uint64_t>(n) * kReservedBlocksPerValue);
      FillUniformInt(r, base, low, high, r.Out<T>(0), n);
      return absl::OkStatus();
    });
  });
}

// The stream that a stateless op's seed, two numbers in `seed`, names.
Philox StatelessStream(const Tensor& seed) {
  if (seed.dtype() == DT_INT32) {
    const int32_t* s = seed.data<int32_t>();
    return Philox::Stateless(static_cast<uint64_t>(int64_t{s[0]}),
                             static_cast<uint64_t>(int64_t{s[1]}));
  }
  const int64_t* s = seed.data<int64_t>();
  return Philox::Stateless(static_cast<uint64_t>(s[0]), static_cast<uint64_t>(s[1]));
}

template <Distribution kDistribution>
absl::Status PrepareStateless(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  RETURN_IF_ERROR(CheckSeed(k, 1));
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  return k.ForType<Half, BFloat16, float, double>("dtype", [&]<typename T>() {
    return k.Run([n](KernelRun& r) {
      Fill<kDistribution>(r, StatelessStream(r.In(1)), r.Out<T>(0), n);
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareStatelessUniformInt(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  RETURN_IF_ERROR(CheckSeed(k, 1));
  RETURN_IF_ERROR(CheckBounds(k, 2));
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  return k.ForType<int32_t, int64_t>("dtype", [&]<typename T>() {
    return k.Run([n](KernelRun& r) -> absl::Status {
      const T low = *r.In<T>(2), high = *r.In<T>(3);
      if (n == 0) return absl::OkStatus();
      RETURN_IF_ERROR(CheckRange(low, high));
      FillUniformInt(r, StatelessStream(r.In(1)), low, high, r.Out<T>(0), n);
      return absl::OkStatus();
    });
  });
}

// A random permutation of [0, n): swaps each place with one at or behind it.
void Permute(PhiloxWords words, int64_t n, int64_t* order) {
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  for (int64_t i = 0; i + 1 < n; ++i) {
    const int64_t j = i + static_cast<int64_t>(words.Next() % static_cast<uint64_t>(n - i));
    std::swap(order[i], order[j]);
  }
}

absl::Status PrepareShuffle(KernelPrepare& k) {
  const Shape shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  if (shape.num_elements() <= 1 || shape.dim(0) <= 1) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  const int64_t rows = shape.dim(0);
  const int64_t width = shape.num_elements() / rows;
  const size_t order_offset = k.Workspace(static_cast<size_t>(rows) * sizeof(int64_t));
  const DataType dtype = k.In(0).dtype();
  std::shared_ptr<GeneratorState> state = NodeGenerator(k);
  return k.Run([=](KernelRun& r) {
    const Philox base = state->Reserve(r.env(), static_cast<uint64_t>((rows - 1 + 3) / 4));
    int64_t* const order = r.Workspace<int64_t>(order_offset);
    Permute(PhiloxWords(base), rows, order);
    const size_t row_bytes = static_cast<size_t>(width) * DataTypeSize(dtype);
    const char* const from = r.In(0).raw_data();
    char* const to = r.Out(0).mutable_raw_data();
    r.ParallelFor(rows, static_cast<double>(width) + 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        CopyElements(dtype, from + static_cast<size_t>(order[i]) * row_bytes,
                     to + static_cast<size_t>(i) * row_bytes, width);
      }
    });
    return absl::OkStatus();
  });
}

// Draws classes from the rows of logits one after another, all from one stream.
template <typename T, typename Class>
void DrawClasses(const T* logits, int64_t batch, int64_t classes, int64_t samples,
                 PhiloxWords words, double* cumulative, Class* out) {
  for (int64_t b = 0; b < batch; ++b, logits += classes, out += samples) {
    double top = static_cast<double>(std::numeric_limits<T>::lowest());
    for (int64_t j = 0; j < classes; ++j) {
      const double logit = static_cast<double>(logits[j]);
      if (std::isfinite(logit)) top = std::max(top, logit);
    }
    // Not normalised: draws are scaled by the total instead.
    double total = 0;
    for (int64_t j = 0; j < classes; ++j) {
      const double logit = static_cast<double>(logits[j]);
      if (std::isfinite(logit)) total += std::exp(logit - top);
      cumulative[j] = total;
    }
    for (int64_t j = 0; j < samples; ++j) {
      const uint32_t word0 = words.Next();
      const double target = UniformDouble(word0, words.Next()) * total;
      out[j] = static_cast<Class>(std::upper_bound(cumulative, cumulative + classes, target) -
                                  cumulative);
    }
  }
}

template <bool kStateless>
absl::Status PrepareMultinomial(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const MultinomialPlan plan, PlanMultinomial(k, kStateless));
  std::shared_ptr<GeneratorState> state;
  if constexpr (!kStateless) state = NodeGenerator(k);
  const size_t scratch = k.Workspace(static_cast<size_t>(plan.classes) * sizeof(double));
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.ForType<int32_t, int64_t>("output_dtype", [&]<typename Class>() {
      return k.Run([=](KernelRun& r) {
        if (r.Out(0).num_elements() == 0) return absl::OkStatus();
        const Philox base =
            kStateless ? StatelessStream(r.In(2)) : state->Reserve(r.env(), plan.blocks);
        DrawClasses(r.In<T>(0), plan.batch, plan.classes, plan.samples, PhiloxWords(base),
                    r.Workspace<double>(scratch), r.Out<Class>(0));
        return absl::OkStatus();
      });
    });
  });
}

}  // namespace

absl::StatusOr<MultinomialPlan> PlanMultinomial(KernelPrepare& k, bool is_stateless) {
  const Shape logits = k.In(0).shape();
  if (logits.rank() != 2) return k.InvalidInput(0, "must be a matrix");
  if (k.In(1).shape().rank() != 0) return k.InvalidInput(1, "must be a scalar");
  ASSIGN_OR_RETURN(const int64_t samples, k.IntValue(1));
  if (samples < 0) return InvalidArgument("num_samples should be nonnegative, got ", samples);
  const int64_t batch = logits.dim(0), classes = logits.dim(1);
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(std::vector<int64_t>{batch, samples}));
  if (classes == 0 && shape.num_elements() > 0) {
    return InvalidArgument("num_classes should be positive, got 0");
  }
  if (is_stateless) RETURN_IF_ERROR(CheckSeed(k, 2));
  k.Out(0).SetShape(shape);
  const uint64_t blocks =
      static_cast<uint64_t>(batch) * ((samples + 3) / 4 * 4) * 2 * kReservedBlocksPerValue;
  return MultinomialPlan{batch, classes, samples, blocks};
}

void RegisterRandomKernels(KernelRegistry& kernels) {
  kernels.Add("RandomUniform", "CPU", PrepareStateful<Distribution::kUniform>);
  kernels.Add("RandomStandardNormal", "CPU", PrepareStateful<Distribution::kNormal>);
  kernels.Add("TruncatedNormal", "CPU", PrepareStateful<Distribution::kTruncatedNormal>);
  kernels.Add("RandomUniformInt", "CPU", PrepareUniformInt);
  kernels.Add("StatelessRandomUniform", "CPU", PrepareStateless<Distribution::kUniform>);
  kernels.Add("StatelessRandomNormal", "CPU", PrepareStateless<Distribution::kNormal>);
  kernels.Add("StatelessTruncatedNormal", "CPU", PrepareStateless<Distribution::kTruncatedNormal>);
  kernels.Add("StatelessRandomUniformInt", "CPU", PrepareStatelessUniformInt);
  kernels.Add("RandomShuffle", "CPU", PrepareShuffle);
  kernels.Add("Multinomial", "CPU", PrepareMultinomial<false>);
  kernels.Add("StatelessMultinomial", "CPU", PrepareMultinomial<true>);
}

}  // namespace weir
