// Cast between element types (ops/cast.cc).

#include "weir/kernels/common/cast_functions.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

template <typename Convert, typename From, typename To>
void CastLoop(const void* in, void* out, int64_t n) {
  const From* x = static_cast<const From*>(in);
  To* y = static_cast<To*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = Convert::template Of<To>(x[i]);
}

template <typename F>
absl::Status DispatchCastable(DataType type, F&& f) {
  return DispatchType<bool, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t,
                      uint8_t, uint16_t, uint32_t, uint64_t, Complex64, Complex128>(type, f);
}

absl::Status PrepareCast(KernelPrepare& k) {
  const DataType from = k.In(0).dtype(), to = k.OutType(0);
  if (from == to) {
    k.Out(0).SetShape(k.In(0).shape()).Alias(0);
    return k.NothingToRun();
  }
  const bool truncate = k.Attr<bool>("Truncate");
  return DispatchCastable(from, [&]<typename From>(TypeTag<From>) {
    return DispatchCastable(to, [&]<typename To>(TypeTag<To>) {
      if constexpr (kIsTruncation<From, To>) {
        if (truncate) return PrepareUnaryLoop(k, CastLoop<TruncatingCast, From, To>, 2);
      }
      return PrepareUnaryLoop(k, CastLoop<PlainCast, From, To>, 1);
    });
  });
}

}  // namespace

void RegisterCastKernels(KernelRegistry& registry) { registry.Add("Cast", "CPU", PrepareCast); }

}  // namespace weir
