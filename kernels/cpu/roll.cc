#include "weir/kernels/cpu/move_util.h"
#include "weir/ops/array_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// The input's axes up to the innermost one that is shifted; what is inside of it moves as a whole.
struct RollPlan {
  Dims extents;
  Dims shifts;  // In [0, extent).
  int64_t inner = 1;
};

template <typename T>
void RollRows(const RollPlan& plan, const T* in, T* out, int64_t begin, int64_t end) {
  const size_t last = plan.extents.size() - 1;
  const int64_t head = plan.shifts[last] * plan.inner;  // What comes round from the row's end.
  const int64_t length = plan.extents[last] * plan.inner;
  for (int64_t row = begin; row < end; ++row) {
    int64_t rest = row, from = 0, step = 1;
    for (size_t d = last; d-- > 0;) {
      const int64_t extent = plan.extents[d], shifted = rest % extent - plan.shifts[d];
      from += (shifted < 0 ? shifted + extent : shifted) * step;
      rest /= extent;
      step *= extent;
    }
    CopyRow(in + from * length + (length - head), out + row * length, head);
    CopyRow(in + from * length, out + row * length + head, length - head);
  }
}

absl::Status PrepareRoll(KernelPrepare& k) {
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
  const int64_t rows = x.Count(0, static_cast<int>(last));
  return DispatchElements(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return k.Run([plan, rows](KernelRun& r) {
      const double cost = static_cast<double>(plan.extents.back() * plan.inner) + 8;
      r.ParallelFor(rows, cost, [&](int64_t begin, int64_t end) {
        RollRows(plan, r.In<T>(0), r.Out<T>(0), begin, end);
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterRollKernels(KernelRegistry& kernels) { kernels.Add("Roll", "CPU", PrepareRoll); }

}  // namespace weir
