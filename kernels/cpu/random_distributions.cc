// Random numbers by rejection: gamma, Poisson and cut normal distributions. Each output value of
// the first two has its own stretch of the node's stream, so that they can be drawn in any order.

#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/kernels/cpu/random_util.h"

namespace weir {
namespace {

// Uniform doubles on [0, 1) from a stream; the second of each block comes first.
class Uniforms {
 public:
  explicit Uniforms(Philox* generator) : generator_(generator) {}
  double Next() {
    if (left_ == 0) {
      values_ = UniformFromBlock<double>(generator_->Next());
      left_ = 2;
    }
    return values_[--left_];
  }

 private:
  Philox* generator_;
  PhiloxValues<double> values_{};
  int left_ = 0;
};

class Normals {
 public:
  explicit Normals(Philox* generator) : generator_(generator) {}
  double Next() {
    if (left_ == 0) {
      values_ = NormalFromBlock<double>(generator_->Next());
      left_ = 2;
    }
    return values_[--left_];
  }

 private:
  Philox* generator_;
  PhiloxValues<double> values_{};
  int left_ = 0;
};

// More draws than any value takes in practice: an end for parameters that nothing satisfies.
constexpr int kMaxDraws = 10000;

// Marsaglia and Tsang: "A simple method for generating gamma variables", 2000.
double DrawGamma(double alpha, Philox generator) {
  Uniforms uniforms(&generator);
  if (alpha == 1) return -std::log(1 - uniforms.Next());
  if (!(alpha > 0)) return std::numeric_limits<double>::quiet_NaN();
  const bool small = alpha < 1;  // Drawn for alpha + 1, then brought down.
  const double d = alpha + (small ? 2.0 / 3 : -1.0 / 3);
  const double c = 1.0 / 3 / std::sqrt(d);
  Normals normals(&generator);
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    const double x = normals.Next();
    double v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    const double u = uniforms.Next();
    if (u < 1 - 0.0331 * (x * x) * (x * x) ||
        std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v))) {
      return small ? d * v * std::pow(uniforms.Next(), 1 / alpha) : d * v;
    }
  }
  return d;
}

// Below a rate of 10 by counting uniform factors (Knuth), above by transformed rejection (Hoermann:
// "The transformed rejection method for generating Poisson random variables", 1993). At most `top`.
double DrawPoisson(double rate, double top, Philox generator) {
  Uniforms uniforms(&generator);
  if (std::isnan(rate)) return rate;
  if (rate < 10) {
    const double limit = std::exp(-rate);
    double product = 1, count = 0;
    while (true) {
      product *= uniforms.Next();
      if (product <= limit) return std::min(count, top);
      count += 1;
    }
  }
  if (std::isinf(rate)) return top;
  const double log_rate = std::log(rate);
  const double b = 0.931 + 2.53 * std::sqrt(rate);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    const double u = uniforms.Next() - 0.5;
    const double v = uniforms.Next();
    const double shifted = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / shifted + b) * u + rate + 0.43);
    if (k > top) continue;
    if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (shifted < 0.013 && v > shifted)) continue;
    const double s = std::log(v * inverse_alpha / (a / (shifted * shifted) + b));
    const double t = -rate + k * log_rate - std::lgamma(k + 1);
    if (s <= t) return k;
  }
  return std::min(std::floor(rate), top);
}

// Fills an output of shape `shape` + the parameters' shape: one draw per element, where `draw`
// takes the parameter's index and the element's generator.
template <typename Draw>
void DrawEach(const KernelRun& r, const Philox& base, int64_t samples, int64_t parameters,
              const Draw& draw) {
  // Streams are counted by parameter first, memory by sample first.
  r.ParallelFor(samples * parameters, 200, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Philox generator = base;
      generator.Skip(kReservedBlocksPerValue * static_cast<uint64_t>(i));
      const int64_t parameter = i / samples, sample = i % samples;
      draw(parameter, sample * parameters + parameter, generator);
    }
  });
}

absl::StatusOr<Shape> PerParameterShape(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape outer, k.ShapeValue(0));
  Dims dims(outer.dims().begin(), outer.dims().end());
  const Shape& inner = k.In(1).shape();
  dims.insert(dims.end(), inner.dims().begin(), inner.dims().end());
  return Shape::Make(dims);
}

