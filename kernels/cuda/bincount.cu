// Bincount (ops/bincount.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/fill_util.h"

namespace weir {
namespace {

// Values outside of the bins are not counted.
template <typename T>
struct CountFunction {
  const int32_t* values;
  const T* weights;  // nullptr: ones.
  T* bins;
  int64_t size;

  __device__ void operator()(int64_t i) const {
    const int32_t v = values[i];
    if (v >= 0 && v < size) AtomicAdd(bins + v, weights == nullptr ? T(1) : weights[i]);
  }
};

absl::Status PrepareBincount(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const BincountPlan plan, PlanBincount(k));
  return DispatchType<int32_t, int64_t, float, double>(
      k.In(2).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
        // Sums of ones are exact in any order.
        if (plan.weighted && std::is_floating_point_v<T>) {
          return absl::UnimplementedError("weights, whose sums depend on their order");
        }
        return k.Run([plan](KernelRun& r) -> absl::Status {
          RETURN_IF_ERROR(GpuFill(r, nullptr, r.Out(0)));
          return ForEach(r, plan.values,
                         CountFunction<T>{r.In<int32_t>(0), plan.weighted ? r.In<T>(2) : nullptr,
                                          r.Out<T>(0), plan.size});
        });
      });
}

}  // namespace

void RegisterBincountCudaKernels(KernelRegistry& registry) {
  registry.Add("Bincount", "GPU", PrepareBincount);
}

}  // namespace weir
