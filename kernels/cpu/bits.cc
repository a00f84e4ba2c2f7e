// PopulationCount and CompareAndBitpack (ops/bits.cc).

#include <bit>

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

struct PopulationCountOp {
  template <typename T>
  static auto Of(T x) {
    return static_cast<uint8_t>(std::popcount(static_cast<std::make_unsigned_t<T>>(x)));
  }
};

absl::Status PreparePopulationCount(KernelPrepare& k) {
  return DispatchIntegers(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return PrepareUnaryLoop(k, UnaryLoopOf<PopulationCountOp, T>(), 2);
  });
}

}  // namespace

absl::Status CheckBitpack(KernelPrepare& k) {
  const Shape& input = k.In(0).shape();
  if (k.In(1).shape().rank() != 0) return k.InvalidInput(1, "must be a scalar");
  if (input.rank() < 1 || input.dim(-1) % 8 != 0) {
    return k.InvalidInput(0, "needs an innermost dimension that is a multiple of 8");
  }
  k.Out(0).SetShape(input.WithDim(-1, input.dim(-1) / 8));
  return absl::OkStatus();
}

namespace {

absl::Status PrepareCompareAndBitpack(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckBitpack(k));
  const int64_t n = k.Out(0).shape.num_elements();
  return DispatchType<bool, Half, float, double, int8_t, int16_t, int32_t, int64_t>(
      k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
        return k.Run([=](KernelRun& r) {
          using C = ComputeType<T>;
          const T* x = r.In<T>(0);
          const C threshold = *r.In<T>(1);
          uint8_t* packed = r.Out<uint8_t>(0);
          r.ParallelFor(n, 16, [=](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
              unsigned byte = 0;
              for (int bit = 0; bit < 8; ++bit) {
                const C v = x[8 * i + bit];
                const bool set = std::is_same_v<T, bool> ? v != C(0) : v > threshold;
                byte = byte << 1 | static_cast<unsigned>(set);
              }
              packed[i] = static_cast<uint8_t>(byte);
            }
          });
          return absl::OkStatus();
        });
      });
}

}  // namespace

void RegisterBitsKernels(KernelRegistry& registry) {
  registry.Add("PopulationCount", "CPU", PreparePopulationCount);
  registry.Add("CompareAndBitpack", "CPU", PrepareCompareAndBitpack);
}

}  // namespace weir
