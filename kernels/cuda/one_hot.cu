// OneHot (ops/one_hot.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/divide_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// One element of the output [before, depth, after].
template <typename E, typename I>
struct OneHotFunction {
  const I* indices;
  const E* on;
  const E* off;
  E* out;
  Divider depth, after;

  __device__ void operator()(int64_t i) const {
    int64_t column, level;
    const int64_t row = depth.Divide(after.Divide(i, &column), &level);
    const int64_t index = static_cast<int64_t>(indices[row * after.divisor() + column]);
    out[i] = index == level ? *on : *off;
  }
};

absl::Status PrepareOneHot(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const OneHotPlan plan, PlanOneHot(k));
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  const int64_t n = k.Out(0).shape.num_elements();
  const int64_t size = static_cast<int64_t>(DataTypeSize(k.OutType(0)));
  if (n == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  return DispatchType<uint8_t, int32_t, int64_t>(k.In(0).dtype(), [&]<typename I>(TypeTag<I>) {
    return k.Run([=](KernelRun& r) {
      return DispatchWord(size, [&]<typename E>(TypeTag<E>) {
        return ForEach(r, n,
                       OneHotFunction<E, I>{r.In<I>(0), r.In<E>(2), r.In<E>(3), r.Out<E>(0),
                                            Divider(plan.depth), Divider(plan.after)});
      });
    });
  });
}

}  // namespace

void RegisterOneHotCudaKernels(KernelRegistry& registry) {
  registry.Add("OneHot", "GPU", PrepareOneHot);
}

}  // namespace weir
