#include <algorithm>

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/element_util.h"
#include "weir/kernels/cpu/zero_fill_util.h"

namespace weir {
namespace {

// The shape of a row, the same for all pieces.
absl::StatusOr<Shape> CommonRow(const KernelPrepare& k, int n) {
  Dims row;
  for (int i = 0; i < n; ++i) {
    const Shape& indices = k.In(i).shape();
    const Shape& data = k.In(n + i).shape();
    const int lead = indices.rank();
    if (data.rank() < lead || data.dims().subspan(0, lead) != indices.dims()) {
      return InvalidArgument("data[", i, "].shape = ", data.ToString(),
                             " does not start with indices[", i, "].shape = ", indices.ToString());
    }
    const absl::Span<const int64_t> this_row = data.dims().subspan(lead);
    if (i == 0) row.assign(this_row.begin(), this_row.end());
    if (this_row != absl::MakeConstSpan(row)) {
      return InvalidArgument("Need data[0].shape[", k.In(0).shape().rank(), ":] = data[", i,
                             "].shape[", lead,
                             ":], got data[0].shape = ", k.In(n).shape().ToString(), ", data[", i,
                             "].shape = ", data.ToString());
    }
  }
  return Shape::Make(row);
}

// Whether every row in [0, rows) is among the places. `seen` has room for as many bytes as there
// are places.
bool CoversAll(const int64_t* places, int64_t count, int64_t rows, char* seen) {
  if (rows > count) return false;
  std::fill_n(seen, rows, 0);
  int64_t covered = 0;
  for (int64_t i = 0; i < count; ++i) {
    covered += seen[places[i]] == 0 ? 1 : 0;
    seen[places[i]] = 1;
  }
  return covered == rows;
}

absl::Status PrepareDynamicStitch(KernelPrepare& k) {
  const int n = k.num_inputs() / 2;
  ASSIGN_OR_RETURN(const StitchPlan plan, PlanDynamicStitch(k));
  const int64_t total = plan.count, width = plan.row.num_elements();
  const size_t workspace = k.Workspace(sizeof(int64_t) * total);
  const size_t seen = k.Workspace(static_cast<size_t>(total));
  const DataType dtype = k.OutType(0);
  return k.Run([=](KernelRun& r) -> absl::Status {
    int64_t* places = r.Workspace<int64_t>(workspace);
    int64_t rows = 0, next = 0;
    for (int i = 0; i < n; ++i) {
      const int64_t count = r.In(i).num_elements();
      RETURN_IF_ERROR(
          ReadIndices(r.In(i), absl::StrCat("indices[", i, "]"), int64_t{1} << 31, places + next));
      for (int64_t e = 0; e < count; ++e) rows = std::max(rows, places[next + e] + 1);
      next += count;
    }
    ASSIGN_OR_RETURN(const Shape output, ShapeOfRows(rows, plan.row.dims()));
    RETURN_IF_ERROR(r.AllocateOutput(0, dtype, output));
    if (!CoversAll(places, total, rows, r.Workspace<char>(seen))) FillWithZeros(r, r.Out(0));
    return DispatchElement(dtype, [&]<typename E>(TypeTag<E>) -> absl::Status {
      E* out = r.Out<E>(0);
      const int64_t* place = places;
      for (int i = 0; i < n; ++i) {
        const E* data = r.In<E>(n + i);
        const int64_t count = r.In(i).num_elements();
        for (int64_t e = 0; e < count; ++e)
          CopyRow(data + e * width, out + *place++ * width, width);
      }
      return absl::OkStatus();
    });
  });
}

}  // namespace

absl::StatusOr<StitchPlan> PlanDynamicStitch(KernelPrepare& k) {
  const int n = k.num_inputs() / 2;
  StitchPlan plan{};
  ASSIGN_OR_RETURN(plan.row, CommonRow(k, n));
  for (int i = 0; i < n; ++i) plan.count += k.In(i).shape().num_elements();
  k.Out(0).Unsized();
  return plan;
}

absl::StatusOr<Shape> ShapeOfRows(int64_t rows, absl::Span<const int64_t> row) {
  Dims dims = {rows};
  dims.insert(dims.end(), row.begin(), row.end());
  return Shape::Make(dims);
}

void RegisterDynamicStitchKernels(KernelRegistry& kernels) {
  kernels.Add("DynamicStitch", "CPU", PrepareDynamicStitch);
  kernels.Add("ParallelDynamicStitch", "CPU", PrepareDynamicStitch);
}

}  // namespace weir
