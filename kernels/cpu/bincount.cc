// Bincount (ops/bincount.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {

absl::StatusOr<BincountPlan> PlanBincount(KernelPrepare& k) {
  if (k.In(1).shape().rank() != 0) return k.InvalidInput(1, "must be a scalar");
  ASSIGN_OR_RETURN(const int64_t size, k.IntValue(1));
  if (size < 0) return InvalidArgument("size (", size, ") must be non-negative");
  const Shape& values = k.In(0).shape();
  const Shape& weights = k.In(2).shape();
  const bool weighted = weights.num_elements() > 0;
  if (weighted && weights != values) {
    return k.InvalidInput(
        2, absl::StrCat("must be empty or have input 0's shape ", values.ToString()));
  }
  k.Out(0).SetShape(Shape({size}));
  return BincountPlan{.values = values.num_elements(), .size = size, .weighted = weighted};
}

namespace {

absl::Status PrepareBincount(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const BincountPlan plan, PlanBincount(k));
  return DispatchType<int32_t, int64_t, float, double>(
      k.In(2).dtype(), [&]<typename T>(TypeTag<T>) {
        return k.Run([=](KernelRun& r) -> absl::Status {
          const int32_t* value = r.In<int32_t>(0);
          const T* weight = r.In<T>(2);
          T* bins = r.Out<T>(0);
          std::fill_n(bins, plan.size, T(0));
          for (int64_t i = 0; i < plan.values; ++i) {
            const int32_t v = value[i];
            if (v < 0) return InvalidArgument("Input arr must be non-negative, but has ", v);
            if (v >= plan.size) continue;
            const T w = plan.weighted ? weight[i] : T(1);
            if constexpr (std::is_integral_v<T>) {
              using U = std::make_unsigned_t<T>;
              bins[v] = static_cast<T>(static_cast<U>(bins[v]) + static_cast<U>(w));
            } else {
              bins[v] += w;
            }
          }
          return absl::OkStatus();
        });
      });
}

}  // namespace

void RegisterBincountKernels(KernelRegistry& registry) {
  registry.Add("Bincount", "CPU", PrepareBincount);
}

}  // namespace weir
