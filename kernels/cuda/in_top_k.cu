// InTopK and InTopKV2 (ops/in_top_k.cc): a warp counts what is larger than the target of a row.

#include <cmath>

#include "weir/kernels/cpu/top_k_util.h"
#include "weir/kernels/cuda/reduction_util.h"

namespace weir {
namespace {

// `k_input` holds k, unless it is null.
template <typename Target>
__global__ void InTopKKernel(const float* predictions, const Target* targets, int64_t batch,
                             int64_t classes, const Target* k_input, int64_t k, bool* out) {
  const int64_t row = ThreadNumber() / 32;
  if (row >= batch) return;
  if (k_input != nullptr) k = *k_input;
  const float* const x = predictions + row * classes;
  const int64_t target = targets[row];
  const bool inside = target >= 0 && target < classes;
  int64_t larger = 0, not_finite = 0;
  for (int64_t i = threadIdx.x % 32; inside && i < classes; i += 32) {
    larger += x[i] > x[target];
    not_finite += !std::isfinite(x[i]);
  }
  for (int d = 16; d > 0; d /= 2) {
    larger += ShuffleXor(larger, d);
    not_finite += ShuffleXor(not_finite, d);
  }
  if (threadIdx.x % 32 == 0) out[row] = inside && not_finite == 0 && larger < k;
}

// `kInput`: the input that holds k, or -1 for the attr.
template <int kInput>
absl::Status PrepareInTopK(KernelPrepare& k) {
  RETURN_IF_ERROR(PrepareInTopKShapes(k, kInput));
  const int64_t count = kInput >= 0 ? 0 : k.Attr<int64_t>("k");
  const int64_t batch = k.In(0).shape().dim(0), classes = k.In(0).shape().dim(1);
  return DispatchType<int32_t, int64_t>(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      if (batch == 0) return absl::OkStatus();
      constexpr int64_t kRows = kBlockThreads / 32;
      return Launch(r, InTopKKernel<T>, static_cast<unsigned>((batch + kRows - 1) / kRows),
                    kBlockThreads, r.In<float>(0), r.In<T>(1), batch, classes,
                    kInput >= 0 ? r.In<T>(kInput) : nullptr, count, r.Out<bool>(0));
    });
  });
}

}  // namespace

void RegisterInTopKCudaKernels(KernelRegistry& registry) {
  registry.Add("InTopK", "GPU", PrepareInTopK<-1>);
  registry.Add("InTopKV2", "GPU", PrepareInTopK<2>);
}

}  // namespace weir
