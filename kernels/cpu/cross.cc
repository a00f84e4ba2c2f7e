// Cross (ops/cross.cc).

#include "weir/kernels/common/binary_functions.h"
#include "weir/kernels/common/checks.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {

absl::StatusOr<int64_t> CheckCross(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckShapeOfInput0(k, 1));
  const Shape& shape = k.In(0).shape();
  if (shape.rank() < 1 || shape.dim(-1) != 3) {
    return k.InvalidInput(0, "must have 3 as its innermost dimension");
  }
  k.Out(0).SetShape(shape);
  return shape.num_elements() / 3;
}

namespace {

absl::Status PrepareCross(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t n, CheckCross(k));
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* a = r.In<T>(0);
      const T* b = r.In<T>(1);
      T* out = r.Out<T>(0);
      r.ParallelFor(n, 9, [=](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        for (int64_t i = 3 * begin; i < 3 * end; i += 3) {
          const C ax = a[i], ay = a[i + 1], az = a[i + 2];
          const C bx = b[i], by = b[i + 1], bz = b[i + 2];
          out[i] = MinorOf<C>(ay, bz, az, by);
          out[i + 1] = MinorOf<C>(az, bx, ax, bz);
          out[i + 2] = MinorOf<C>(ax, by, ay, bx);
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterCrossKernels(KernelRegistry& registry) { registry.Add("Cross", "CPU", PrepareCross); }

}  // namespace weir
