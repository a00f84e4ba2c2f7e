// Cross (ops/cross.cc).

#include "weir/kernels/common/binary_functions.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

template <typename T>
struct CrossFunction {
  const T* a;
  const T* b;
  T* out;

  __device__ void operator()(int64_t i) const {
    using C = ComputeType<T>;
    const T *u = a + 3 * i, *v = b + 3 * i;
    const C ux = static_cast<C>(u[0]), uy = static_cast<C>(u[1]), uz = static_cast<C>(u[2]);
    const C vx = static_cast<C>(v[0]), vy = static_cast<C>(v[1]), vz = static_cast<C>(v[2]);
    T* const w = out + 3 * i;
    w[0] = T(MinorOf(uy, vz, uz, vy));
    w[1] = T(MinorOf(uz, vx, ux, vz));
    w[2] = T(MinorOf(ux, vy, uy, vx));
  }
};

template <typename T>
absl::Status PrepareCross(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t n, CheckCross(k));
  return k.Run([n](KernelRun& r) {
    return ForEach(r, n, CrossFunction<T>{r.In<T>(0), r.In<T>(1), r.Out<T>(0)});
  });
}

}  // namespace

void RegisterCrossCudaKernels(KernelRegistry& registry) {
  AddForTypes(registry, "Cross", RealTypes(),
              []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareCross<T>(k); });
}

}  // namespace weir
