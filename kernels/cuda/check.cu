// CheckNumerics (ops/check.cc), which waits to learn what there is.

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/dynamic_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

enum Found { kNan, kInf, kKinds };

// found[kind] = 1 where there is such a number: whoever sets it sets it to the same.
template <typename T>
struct FindNotFinite {
  const T* x;
  int32_t* found;

  __device__ void operator()(int64_t i) const {
    using C = ComputeType<T>;
    const C v = static_cast<C>(x[i]);
    if (v != v) {
      found[kNan] = 1;
    } else if (std::abs(v) > std::numeric_limits<C>::max()) {
      found[kInf] = 1;
    }
  }
};

absl::Status PrepareCheckNumerics(KernelPrepare& k) {
  const int64_t n = k.In(0).shape().num_elements();
  k.Out(0).SetShape(k.In(0).shape()).Alias(0);
  k.WaitsForDevice();
  const std::string message = k.Attr<std::string>("message");
  const size_t workspace = k.Workspace(kKinds * sizeof(int32_t));
  return ForCudaType<Half, BFloat16, float, double>(k, [&]<typename T>() {
    return k.Run([=](KernelRun& r) -> absl::Status {
      auto* const found = r.Workspace<int32_t>(workspace);
      RETURN_IF_ERROR(ForEach(r, kKinds, SetTo<int32_t>{found, 0}));
      RETURN_IF_ERROR(ForEach(r, n, FindNotFinite<T>{r.In<T>(0), found}));
      ASSIGN_OR_RETURN(const std::vector<int32_t> kinds, ReadBack(r, found, kKinds));
      return NumericsError(message, kinds[kNan] != 0, kinds[kInf] != 0);
    });
  });
}

}  // namespace

void RegisterCheckCudaKernels(KernelRegistry& registry) {
  registry.Add("CheckNumerics", "GPU", PrepareCheckNumerics);
}

}  // namespace weir
