#include "weir/kernels/cpu/gather_util.h"
#include "weir/kernels/cpu/index_util.h"
#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/kernels/cpu/variable_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::StatusOr<GatherPlan> PlanOf(const Shape& params, const Shape& indices, int64_t batch_dims) {
  if (params.rank() < 1) return InvalidArgument("the variable must be at least 1 dimensional");
  if (batch_dims < 0) batch_dims += indices.rank();
  if (batch_dims < 0) return InvalidArgument("batch_dims is below -", indices.rank());
  return MakeGatherPlan(params, indices, batch_dims, batch_dims);
}

absl::StatusOr<Shape> ShapeOf(const NdIndexing& nd, const Shape& params) {
  return GatherNdShape(nd, params);
}
absl::StatusOr<Shape> ShapeOf(const GatherPlan& plan, const Shape&) { return plan.output; }

// The output has a size from the start when the variable promises its shape; otherwise that shows
// only while running.
template <typename MakePlan, typename Gather>
absl::Status PrepareFromVariable(KernelPrepare& k, MakePlan make_plan, Gather gather) {
  const PartialShape declared = DeclaredVariableShape(k, 0);
  const bool sized = declared.IsFullyDefined();
  if (sized) {
    ASSIGN_OR_RETURN(const auto plan, make_plan(declared.ToShape()));
    ASSIGN_OR_RETURN(const Shape output, ShapeOf(plan, declared.ToShape()));
    k.Out(0).SetShape(output);
  } else {
    k.Out(0).Unsized();
  }
  return k.Run([declared, sized, dtype = k.OutType(0), make_plan = std::move(make_plan),
                gather = std::move(gather)](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
    ASSIGN_OR_RETURN(const Tensor value, variable->ReadIn(r.memory()));
    ASSIGN_OR_RETURN(const auto plan, make_plan(value.shape()));
    ASSIGN_OR_RETURN(const Shape output, ShapeOf(plan, value.shape()));
    if (!sized) {
      RETURN_IF_ERROR(r.AllocateOutput(0, dtype, output));
    } else if (output != r.Out(0).shape()) {
      return InvalidArgument("the variable ", variable->name(), " holds a value of shape ",
                             value.shape().ToString(), ", but its handle promises ",
                             declared.ToString());
    }
    return gather(r, plan, value);
  });
}

absl::Status PrepareOnHost(KernelPrepare& k) {
  const size_t offset = k.Workspace(sizeof(int64_t) * k.In(1).shape().num_elements());
  return PrepareResourceGather(
      k, [offset](const KernelRun& r, const GatherPlan& plan, const Tensor& params) {
        int64_t* const picks = r.Workspace<int64_t>(offset);
        RETURN_IF_ERROR(ReadIndices(r.In(1), "indices", plan.length, picks));
        return RunGatherPlan(r, plan, params.dtype(), params, picks, r.Out(0));
      });
}

absl::Status PrepareNdOnHost(KernelPrepare& k) {
  // Empty index vectors all name the whole variable: their positions are not needed.
  const size_t offset = k.Workspace(sizeof(int64_t) * k.In(1).shape().num_elements());
  return PrepareResourceGatherNd(
      k, [offset](const KernelRun& r, const NdIndexing& nd, const Tensor& params) {
        Tensor& out = r.Out(0);
        if (nd.depth > 0) {
          int64_t* const starts = r.Workspace<int64_t>(offset);
          RETURN_IF_ERROR(ReadNdIndices(r.In(1), nd, params.shape(), starts));
          return CopySlices(r, params.dtype(), nd.count, nd.slice, starts, params, out);
        }
        char* const to = out.mutable_raw_data();
        for (int64_t i = 0; i < nd.count && params.num_elements() > 0; ++i) {
          CopyElements(params.dtype(), params.raw_data(), to + i * params.bytes(),
                       params.num_elements());
        }
        return absl::OkStatus();
      });
}

}  // namespace

absl::Status PrepareResourceGather(KernelPrepare& k, RunGatherFn gather) {
  const auto make_plan = [indices = k.In(1).shape(), batch_dims = k.Attr<int64_t>("batch_dims")](
                             const Shape& params) { return PlanOf(params, indices, batch_dims); };
  return PrepareFromVariable(k, make_plan, std::move(gather));
}

absl::Status PrepareResourceGatherNd(KernelPrepare& k, RunGatherNdFn gather) {
  const Shape indices = k.In(1).shape();
  if (indices.rank() < 1) return k.InvalidInput(1, "must be at least a vector");
  const auto make_plan = [indices](const Shape& params) { return MakeNdIndexing(indices, params); };
  return PrepareFromVariable(k, make_plan, std::move(gather));
}

void RegisterResourceGatherKernels(KernelRegistry& kernels) {
  kernels.Add("ResourceGather", "CPU", PrepareOnHost);
  kernels.Add("ResourceGatherNd", "CPU", PrepareNdOnHost);
}

}  // namespace weir
