// CheckNumerics (ops/check.cc).

#include <atomic>
#include <cmath>

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

absl::Status PrepareCheckNumerics(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape).Alias(0);
  const std::string message = k.Attr<std::string>("message");
  const int64_t n = shape.num_elements();
  return DispatchFloating(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      const T* x = r.In<T>(0);
      std::atomic<bool> has_nan = false, has_inf = false;
      r.ParallelFor(n, 1, [&](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        bool nan = false, inf = false;
        for (int64_t i = begin; i < end; ++i) {
          const C v = x[i];
          nan |= v != v;
          inf |= std::fabs(v) > std::numeric_limits<C>::max();
        }
        if (nan) has_nan.store(true, std::memory_order_relaxed);
        if (inf) has_inf.store(true, std::memory_order_relaxed);
      });
      return NumericsError(message, has_nan, has_inf);
    });
  });
}

}  // namespace

absl::Status NumericsError(absl::string_view message, bool has_nan, bool has_inf) {
  if (!has_nan && !has_inf) return absl::OkStatus();
  const char* const what = has_nan && has_inf ? "Inf and NaN" : has_nan ? "NaN" : "Inf";
  return InvalidArgument(message, " : Tensor had ", what, " values");
}

void RegisterCheckKernels(KernelRegistry& registry) {
  registry.Add("CheckNumerics", "CPU", PrepareCheckNumerics);
}

}  // namespace weir
