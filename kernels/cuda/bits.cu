// PopulationCount and CompareAndBitpack (ops/bits.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

template <typename T>
struct PopulationCountFunction {
  const T* x;
  uint8_t* out;

  __device__ void operator()(int64_t i) const {
    out[i] = static_cast<uint8_t>(__popcll(static_cast<std::make_unsigned_t<T>>(x[i])));
  }
};

absl::Status PreparePopulationCount(KernelPrepare& k) {
  const int64_t n = k.In(0).shape().num_elements();
  k.Out(0).SetShape(k.In(0).shape()).MayReuse(0);
  return DispatchIntegers(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([n](KernelRun& r) {
      return ForEach(r, n, PopulationCountFunction<T>{r.In<T>(0), r.Out<uint8_t>(0)});
    });
  });
}

// out[i] has a bit for each of 8 elements, the first in the highest.
template <typename T>
struct BitpackFunction {
  using C = ComputeType<T>;

  const T* x;
  const T* threshold;
  uint8_t* out;

  __device__ void operator()(int64_t i) const {
    const C least = static_cast<C>(*threshold);
    unsigned byte = 0;
    for (int bit = 0; bit < 8; ++bit) {
      const C v = static_cast<C>(x[8 * i + bit]);
      const bool set = std::is_same_v<T, bool> ? v != C(0) : v > least;
      byte = byte << 1 | static_cast<unsigned>(set);
    }
    out[i] = static_cast<uint8_t>(byte);
  }
};

absl::Status PrepareCompareAndBitpack(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckBitpack(k));
  const int64_t n = k.Out(0).shape.num_elements();
  return DispatchType<bool, Half, float, double, int8_t, int16_t, int32_t, int64_t>(
      k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
        return k.Run([n](KernelRun& r) {
          return ForEach(r, n, BitpackFunction<T>{r.In<T>(0), r.In<T>(1), r.Out<uint8_t>(0)});
        });
      });
}

}  // namespace

void RegisterBitsCudaKernels(KernelRegistry& registry) {
  registry.Add("PopulationCount", "GPU", PreparePopulationCount);
  registry.Add("CompareAndBitpack", "GPU", PrepareCompareAndBitpack);
}

}  // namespace weir
