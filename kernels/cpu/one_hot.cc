#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/element_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

template <typename E, typename I>
void FillOneHot(const KernelRun& r, const OneHotPlan& plan) {
  const auto [before, depth, after] = plan;
  const I* indices = r.In<I>(0);
  const E on = *r.In<E>(2), off = *r.In<E>(3);
  E* out = r.Out<E>(0);
  r.ParallelFor(before, static_cast<double>(depth * after), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      E* block = out + i * depth * after;
      std::fill_n(block, depth * after, off);
      for (int64_t j = 0; j < after; ++j) {
        const int64_t index =
            static_cast<int64_t>(*const_cast<const volatile I*>(indices + i * after + j));
        if (index >= 0 && index < depth) block[index * after + j] = on;
      }
    }
  });
}

}  // namespace

absl::StatusOr<OneHotPlan> PlanOneHot(KernelPrepare& k) {
  const Shape& indices = k.In(0).shape();
  ASSIGN_OR_RETURN(const int64_t depth, k.IntValue(1));
  if (depth < 0) return InvalidArgument("depth must be non-negative, got: ", depth);
  for (int i = 2; i <= 3; ++i) {
    if (k.In(i).shape().rank() != 0) return k.InvalidInput(i, "must be a scalar");
  }
  int64_t axis = k.Attr<int64_t>("axis");
  if (axis == -1) axis = indices.rank();
  if (axis < 0 || axis > indices.rank()) {
    return InvalidArgument("Expected axis to be -1 or between [0, ", indices.rank() + 1,
                           ").  But received: ", axis);
  }
  const int at = static_cast<int>(axis);
  Dims dims(indices.dims().begin(), indices.dims().end());
  dims.insert(dims.begin() + at, depth);
  ASSIGN_OR_RETURN(const Shape output, Shape::Make(dims));
  k.Out(0).SetShape(output);
  return OneHotPlan{.before = output.num_elements() == 0 ? 0 : indices.Count(0, at),
                    .depth = depth,
                    .after = indices.Count(at, indices.rank())};
}

namespace {

absl::Status PrepareOneHot(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const OneHotPlan plan, PlanOneHot(k));
  const DataType dtype = k.OutType(0);
  return DispatchType<uint8_t, int32_t, int64_t>(k.In(0).dtype(), [&]<typename I>(TypeTag<I>) {
    return DispatchElement(dtype, [&]<typename E>(TypeTag<E>) {
      return k.Run([=](KernelRun& r) -> absl::Status {
        FillOneHot<E, I>(r, plan);
        return absl::OkStatus();
      });
    });
  });
}

}  // namespace

void RegisterOneHotKernels(KernelRegistry& kernels) { kernels.Add("OneHot", "CPU", PrepareOneHot); }

}  // namespace weir
