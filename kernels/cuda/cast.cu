// Cast (ops/cast.cc).

#include "weir/kernels/common/cast_functions.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

// Converts packs of N elements.
template <typename Convert, typename From, typename To, int N>
struct CastFunction {
  const Pack<From, N>* x;
  Pack<To, N>* out;

  __device__ void operator()(int64_t i) const {
    const Pack<From, N> in = x[i];
    Pack<To, N> converted;
    for (int j = 0; j < N; ++j) converted.values[j] = Convert::template Of<To>(in.values[j]);
    out[i] = converted;
  }
};

template <typename Convert, typename From, typename To, int N>
absl::Status RunPacks(const KernelRun& r, int64_t begin, int64_t n) {
  return ForEach(r, n / N,
                 CastFunction<Convert, From, To, N>{
                     reinterpret_cast<const Pack<From, N>*>(r.In<From>(0) + begin),
                     reinterpret_cast<Pack<To, N>*>(r.Out<To>(0) + begin)});
}

template <typename Convert, typename From, typename To>
absl::Status RunCast(const KernelRun& r, int64_t n) {
  constexpr int kPack = kPackBytes / std::max(sizeof(From), sizeof(To));
  const bool aligned = IsPackAligned(r.In(0).raw_data()) && IsPackAligned(r.Out(0).raw_data());
  const int64_t done = aligned ? n / kPack * kPack : 0;
  RETURN_IF_ERROR((RunPacks<Convert, From, To, kPack>(r, 0, done)));
  return RunPacks<Convert, From, To, 1>(r, done, n - done);
}

// Complex numbers stay on the CPU.
template <typename F>
absl::Status DispatchCastable(DataType type, F&& f) {
  return DispatchType<bool, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t,
                      uint8_t, uint16_t, uint32_t, uint64_t>(type, f);
}

absl::Status PrepareCast(KernelPrepare& k) {
  const DataType from = k.In(0).dtype(), to = k.OutType(0);
  k.Out(0).SetShape(k.In(0).shape());
  if (from == to) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  k.Out(0).MayReuse(0);
  const int64_t n = k.In(0).shape().num_elements();
  const bool truncate = k.Attr<bool>("Truncate");
  return DispatchCastable(from, [&]<typename From>(TypeTag<From>) {
    return DispatchCastable(to, [&]<typename To>(TypeTag<To>) {
      if constexpr (kIsTruncation<From, To>) {
        if (truncate) {
          return k.Run([n](KernelRun& r) { return RunCast<TruncatingCast, From, To>(r, n); });
        }
      }
      if constexpr (std::is_same_v<From, To>) {
        return absl::OkStatus();
      } else {
        return k.Run([n](KernelRun& r) { return RunCast<PlainCast, From, To>(r, n); });
      }
    });
  });
}

}  // namespace

void RegisterCastCudaKernels(KernelRegistry& registry) { registry.Add("Cast", "GPU", PrepareCast); }

}  // namespace weir
