// Running sums and products (ops/cum.cc).

#include "weir/kernels/common/scan_functions.h"
#include "weir/kernels/cpu/cum_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

// Walks along the axis over up to kTile lines that stand together.
constexpr int64_t kTile = 64;

template <typename S, typename T>
void RunLines(const CumPlan& p, const T* x, T* y, int64_t width) {
  using Acc = typename S::Acc;
  Acc acc[kTile];
  for (int64_t j = 0; j < width; ++j) acc[j] = S::Start();
  for (int64_t i = 0; i < p.n; ++i) {
    const int64_t at = (p.reverse ? p.n - 1 - i : i) * p.inner;
    for (int64_t j = 0; j < width; ++j) {
      const Acc next = S::Step(acc[j], static_cast<Acc>(x[at + j]));
      y[at + j] = static_cast<T>(p.exclusive ? acc[j] : next);
      acc[j] = next;
    }
  }
}

template <template <typename> class S, typename... Ts>
absl::Status PrepareCum(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const CumPlan p, PrepareCumPlan(k));
  k.Out(0).MayReuse(0);
  if (k.In(0).shape().num_elements() == 0) {
    return k.Run([](KernelRun&) { return absl::OkStatus(); });
  }
  const int64_t tiles = (p.inner + kTile - 1) / kTile;
  return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* in = r.In<T>(0);
      T* out = r.Out<T>(0);
      const double cost =
          2 * static_cast<double>(p.n) * static_cast<double>(std::min(kTile, p.inner));
      r.ParallelFor(p.outer * tiles, cost, [=](int64_t begin, int64_t end) {
        for (int64_t unit = begin; unit < end; ++unit) {
          const int64_t first = unit % tiles * kTile;
          const int64_t offset = unit / tiles * p.n * p.inner + first;
          RunLines<S<T>>(p, in + offset, out + offset, std::min(kTile, p.inner - first));
        }
      });
      return absl::OkStatus();
    });
  });
}

template <template <typename> class S>
void AddNumbers(KernelRegistry& registry, absl::string_view op) {
  registry.Add(op, "CPU",
               PrepareCum<S, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t,
                          uint8_t, uint16_t, uint32_t, uint64_t, Complex64, Complex128>);
}

}  // namespace

absl::StatusOr<CumPlan> PrepareCumPlan(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  if (k.In(1).shape().rank() != 0) return k.InvalidInput(1, "must be a scalar");
  ASSIGN_OR_RETURN(int64_t axis, k.IntValue(1));
  if (axis < -x.rank() || axis >= x.rank()) {
    return InvalidArgument("Expected scan axis in the range [", -x.rank(), ", ", x.rank(),
                           "), but got ", axis);
  }
  if (axis < 0) axis += x.rank();
  k.Out(0).SetShape(x);
  const int at = static_cast<int>(axis);
  return CumPlan{x.Count(0, at), x.dim(at), x.Count(at + 1, x.rank()), k.Attr<bool>("exclusive"),
                 k.Attr<bool>("reverse")};
}

void RegisterCumKernels(KernelRegistry& registry) {
  AddNumbers<SumStep>(registry, "Cumsum");
  AddNumbers<ProdStep>(registry, "Cumprod");
  registry.Add("CumulativeLogsumexp", "CPU", PrepareCum<LogSumExpStep, Half, float, double>);
}

}  // namespace weir