absl::Status PrepareGamma(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, PerParameterShape(k));
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  const int64_t alphas = k.In(1).shape().num_elements();
  std::shared_ptr<GeneratorState> state = NodeGenerator(k);
  return k.ForType<Half, float, double>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      if (n == 0) return absl::OkStatus();
      const Philox base =
          state->Reserve(r.env(), static_cast<uint64_t>(n) * kReservedBlocksPerValue);
      const T* const alpha = r.In<T>(1);
      T* const out = r.Out<T>(0);
      DrawEach(r, base, n / alphas, alphas, [=](int64_t p, int64_t at, const Philox& generator) {
        out[at] = static_cast<T>(DrawGamma(static_cast<double>(alpha[p]), generator));
      });
      return absl::OkStatus();
    });
  });
}

template <typename T>
T FromCount(double count) {
  if constexpr (std::is_integral_v<T>) {
    if (std::isnan(count)) return 0;
    if (count >= static_cast<double>(std::numeric_limits<T>::max())) {
      return std::numeric_limits<T>::max();
    }
  }
  return static_cast<T>(count);
}

template <typename T>
double LargestCount() {
  if constexpr (std::is_integral_v<T>) return static_cast<double>(std::numeric_limits<T>::max());
  return std::numeric_limits<double>::infinity();
}

absl::Status PreparePoisson(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, PerParameterShape(k));
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  const int64_t rates = k.In(1).shape().num_elements();
  std::shared_ptr<GeneratorState> state = NodeGenerator(k);
  return DispatchType<Half, float, double, int32_t, int64_t>(k.In(1).dtype(), [&]<typename Rate>(
                                                                                  TypeTag<Rate>) {
    return k.ForType<Half, float, double, int32_t, int64_t>("dtype", [&]<typename T>() {
      return k.Run([=](KernelRun& r) {
        if (n == 0) return absl::OkStatus();
        const Philox base =
            state->Reserve(r.env(), static_cast<uint64_t>(n) * kReservedBlocksPerValue);
        const Rate* const rate = r.In<Rate>(1);
        T* const out = r.Out<T>(0);
        DrawEach(r, base, n / rates, rates, [=](int64_t p, int64_t at, const Philox& generator) {
          out[at] =
              FromCount<T>(DrawPoisson(static_cast<double>(rate[p]), LargestCount<T>(), generator));
        });
        return absl::OkStatus();
      });
    });
  });
}

// ---- Normal numbers between bounds ----

constexpr int kMaxRejections = 1000;
// With a bound at least so many deviations away on the far side of the mean, plain normal numbers
// fall between the bounds often enough.
constexpr double kWideBound = 1.3;
// Rows that share their parameters are drawn in batches of so many.
constexpr int64_t kSharedBatch = 100;

// Parameters of a batch, with the bound that is nearer to the mean turned to be the lower one.
template <typename C>
struct CutNormal {
  C mean, deviation, low, high;  // low and high in deviations from the mean.

  static absl::StatusOr<CutNormal> Make(C mean, C deviation, C low, C high) {
    if (!(deviation > 0) || !(low < high) || !(std::isfinite(low) || std::isfinite(high))) {
      return InvalidArgument("Invalid parameters: stddev ", static_cast<double>(deviation),
                             ", bounds ", static_cast<double>(low), " and ",
                             static_cast<double>(high));
    }
    if ((std::isinf(low) && low < 0) || high < mean) {
      std::swap(low, high);
      deviation = -deviation;
    }
    return CutNormal{mean, deviation, (low - mean) / deviation, (high - mean) / deviation};
  }
  C Scaled(C z) const { return z * deviation + mean; }
};

// Normal numbers, those outside thrown away.
template <typename T, typename C>
absl::Status DrawFromNormal(const CutNormal<C>& p, Philox* generator, T* out, int64_t n) {
  int rejections = 0;
  for (int64_t i = 0; i < n;) {
    for (const T value : NormalFromBlock<T>(generator->Next())) {
      const C z = static_cast<C>(value);
      if (z >= p.low && z <= p.high) {
        out[i++] = T(p.Scaled(z));
        if (i == n) return absl::OkStatus();
        rejections = 0;
      } else if (++rejections > kMaxRejections) {
        return Internal("too many draws fell outside of the bounds");
      }
    }
  }
  return absl::OkStatus();
}

// Uniform numbers between the bounds, kept in proportion to the density.
template <typename T, typename C>
void DrawFromUniform(const CutNormal<C>& p, Philox* generator, T* out, int64_t n) {
  const C top = p.low < 0 ? C(0) : p.low * p.low;
  int rejections = 0;
  for (int64_t i = 0; i < n;) {
    const PhiloxValues<T> places = UniformFromBlock<T>(generator->Next());
    const PhiloxValues<T> chances = UniformFromBlock<T>(generator->Next());
    for (size_t j = 0; j < places.size() && i < n; ++j) {
      const C z = static_cast<C>(places[j]) * (p.high - p.low) + p.low;
      const C density = std::exp((top - z * z) / C(2));
      if (static_cast<C>(chances[j]) <= density || rejections + 1 >= kMaxRejections) {
        out[i++] = T(p.Scaled(z));
        rejections = 0;
      } else {
        ++rejections;
      }
    }
  }
}

