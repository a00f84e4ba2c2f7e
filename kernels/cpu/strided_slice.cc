#include <algorithm>

#include "weir/kernels/cpu/moving_util.h"
#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/ops/strided_slice_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// The subscripts, inputs 1 to 3 of every op here.
absl::StatusOr<StridedSliceSpec> ReadSpec(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Dims begin, k.IntValues(1));
  ASSIGN_OR_RETURN(const Dims end, k.IntValues(2));
  ASSIGN_OR_RETURN(const Dims strides, k.IntValues(3));
  if (begin.size() != end.size() || begin.size() != strides.size()) {
    return InvalidArgument("begin, end and strides need one length, but have ", begin.size(), ", ",
                           end.size(), " and ", strides.size(), " entries");
  }
  // The lowest integer stands for "unknown" in the spec; its neighbour selects the same.
  const auto known = [](int64_t v) { return std::max(v, PartialInts::kUnknown + 1); };
  StridedSliceSpec spec;
  spec.ReadMasks(k);
  for (size_t i = 0; i < begin.size(); ++i) {
    spec.entries.push_back({known(begin[i]), known(end[i]), known(strides[i])});
  }
  return spec;
}

// The box that moves a slice of an array of shape `whole` from its place (`taking`) or to it.
Box SliceBox(const StridedSlicePlan& plan, const Shape& whole, bool taking) {
  Box box;
  const Dims steps = DenseSteps(whole);
  int64_t dense = 1, offset = 0;
  for (const auto& d : plan.dims) box.dims.push_back({d.size, 0, 0});
  for (int d = whole.rank() - 1; d >= 0; --d) {
    const StridedSlicePlan::Dim& p = plan.dims[d];
    const int64_t there = p.stride * steps[d];
    offset += p.begin * steps[d];
    box.dims[d] = taking ? Box::Dim{p.size, there, dense} : Box::Dim{p.size, dense, there};
    dense *= p.size;
  }
  (taking ? box.from_offset : box.to_offset) = offset;
  return box;
}

bool TakesAll(const StridedSlicePlan& plan, const Shape& whole) {
  for (int d = 0; d < whole.rank(); ++d) {
    const StridedSlicePlan::Dim& p = plan.dims[d];
    if (p.size != whole.dim(d) || (p.stride != 1 && p.size > 1)) return false;
  }
  return true;
}

}  // namespace

absl::Status PrepareStridedSlice(KernelPrepare& k, BoxCopy copy) {
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const StridedSliceSpec spec, ReadSpec(k));
  ASSIGN_OR_RETURN(const StridedSlicePlan plan, PlanStridedSlice(x, spec));
  k.Out(0).SetShape(plan.output.ToShape());
  if (TakesAll(plan, x)) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  const Box box = SliceBox(plan, x, /*taking=*/true);
  const DataType dtype = k.In(0).dtype();
  return k.Run([=](KernelRun& r) {
    return copy(r, dtype, box, r.In(0).raw_data(), r.Out(0).mutable_raw_data());
  });
}

namespace {

absl::Status CheckSliceShape(const StridedSlicePlan& plan, const Shape& got,
                             absl::string_view name) {
  if (plan.output.IsFullyDefined() && plan.output.ToShape() == got) return absl::OkStatus();
  return InvalidArgument("shape of ", name, " was ", got.ToString(), " instead of ",
                         plan.output.ToString());
}

}  // namespace

absl::Status PrepareStridedSliceGrad(KernelPrepare& k, BoxCopyIntoFill copy) {
  ASSIGN_OR_RETURN(const Shape x, k.ShapeValue(0));
  ASSIGN_OR_RETURN(const StridedSliceSpec spec, ReadSpec(k));
  ASSIGN_OR_RETURN(const StridedSlicePlan plan, PlanStridedSlice(x, spec));
  RETURN_IF_ERROR(CheckSliceShape(plan, k.In(4).shape(), "dy"));
  k.Out(0).SetShape(x);
  if (TakesAll(plan, x)) {
    k.Out(0).Alias(4);
    return k.NothingToRun();
  }
  const Box box = SliceBox(plan, x, /*taking=*/false);
  const DataType dtype = k.OutType(0);
  return k.Run([=](KernelRun& r) { return copy(r, dtype, box, x, -1, r.In(4).raw_data()); });
}

// The variable's shape shows only while running.
absl::Status PrepareStridedSliceAssign(KernelPrepare& k, BoxCopy copy) {
  ASSIGN_OR_RETURN(const StridedSliceSpec spec, ReadSpec(k));
  const DataType dtype = k.Attr<DataType>("T");
  if (k.num_outputs() > 0) k.Out(0).SetShape({}).Alias(0);
  return k.Run([=](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
    return variable->Update(r.memory(), [&](Tensor& value) -> absl::Status {
      ASSIGN_OR_RETURN(const StridedSlicePlan plan, PlanStridedSlice(value.shape(), spec));
      RETURN_IF_ERROR(CheckSliceShape(plan, r.In(4).shape(), "value"));
      return copy(r, dtype, SliceBox(plan, value.shape(), /*taking=*/false), r.In(4).raw_data(),
                  value.mutable_raw_data());
    });
  });
}

void RegisterStridedSliceKernels(KernelRegistry& kernels) {
  kernels.Add("StridedSlice", "CPU", PrepareMove<PrepareStridedSlice, CopyBox>);
  kernels.Add("StridedSliceGrad", "CPU", PrepareMove<PrepareStridedSliceGrad, CopyBoxIntoFill>);
  kernels.Add("StridedSliceAssign", "CPU", PrepareMove<PrepareStridedSliceAssign, CopyBox>);
  kernels.Add("ResourceStridedSliceAssign", "CPU", PrepareMove<PrepareStridedSliceAssign, CopyBox>);
}

}  // namespace weir
