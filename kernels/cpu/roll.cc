#include "weir/kernels/cpu/move_util.h"
#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/array_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

template <typename T>
void RollRows(const RollPlan& plan, const T* in, T* out, int64_t begin, int64_t end) {
  const size_t last = plan.extents.size() - 1;
  const int64_t head = plan.shifts[last] * plan.inner;  // What comes round from the row's end.
  const int64_t length = plan.extents[last] * plan.inner;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t from =
        UnshiftedRow(plan.extents.data(), plan.shifts.data(), static_cast<int>(last), row);
    CopyRow(in + from * length + (length - head), out + row * length, head);
    CopyRow(in + from * length, out + row * length + head, length - head);
  }
}

absl::Status RollInput(KernelRun& r, const RollPlan& plan) {
  const int64_t length = plan.extents.back() * plan.inner;
  return DispatchElements(r.Out(0).dtype(), [&]<typename T>(TypeTag<T>) {
    r.ParallelFor(
        r.Out(0).num_elements() / length, static_cast<double>(length) + 8,
        [&](int64_t begin, int64_t end) { RollRows(plan, r.In<T>(0), r.Out<T>(0), begin, end); });
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status PrepareRoll(KernelPrepare& k, RollMove move) {
  const Shape& x = k.In(0).shape();
  if (x.rank() < 1) return k.InvalidInput(0, "must be 1-D or higher");
  ASSIGN_OR_RETURN(const Dims shifts, k.IntValues(1));
  ASSIGN_OR_RETURN(const Dims axes, k.IntValues(2));
  if (shifts.size() != axes.size()) {
    return InvalidArgument("shift and axis must have the same size, but have ", shifts.size(),
                           " and ", axes.size());
  }
  RollPlan plan;
  Dims total(static_cast<size_t>(x.rank()), 0);
  size_t last = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    ASSIGN_OR_RETURN(const int axis, ResolveAxis(axes[i], x.rank()));
    const int64_t extent = std::max<int64_t>(x.dim(axis), 1);
    int64_t& sum = total[static_cast<size_t>(axis)];
    const int64_t shift = shifts[i] % extent + (shifts[i] % extent < 0 ? extent : 0);
    sum = sum >= extent - shift ? sum - (extent - shift) : sum + shift;
  }
  for (size_t d = 0; d < total.size(); ++d) {
    if (total[d] != 0) last = d;
  }
  for (size_t d = 0; d <= last; ++d) {
    plan.extents.push_back(x.dim(static_cast<int>(d)));
    plan.shifts.push_back(total[d]);
  }
  plan.inner = x.Count(static_cast<int>(last) + 1, x.rank());
  k.Out(0).SetShape(x);
  if (x.num_elements() == 0 || total[last] == 0) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  return k.Run([plan, move](KernelRun& r) { return move(r, plan); });
}

void RegisterRollKernels(KernelRegistry& kernels) {
  kernels.Add("Roll", "CPU", PrepareMove<PrepareRoll, RollInput>);
}

}  // namespace weir
