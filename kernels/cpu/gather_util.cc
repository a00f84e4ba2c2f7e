#include "weir/kernels/cpu/gather_util.h"

#include "weir/kernels/cpu/element_util.h"

namespace weir {

absl::StatusOr<GatherPlan> MakeGatherPlan(const Shape& params, const Shape& indices, int64_t axis,
                                          int64_t batch_dims) {
  const int rank = params.rank();
  const int64_t given_axis = axis, given_batch = batch_dims;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) {
    return InvalidArgument("Expected axis in the range [", -rank, ", ", rank, "), but got ",
                           given_axis);
  }
  if (batch_dims < 0) batch_dims += indices.rank();
  if (batch_dims < 0 || batch_dims > indices.rank()) {
    return InvalidArgument("Expected batch_dims in the range [", -indices.rank(), ", ",
                           indices.rank(), "], but got ", given_batch);
  }
  if (batch_dims > axis) {
    return InvalidArgument("batch_dims (", batch_dims, ") must be less than or equal to axis (",
                           axis, ").");
  }
  const int at = static_cast<int>(axis), batch = static_cast<int>(batch_dims);
  for (int d = 0; d < batch; ++d) {
    if (params.dim(d) != indices.dim(d)) {
      return InvalidArgument("params.shape[", d, "]: ", params.dim(d),
                             " should be equal to indices.shape[", d, "]: ", indices.dim(d));
    }
  }
  GatherPlan plan;
  plan.batches = params.Count(0, batch);
  plan.outer = params.Count(batch, at);
  plan.length = params.dim(at);
  plan.slice = params.Count(at + 1, rank);
  plan.picks = indices.Count(batch, indices.rank());
  Dims dims(params.dims().begin(), params.dims().begin() + at);
  dims.insert(dims.end(), indices.dims().begin() + batch, indices.dims().end());
  dims.insert(dims.end(), params.dims().begin() + at + 1, params.dims().end());
  ASSIGN_OR_RETURN(plan.output, Shape::Make(dims));
  return plan;
}

absl::StatusOr<Shape> GatherNdShape(const NdIndexing& nd, const Shape& params) {
  Dims dims(nd.outer.dims().begin(), nd.outer.dims().end());
  dims.insert(dims.end(), params.dims().begin() + nd.depth, params.dims().end());
  return Shape::Make(dims);
}

absl::Status RunGatherPlan(const KernelRun& r, const GatherPlan& plan, DataType dtype,
                           const Tensor& params, const int64_t* picks, Tensor& out) {
  if (plan.output.num_elements() == 0) return absl::OkStatus();
  return DispatchElement(dtype, [&]<typename E>(TypeTag<E>) -> absl::Status {
    const E* from = params.data<E>();
    E* to = out.mutable_data<E>();
    const auto copy = [&](int64_t begin, int64_t end) {
      // Units are slices of the output, numbered [batch, outer, pick].
      int64_t pick = begin % plan.picks, block = begin / plan.picks;
      const int64_t* batch_picks = picks + block / plan.outer * plan.picks;
      for (int64_t unit = begin; unit < end; ++unit) {
        CopyRow(from + (block * plan.length + batch_picks[pick]) * plan.slice,
                to + unit * plan.slice, plan.slice);
        if (++pick == plan.picks) {
          pick = 0;
          ++block;
          batch_picks = picks + block / plan.outer * plan.picks;
        }
      }
    };
    r.ParallelFor(plan.batches * plan.outer * plan.picks, 4.0 + static_cast<double>(plan.slice),
                  copy);
    return absl::OkStatus();
  });
}

absl::Status CopySlices(const KernelRun& r, DataType dtype, int64_t count, int64_t slice,
                        const int64_t* starts, const Tensor& params, Tensor& out) {
  if (count == 0 || slice == 0) return absl::OkStatus();
  return DispatchElement(dtype, [&]<typename E>(TypeTag<E>) -> absl::Status {
    const E* from = params.data<E>();
    E* to = out.mutable_data<E>();
    r.ParallelFor(count, 4.0 + static_cast<double>(slice), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) CopyRow(from + starts[i], to + i * slice, slice);
    });
    return absl::OkStatus();
  });
}

}  // namespace weir