// Exponential numbers from the lower bound on, kept in proportion to the density: for tails.
template <typename T, typename C>
void DrawFromExponential(const CutNormal<C>& p, Philox* generator, T* out, int64_t n) {
  const C alpha = (p.low + std::sqrt(p.low * p.low + C(4))) / C(2);
  int rejections = 0;
  for (int64_t i = 0; i < n;) {
    const PhiloxValues<T> uniform = UniformFromBlock<T>(generator->Next());
    for (size_t j = 0; j + 1 < uniform.size() && i < n; j += 2) {
      const C z = -std::log(static_cast<C>(uniform[j])) / alpha + p.low;
      const C distance = p.low < alpha ? alpha - z : p.low - alpha;
      const C density = std::exp(-distance * distance / C(2));
      const C chance = static_cast<C>(uniform[j + 1]);
      if ((chance <= density && z < p.high) || rejections + 1 >= kMaxRejections) {
        out[i++] = T(p.Scaled(z));
        rejections = 0;
      } else {
        ++rejections;
      }
    }
  }
}

template <typename T, typename C>
absl::Status DrawBatch(const CutNormal<C>& p, Philox* generator, T* out, int64_t n) {
  if ((p.low < -C(kWideBound) && p.high >= 0) || (p.high > C(kWideBound) && p.low <= 0)) {
    return DrawFromNormal(p, generator, out, n);
  }
  const C root = std::sqrt(p.low * p.low + C(4));
  const C cutoff = C(2) * std::exp(C(0.5) + (p.low * (p.low - root)) / C(4)) / (p.low + root);
  if (p.high - p.low < cutoff) {
    DrawFromUniform(p, generator, out, n);
  } else {
    DrawFromExponential(p, generator, out, n);
  }
  return absl::OkStatus();
}

absl::Status PrepareCutNormal(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  if (shape.rank() < 1) return InvalidArgument("Shape tensor must not be empty");
  k.Out(0).SetShape(shape);
  int64_t batches = shape.dim(0);
  bool shared = true;
  for (int i = 1; i < 5; ++i) {
    const Shape& in = k.In(i).shape();
    if (in.num_elements() == 1 && in.rank() <= 1) continue;
    shared = false;
    if (in != Shape({batches})) {
      return k.InvalidInput(i, absl::StrCat("must be a scalar or have ", batches, " entries"));
    }
  }
  const int64_t n = shape.num_elements();
  int64_t width = batches == 0 ? 0 : n / batches;
  if (shared) {
    width = kSharedBatch;
    batches = (n + width - 1) / width;
  }
  const uint64_t reserved =
      static_cast<uint64_t>(batches) * 2 * kMaxRejections * static_cast<uint64_t>(width + 3) / 4;
  std::shared_ptr<GeneratorState> state = NodeGenerator(k);
  return k.ForType<Half, BFloat16, float, double>("dtype", [&]<typename T>() {
    using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
    return k.Run([=](KernelRun& r) -> absl::Status {
      if (n == 0) return absl::OkStatus();
      Philox generator = state->Reserve(r.env(), reserved);
      const auto parameter = [&](int i, int64_t batch) {
        return static_cast<C>(r.In<T>(i)[r.In(i).num_elements() == 1 ? 0 : batch]);
      };
      // One stream for all batches in order: how much a batch takes is not known before.
      for (int64_t b = 0; b < batches; ++b) {
        ASSIGN_OR_RETURN(
            const CutNormal<C> p,
            CutNormal<C>::Make(parameter(1, b), parameter(2, b), parameter(3, b), parameter(4, b)));
        const int64_t first = b * width;
        RETURN_IF_ERROR(DrawBatch(p, &generator, r.Out<T>(0) + first, std::min(width, n - first)));
      }
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterRandomDistributionsKernels(KernelRegistry& kernels) {
  kernels.Add("RandomGamma", "CPU", PrepareGamma);
  kernels.Add("RandomPoisson", "CPU", PreparePoisson);
  kernels.Add("RandomPoissonV2", "CPU", PreparePoisson);
  kernels.Add("ParameterizedTruncatedNormal", "CPU", PrepareCutNormal);
}

}  // namespace weir
