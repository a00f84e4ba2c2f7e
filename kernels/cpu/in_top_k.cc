// InTopK and InTopKV2 (ops/in_top_k.cc).

#include <cmath>

#include "weir/kernels/cpu/top_k_util.h"

namespace weir {
namespace {

bool IsInTop(const float* row, int64_t classes, int64_t target, int64_t k) {
  if (target < 0 || target >= classes || !std::isfinite(row[target])) return false;
  int64_t larger = 0;
  for (int64_t j = 0; j < classes && larger < k; ++j) {
    if (!std::isfinite(row[j])) return false;
    larger += row[j] > row[target];
  }
  return larger < k;
}

// `k_input`: the input that holds k, or -1 for the attr.
absl::Status PrepareInTopK(KernelPrepare& k, int k_input) {
  RETURN_IF_ERROR(PrepareInTopKShapes(k, k_input));
  const Shape& predictions = k.In(0).shape();
  const int64_t attr_k = k_input >= 0 ? 0 : k.Attr<int64_t>("k");
  const int64_t batch = predictions.dim(0), classes = predictions.dim(1);
  return DispatchType<int32_t, int64_t>(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const int64_t count = k_input >= 0 ? static_cast<int64_t>(*r.In<T>(k_input)) : attr_k;
      const float* rows = r.In<float>(0);
      const T* target = r.In<T>(1);
      bool* out = r.Out<bool>(0);
      r.ParallelFor(batch, 2 * static_cast<double>(classes) + 1, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          out[i] = IsInTop(rows + i * classes, classes, static_cast<int64_t>(target[i]), count);
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

absl::Status PrepareInTopKShapes(KernelPrepare& k, int k_input) {
  const Shape& predictions = k.In(0).shape();
  const Shape& targets = k.In(1).shape();
  if (predictions.rank() != 2) return k.InvalidInput(0, "must be a matrix");
  if (targets.rank() != 1) return k.InvalidInput(1, "must be a vector");
  if (predictions.dim(0) != targets.dim(0)) {
    return InvalidArgument("First dimension of predictions ", predictions.dim(0),
                           " must match length of targets ", targets.dim(0));
  }
  if (k_input >= 0 && k.In(k_input).shape().rank() != 0) {
    return k.InvalidInput(k_input, "must be a scalar");
  }
  k.Out(0).SetShape(targets);
  return absl::OkStatus();
}

void RegisterInTopKKernels(KernelRegistry& registry) {
  registry.Add("InTopK", "CPU", [](KernelPrepare& k) { return PrepareInTopK(k, -1); });
  registry.Add("InTopKV2", "CPU", [](KernelPrepare& k) { return PrepareInTopK(k, 2); });
}

}  // namespace weir
